package tiles_test

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/maptile"

	"haidang"
	"haidang/tiles"
)

// What is cached costs no query, what the asker has neither, and after a restart what
// is on the disk neither.
func TestCachedTilesCostNoQuery(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := newPlots(t)
	p.insert(t, "first", square(0, 0, 30))
	pool, queries := counted(t, p.pool)
	config := tiles.Config{Pool: pool, DiskDir: dir, DiskReserve: 1}
	s, at := start(t, config), p.place(15, 15, 17)
	first, err := ask(s, plotSlug, at)
	if err != nil || queries.Load() == 0 {
		t.Fatalf("%v after %d queries", err, queries.Load())
	}
	asked := queries.Load()
	for _, known := range []string{"", first.Header().Get("ETag")} {
		want := map[bool]int{true: http.StatusOK, false: http.StatusNotModified}[known == ""]
		if w, err := ask(s, plotSlug, at, "If-None-Match", known); err != nil || w.Code != want {
			t.Errorf("with %q: %d, %v", known, w.Code, err)
		}
	}
	until(t, "it is on the disk", func() bool { return len(files(dir)) == 1 })
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	again := start(t, config)
	until(t, "the disk's tiles are known", func() bool { return again.DiskFiles() == 1 })
	if w, err := ask(again, plotSlug, at); err != nil || w.Body.String() != first.Body.String() {
		t.Errorf("after a restart: %d bytes, %v", w.Body.Len(), err)
	}
	if n := queries.Load(); n != asked {
		t.Errorf("%d queries, want %d", n, asked)
	}
}

func files(dir string) (list []string) {
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, _ error) error {
		if strings.HasSuffix(path, ".tile") {
			list = append(list, path)
		}
		return nil
	})
	return list
}

func until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// Caches in between may keep a tile of an open layer, but nobody's of another.
func TestPrivateLayersStayPrivate(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for name, want := range map[string]string{"unit": "public, no-cache", "irrigation": "private, no-cache", "unit,irrigation": "private, no-cache", "land,unit": "public, no-cache"} {
		first, err := b.get(name, townZ, townX, townY)
		if err != nil || first.Header().Get("Cache-Control") != want {
			t.Errorf("%s: %q, %v", name, first.Header().Get("Cache-Control"), err)
		}
		again, err := b.get(name, townZ, townX, townY, "If-None-Match", first.Header().Get("ETag"))
		if err != nil || again.Code != http.StatusNotModified || again.Header().Get("Cache-Control") != want {
			t.Errorf("%s, again: %d %q, %v", name, again.Code, again.Header().Get("Cache-Control"), err)
		}
	}
}

