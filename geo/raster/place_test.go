package raster

import (
	"context"
	"math"
	"path/filepath"
	"testing"
)

// TestOfficialPlace holds the tiles of a drawing in VN-2000 to PostGIS: its marked
// middle within 0.1 m, its corners within a pixel. Left to choose, PROJ would put
// the same drawing 0.82 m away.
func TestOfficialPlace(t *testing.T) {
	t.Parallel()
	pool, dir := openHouse(t)
	file := drawing(t, "-a_srs", "EPSG:9209")
	r := mustImport(t, pool, dir, file, plainOptions)
	if r.CRS != "EPSG:9209" || math.Abs(r.Resolution-drawingPixel) > 0.01*drawingPixel {
		t.Errorf("report says %s at %.4f m, want EPSG:9209 at %.2f m", r.CRS, r.Resolution, drawingPixel)
	}
	x, y, box := darkness(t, filepath.Join(dir, "plan", r.Version), r.MaxZoom)
	wantX, wantY := mercator(t.Context(), t, pool, squareEast, squareNorth)
	off := math.Hypot(x-wantX, y-wantY)
	t.Logf("zoom %d, %d tiles, %d bytes: %.3f m off", r.MaxZoom, r.Tiles, r.Bytes, off)
	if off > 0.1 {
		t.Errorf("the square is %.3f m from where PostGIS has it", off)
	}
	pixel := resolution(r.MaxZoom)
	for i, corner := range [][2]float64{{0, drawingSide}, {0, 0}, {drawingSide, 0}, {drawingSide, drawingSide}} {
		cx, cy := mercator(t.Context(), t, pool, drawingWest+corner[0]*drawingPixel, drawingNorth-corner[1]*drawingPixel)
		if cx < box[0]-2*pixel || cx > box[2]+2*pixel || cy < box[1]-2*pixel || cy > box[3]+2*pixel {
			t.Errorf("corner %d at %.2f, %.2f is outside the picture %v", i, cx, cy, box)
		}
	}
	if naive := naivePlace(t, file); math.Abs(math.Hypot(naive[0]-wantX, naive[1]-wantY)-0.82) > 0.1 {
		t.Errorf("the naive way is %.3f m off, want the 0.82 m that this guards against", math.Hypot(naive[0]-wantX, naive[1]-wantY))
	}
}

// naivePlace cuts the drawing with PROJ's own choice.
func naivePlace(t *testing.T, file string) [2]float64 {
	t.Helper()
	dir := t.TempDir()
	work := filepath.Join(dir, "work")
	if err := makeWork(dir, work); err != nil {
		t.Fatal(err)
	}
	file, err := reachable(file, work)
	if err != nil {
		t.Fatal(err)
	}
	p, err := inspect(t.Context(), file, Options{})
	if err != nil {
		t.Fatal(err)
	}
	pl, _ := p.plan()
	if err := prepare(t.Context(), work, file, pl); err != nil {
		t.Fatal(err)
	}
	s := system{name: "EPSG:9209", gdal: "EPSG:9209"}
	g, err := layOut(t.Context(), work, file, s, p, pl)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "tiles")
	c := cutter{file: file, work: work, system: s, plan: pl, grid: g, out: &writer{dir: out}, told: func(int64, int64) {}}
	if err := c.run(context.Background()); err != nil {
		t.Fatal(err)
	}
	x, y, _ := darkness(t, out, g.maxZoom)
	return [2]float64{x, y}
}
