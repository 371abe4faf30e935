package tiles_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"haidang"
	"haidang/geo"
	"haidang/internal/bus"
	"haidang/tiles"
)

// An import by another process, which shares nothing with the service but the
// database, shows on the tiles within seconds and is told on the bus.
func TestImportElsewhereChangesTiles(t *testing.T) {
	t.Parallel()
	live := newBus(t)
	heard := make(chan struct{}, 10)
	stop, err := bus.Subscribe(live, func(haidang.PlacesChanged) { heard <- struct{}{} })
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	b := newBundle(t, func(c *tiles.Config) { c.Bus = live })
	before, err := b.get("unit", townZ, townX, townY)
	if err != nil {
		t.Fatal(err)
	}
	file := `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"c":"31507","n":"Phường Mới"},
		"geometry":{"type":"Polygon","coordinates":[[[105.9,9.6],[106,9.6],[106,9.7],[105.9,9.7],[105.9,9.6]]]}}]}`
	start := time.Now()
	_, err = geo.ImportAreas(t.Context(), b.pool, strings.NewReader(file), geo.ImportOptions{NameField: "n", CodeField: "c",
		Level: geo.LevelCommune, ValidFrom: time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC), Source: "new.geojson"})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-heard:
		t.Logf("told after %v", time.Since(start))
	case <-time.After(time.Minute):
		t.Fatal("nobody was told within 10 s")
	}
	after, err := b.get("unit", townZ, townX, townY, "If-None-Match", before.Header().Get("ETag"))
	if err != nil || !bytes.Contains(after.Body.Bytes(), []byte("Phường Mới")) {
		t.Errorf("the tile still shows the old units (%d, %v)", after.Code, err)
	}
}

// A change whose notice got lost is found by looking again.
func TestLostNoticeIsHealed(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.exec(t, `UPDATE layer_irrigation SET name = 'Kênh đổi tên' WHERE code = 'K-01'`)
	b.exec(t, `UPDATE layer SET version = version + 1, title_vi = 'Đã đổi' WHERE slug = 'irrigation'`)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		if l, err := b.service.Layer("irrigation"); err == nil && l.Title.VI == "Đã đổi" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("not found within 15 s")
		}
	}
}

// A hundred who ask for one cold tile at once cost one query.
func TestStampedeIsOneQuery(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	b := newBundle(t, func(c *tiles.Config) { c.Registerer = registry })
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if w, err := b.get("unit", townZ, townX, townY); err != nil || w.Body.Len() == 0 {
				t.Errorf("%d bytes, %v", w.Body.Len(), err)
			}
		})
	}
	wg.Wait()
	if n := cuts(t, registry); n != 1 {
		t.Errorf("%d queries, want 1", n)
	}
}

// The cache stays within its bound whatever is asked for.
func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	const bound = 16 << 10
	registry := prometheus.NewRegistry()
	b := newBundle(t, func(c *tiles.Config) { c.Registerer, c.CacheBytes = registry, bound })
	for x := range uint32(40) {
		if _, err := b.get("unit", 13, 6490+x, 3880); err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) { // eviction runs beside us
		size := gauge(t, registry, "haidang_tile_cache_bytes")
		if size > 0 && size <= bound {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%v bytes in the cache, bound %d", size, bound)
		}
	}
}

func TestTileJSONListsTheLayer(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	doc, err := b.service.TileJSON("unit", "https://example.vn/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if doc.Tiles[0] != "https://example.vn/tiles/unit/{z}/{x}/{y}" || doc.VectorLayers[0].ID != "unit" ||
		doc.Bounds[0] < 105.5 || doc.Bounds[2] > 106.4 || doc.Bounds[1] < 9.2 || doc.Bounds[3] > 10 {
		t.Errorf("%+v", doc)
	}
	if layers := b.service.Layers(); fmt.Sprint(slugs(layers)) != "[irrigation land unit unit_label water]" {
		t.Errorf("%v", slugs(layers))
	}
}

func slugs(layers []tiles.Layer) (list []haidang.LayerSlug) {
	for _, l := range layers {
		list = append(list, l.Slug)
	}
	return list
}

func cuts(t *testing.T, r *prometheus.Registry) (n uint64) {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "haidang_tile_cut_seconds" {
			for _, m := range f.GetMetric() {
				n += m.GetHistogram().GetSampleCount()
			}
		}
	}
	return n
}

func gauge(t *testing.T, r *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}

func newBus(t *testing.T) *bus.Bus {
	t.Helper()
	local, err := bus.NewLocal()
	if err != nil {
		t.Fatal(err)
	}
	if err := local.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	conn, err := local.InProcessConn()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(); _ = local.Stop(t.Context()) })
	return bus.New(conn)
}