// A composite has its layers in the order asked for, follows each of them, and is as
// deep as the deepest.
func TestCompositeTiles(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	names := func(w *httptest.ResponseRecorder) (list []string) {
		layers, err := mvt.Unmarshal(w.Body.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range layers {
			list = append(list, l.Name)
		}
		return list
	}
	first, err := b.get("unit,land,irrigation", townZ, townX, townY)
	if err != nil || strings.Join(names(first), " ") != "unit land irrigation" {
		t.Fatalf("%v, %v", names(first), err)
	}
	b.exec(t, `UPDATE layer_irrigation SET name = 'Kênh khác' WHERE code = 'K-01'`)
	if err := b.service.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if w, err := b.get("unit,land,irrigation", townZ, townX, townY, "If-None-Match", first.Header().Get("ETag")); err != nil || w.Code != http.StatusOK {
		t.Errorf("after a change: %d, %v", w.Code, err)
	}
	low := maptile.New(townX>>5, townY>>5, townZ-5)
	if w, err := ask(b.service, "unit,irrigation", low); err != nil || strings.Join(names(w), " ") != "unit" { // irrigation begins at 7
		t.Errorf("zoom %d: %v, %v", low.Z, names(w), err)
	}
	deep := maptile.New(townX<<7, townY<<7, townZ+7) // land ends at 14
	if _, err := ask(b.service, "land", deep); haidang.CodeOf(err) != haidang.ErrNotFound {
		t.Errorf("land alone at %d: %v", deep.Z, err)
	}
	if w, err := ask(b.service, "land,unit", deep); err != nil || !strings.Contains(strings.Join(names(w), " "), "land") {
		t.Errorf("zoom %d: %v, %v", deep.Z, names(w), err)
	}
	doc, err := b.service.TileJSON("land,irrigation", "", nil)
	if err != nil || doc.MinZoom != 0 || doc.MaxZoom != 16 || doc.Tiles[0] != "/tiles/land,irrigation/{z}/{x}/{y}" {
		t.Errorf("%+v, %v", doc, err)
	}
	var described []string
	for _, l := range doc.VectorLayers {
		described = append(described, fmt.Sprint(l.ID, " to ", l.MaxZoom))
	}
	if got := strings.Join(described, ", "); got != "land to 16, land.left_out to 16, irrigation to 16, irrigation.left_out to 16" {
		t.Errorf("described: %s", got)
	}
}

func TestCompositesThatAreNone(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for name, want := range map[string]haidang.ErrorCode{"unit,": haidang.ErrNotFound, ",unit": haidang.ErrNotFound, "unit,nowhere": haidang.ErrNotFound,
		"unit,unit": haidang.ErrInvalid, "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q": haidang.ErrInvalid} {
		if w, err := b.get(name, townZ, townX, townY); haidang.CodeOf(err) != want || w.Body.Len() != 0 {
			t.Errorf("%q: %v, want %s", name, err, want)
		}
	}
}

// A cut that everybody left gives its place up, before its turn and after it.
func TestLeftCutsEnd(t *testing.T) {
	t.Parallel()
	p := newPlots(t, func(c *tiles.Config) { c.Conns = 1 })
	p.insert(t, "first", square(0, 0, 30))
	release := p.service.Hold()
	ctx, leave := context.WithCancel(t.Context())
	var left sync.WaitGroup
	for z := range uint32(10) {
		left.Go(func() {
			r := httptest.NewRequest(http.MethodGet, "/", nil).WithContext(ctx)
			if err := p.service.ServeTile(httptest.NewRecorder(), r, plotSlug, z, 0, 0); err == nil {
				t.Error("a tile came all the same")
			}
		})
	}
	until(t, "all wait", func() bool { return p.service.Waiting() == 10 })
	leave()
	left.Wait()
	until(t, "nobody waits", func() bool { return p.service.Waiting() == 0 })
	release()
	// A lock on the table holds a cut that has begun; everybody leaves; it ends by itself.
	tx, err := p.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `LOCK TABLE layer_plot`); err != nil {
		t.Fatal(err)
	}
	short, done := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer done()
	r := httptest.NewRequest(http.MethodGet, "/", nil).WithContext(short)
	at := p.place(15, 15, 17)
	if err := p.service.ServeTile(httptest.NewRecorder(), r, plotSlug, 17, at.X, at.Y); err == nil {
		t.Error("a tile came through the lock")
	}
	until(t, "the connection is free again while the lock stands", func() bool { return p.service.Free() == 1 })
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if w, err := ask(p.service, plotSlug, at); err != nil || w.Code != http.StatusOK {
		t.Errorf("afterwards: %d, %v", w.Code, err)
	}
}

// A hundred newcomers get their tiles or are asked for patience; the connections stay few.
func TestCrowdOnAColdCache(t *testing.T) {
	t.Parallel()
	p := newPlots(t, func(c *tiles.Config) { c.Conns = 2 })
	for i := range 50 {
		p.insert(t, "plot", square(float64(i%10)*300, float64(i/10)*300, 200))
	}
	var crowd sync.WaitGroup
	for i := range 100 {
		crowd.Go(func() {
			for z := maptile.Zoom(10); z <= 17; z++ {
				w, err := ask(p.service, plotSlug, p.place(float64(i%10)*300, float64(i/10)*150, z))
				if err != nil && (haidang.CodeOf(err) != haidang.ErrUnavailable || w.Header().Get("Retry-After") == "") {
					t.Error(err)
				}
			}
		})
	}
	crowd.Wait()
	if n := p.service.Connections(); n > 2 {
		t.Errorf("%d connections", n)
	}
}
