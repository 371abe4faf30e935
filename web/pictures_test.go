package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"io"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo"
	"haidang/geo/catalogue"
	"haidang/geo/raster"
	"haidang/tiles/pictures"
)

// TestPictures: a layer of pictures is served under the rights of layers, with ETag,
// and a new picture is seen without a new start.
func TestPictures(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("gdal_create"); err != nil {
		t.Skip("gdal_create is not installed (package gdal-bin)")
	}
	dir := filepath.Join(t.TempDir(), "rasters")
	h := openHouse(t, func(c *Config) {
		c.Pictures = pictures.New(c.Pool, dir)
		must(t, c.Pictures.Start(context.Background()))
		t.Cleanup(func() { _ = c.Pictures.Stop(context.Background()) })
	})
	r := importPicture(t, h, dir, "7")
	doc, path := tileJSON(t, h, r)
	if doc.Format != "png" || doc.TileSize != pictures.TileSize || doc.MaxZoom != r.MaxZoom || doc.Bounds != r.Bounds {
		t.Errorf("TileJSON: %+v, want what the report says: %+v", doc, r)
	}
	if got := boundsOnMap(t, h, "plan"); got != r.Bounds {
		t.Errorf("the map page hears that it lies in %v, want %v", got, r.Bounds)
	}
	if status, _ := h.visitor(t).do("GET", path, nil); status != http.StatusNotFound {
		t.Errorf("the public gets %d", status)
	}
	viewer := h.as(t, "viewer")
	first := viewer.request("GET", path, nil)
	data, err := io.ReadAll(first.Body)
	must(t, err)
	if img, kind, err := image.Decode(bytes.NewReader(data)); err != nil || first.StatusCode != http.StatusOK || first.Header.Get("Content-Type") != "image/"+kind || img.Bounds().Dx() != pictures.TileSize {
		t.Errorf("tile: %d %s, %s, %v", first.StatusCode, first.Header.Get("Content-Type"), kind, err)
	}
	if got := first.Header.Get("Cache-Control"); got != "private, no-cache" {
		t.Errorf("Cache-Control of a layer with rights: %q", got)
	}
	viewer.head.Set("If-None-Match", first.Header.Get("ETag"))
	if again := viewer.request("GET", path, nil); again.StatusCode != http.StatusNotModified {
		t.Errorf("asked again: %d", again.StatusCode)
	}
	for path, want := range map[string]int{fmt.Sprintf("/tiles/plan/%d/0/0", r.MaxZoom): http.StatusNoContent, "/tiles/plan/0/0/0": http.StatusNotFound,
		"/tiles/plan/3/8/0": http.StatusBadRequest, "/tiles/plan/x/0/0": http.StatusBadRequest, "/tiles/..%2fplan/12/0/0": http.StatusNotFound} {
		if status, body := h.as(t, "viewer").do("GET", path, nil); status != want {
			t.Errorf("%s: %d %s, want %d", path, status, body, want)
		}
	}
	importPicture(t, h, dir, "200")
	must(t, pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error {
		l, err := catalogue.Get(t.Context(), tx, "plan")
		if err != nil {
			return err
		}
		l.Rights = catalogue.OpenRights(l.Owner)
		return catalogue.Update(t.Context(), tx, l)
	}))
	eventually(t, "the new picture, open to everybody", func() bool {
		fresh := h.visitor(t).request("GET", path, nil)
		return fresh.StatusCode == http.StatusOK && fresh.Header.Get("ETag") != first.Header.Get("ETag") && fresh.Header.Get("Cache-Control") == "public, max-age=10"
	})
	var shown struct {
		Layers []struct {
			Slug   string
			Bounds [4]float64
		}
	}
	viewer.get("/api/v1/map/layers", &shown)
	for _, l := range shown.Layers {
		if l.Slug == "plan" && l.Bounds != r.Bounds {
			t.Errorf("the map's page hears of the bounds %v, want %v", l.Bounds, r.Bounds)
		}
	}
	if status, body := h.as(t, "admin").do("DELETE", "/api/v1/layers/plan?confirm=plan", nil); status != http.StatusNoContent {
		t.Fatalf("delete: %d %s", status, body)
	}
	eventually(t, "its tiles are gone from the disk", func() bool {
		_, err := os.Stat(filepath.Join(dir, "plan"))
		return os.IsNotExist(err)
	})
}

// boundsOnMap is where the map page is told that a layer lies.
func boundsOnMap(t *testing.T, h *house, slug haidang.LayerSlug) [4]float64 {
	t.Helper()
	var body struct{ Layers []mapLayer }
	h.as(t, "viewer").get("/api/v1/map/layers", &body)
	for _, l := range body.Layers {
		if l.Slug == slug {
			return l.Bounds
		}
	}
	t.Fatalf("no layer %s for the viewer", slug)
	return [4]float64{}
}

func importPicture(t *testing.T, h *house, dir, grey string) raster.Report {
	t.Helper()
	file := filepath.Join(t.TempDir(), "made.tif")
	out, err := exec.Command("gdal_create", "-q", "-of", "GTiff", "-outsize", "200", "200", "-bands", "1", "-burn", grey, "-a_srs", "EPSG:9209",
		"-a_ullr", "550000", "1062000", "550200", "1061800", file).CombinedOutput()
	if err != nil {
		t.Fatalf("gdal_create: %v\n%s", err, out)
	}
	r, err := raster.Import(t.Context(), h.pool, dir, file, raster.Options{Layer: "plan", Title: haidang.Text{VI: "Bản đồ giấy"}, Owner: geo.AgencyEnvironment, By: "admin"})
	must(t, err)
	return r
}

// tileJSON reads the document once it is there, and finds the address of a tile with something in it.
func tileJSON(t *testing.T, h *house, r raster.Report) (doc pictures.TileJSON, path string) {
	t.Helper()
	viewer := h.as(t, "viewer")
	eventually(t, "the layer of pictures", func() bool {
		status, body := viewer.do("GET", "/tiles/plan", nil)
		return status == http.StatusOK && json.Unmarshal([]byte(body), &doc) == nil
	})
	lon, lat := (r.Bounds[0]+r.Bounds[2])/2, (r.Bounds[1]+r.Bounds[3])/2*math.Pi/180
	side := math.Exp2(float64(r.MaxZoom))
	x, y := (lon+180)/360*side, (1-math.Asinh(math.Tan(lat))/math.Pi)/2*side
	return doc, fmt.Sprintf("/tiles/plan/%d/%d/%d", r.MaxZoom, int(x), int(y))
}
