package web

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"haidang/geo/exports"
	"haidang/internal/jobs"
)

// withExports gives the house its exports, on a queue of their own.
func withExports(t *testing.T) func(*Config) {
	return func(c *Config) {
		queue := jobs.New(jobs.Config{Pool: c.Pool})
		c.Exports = exports.NewService(exports.Config{Pool: c.Pool, Folder: t.TempDir()}, queue)
		must(t, c.Exports.Start(t.Context()))
		must(t, queue.Start(t.Context()))
		t.Cleanup(func() { must(t, queue.Stop(context.Background())); must(t, c.Exports.Stop(context.Background())) })
	}
}

func TestExportIsAskedForAndFetchedInParts(t *testing.T) {
	t.Parallel()
	h := openHouse(t, withExports(t))
	c := h.as(t, "admin")
	status, body := c.do("POST", "/api/v1/exports", map[string]any{"layer": "irrigation", "format": "csv", "crs": "EPSG:9209"})
	if status != http.StatusAccepted {
		t.Fatalf("asked: %d %s", status, body)
	}
	var list struct {
		Exports []exports.Export `json:"exports"`
	}
	eventually(t, "the file is made", func() bool {
		c.get("/api/v1/exports", &list)
		return len(list.Exports) == 1 && list.Exports[0].Ready
	})
	_, whole := c.do("GET", "/api/v1/exports/1/file", nil)
	if !strings.Contains(whole, "Kênh cấp I Saintard") {
		t.Errorf("%.200s", whole)
	}
	c.head.Set("Range", "bytes=100-199")
	part := c.request("GET", "/api/v1/exports/1/file", nil)
	if text := read(t, part); part.StatusCode != http.StatusPartialContent || text != whole[100:200] {
		t.Errorf("a part: %d %q", part.StatusCode, text)
	}
	c.head.Del("Range")
	if status, _ := h.as(t, "viewer").do("GET", "/api/v1/exports/1/file", nil); status != http.StatusNotFound {
		t.Errorf("another's file: %d", status)
	}
	if _, log := c.do("GET", "/api/v1/audit?limit=5", nil); !strings.Contains(log, "layer.export") {
		t.Error("the export is not in the audit log")
	}
}

func TestLayerIsStreamedToThoseWhoMayExport(t *testing.T) {
	t.Parallel()
	h := openHouse(t, withExports(t))
	c := h.as(t, "admin")
	answer := c.request("GET", "/api/v1/layers/irrigation/export?format=geojson&filter=kind%20%3D%20%27pump%27", nil)
	if text := read(t, answer); answer.StatusCode != http.StatusOK || strings.Count(text, `"Feature"`) != 8 || !strings.Contains(answer.Header.Get("Content-Disposition"), "irrigation-9209.geojson") {
		t.Errorf("%d %.200s", answer.StatusCode, text)
	}
	for path, want := range map[string]int{"format=gpkg": http.StatusBadRequest, "crs=EPSG:1": http.StatusBadRequest, "bbox=1,2": http.StatusBadRequest} {
		if status, body := c.do("GET", "/api/v1/layers/irrigation/export?"+path, nil); status != want {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if status, _ := h.as(t, "viewer").do("GET", "/api/v1/layers/irrigation/export", nil); status != http.StatusForbidden {
		t.Errorf("a viewer: %d", status)
	}
	if status, _ := h.visitor(t).do("GET", "/api/v1/layers/irrigation/export", nil); status != http.StatusNotFound {
		t.Errorf("nobody: %d", status)
	}
}
