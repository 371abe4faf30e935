package tiles_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"
	"github.com/paulmach/orb/planar"
	"pgregory.net/rapid"

	"haidang"
	"haidang/geo"
	"haidang/tiles"
)

func TestUnitTileCarriesWhatTheCatalogueLists(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	layer := b.layer(t, "unit", townZ, townX, townY)
	if layer.Version != 2 || layer.Extent != 4096 {
		t.Errorf("version %d, extent %d", layer.Version, layer.Extent)
	}
	for _, f := range layer.Features {
		if f.ID == nil {
			t.Fatal("a feature without id")
		}
		if f.Properties["code"] == "31507" {
			want := map[string]any{"code": "31507", "name": "Phường Sóc Trăng", "level": 3.0, "approximate": true}
			if diff := cmp.Diff(want, map[string]any(f.Properties)); diff != "" {
				t.Error(diff)
			}
			return
		}
	}
	t.Error("the town is not on its tile")
}

func TestAttributesComeWithTheirZoom(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for _, c := range []struct {
		z     uint32
		named bool
	}{{9, false}, {10, true}} {
		at := maptile.At(orb.Point{106.05, 9.72}, maptile.Zoom(c.z))
		for _, f := range b.layer(t, "irrigation", c.z, at.X, at.Y).Features {
			if _, named := f.Properties["name"]; named != c.named {
				t.Errorf("zoom %d: name present: %v", c.z, named)
			}
		}
	}
}

func TestLabelsStandInTheirUnit(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	var seen int
	for _, at := range []maptile.Tile{maptile.New(202, 120, 8), maptile.New(202, 121, 8), maptile.New(203, 120, 8), maptile.New(203, 121, 8)} {
		w, err := b.get("unit_label", uint32(at.Z), at.X, at.Y)
		if err != nil {
			t.Fatal(err)
		}
		if w.Body.Len() == 0 {
			continue
		}
		layer := b.layer(t, "unit_label", uint32(at.Z), at.X, at.Y)
		layer.ProjectToWGS84(at)
		for _, f := range layer.Features {
			p := f.Geometry.(orb.Point)
			if !at.Bound().Contains(p) {
				continue // in the buffer: the neighbour's
			}
			seen++
			unit, err := geo.UnitAt(t.Context(), b.pool, p[0], p[1], time.Now())
			if err != nil || string(unit.Code) != f.Properties["code"] {
				t.Errorf("label %v stands in %q (%v)", f.Properties["name"], unit.Code, err)
			}
		}
	}
	if seen != 43 {
		t.Errorf("%d labels, want 43", seen)
	}
}

// Wherever one points in the province, the tile of that place shows the unit
// that the database has there: no cracks, no wrong neighbour, nothing lost at
// tile edges. Points nearer to a border than the drawing is fine are left out.
func TestTilesCoverTheProvince(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	rapid.Check(t, func(rt *rapid.T) {
		p := orb.Point{rapid.Float64Range(105.54, 106.32).Draw(rt, "lon"), rapid.Float64Range(9.24, 9.95).Draw(rt, "lat")}
		z := maptile.Zoom(rapid.IntRange(7, 15).Draw(rt, "z"))
		unit, err := geo.UnitAt(t.Context(), b.pool, p[0], p[1], time.Now())
		if haidang.CodeOf(err) == haidang.ErrNotFound && err != nil {
			return // outside
		}
		if err != nil {
			rt.Fatal(err)
		}
		if at := maptile.At(p, z); metresToBorder(rt, b, p) > 3*metresPerPixel(z) && !holds(b, t, at, p, string(unit.Code)) {
			rt.Fatalf("tile %v does not show %s at %v", at, unit.Code, p)
		}
	})
}

func metresPerPixel(z maptile.Zoom) float64 { return 40075016.7 / 512 / math.Pow(2, float64(z)) }

func metresToBorder(rt *rapid.T, b bundle, p orb.Point) (metres float64) {
	err := b.pool.QueryRow(rt.Context(), `SELECT min(ST_Distance(ST_Boundary(geom_3857), ST_Transform(ST_SetSRID(ST_MakePoint($1, $2), 4326), 3857)))
		FROM administrative_unit`, p[0], p[1]).Scan(&metres)
	if err != nil {
		rt.Fatal(err)
	}
	return metres
}

// holds says whether the one unit drawn at p has the code.
func holds(b bundle, t *testing.T, at maptile.Tile, p orb.Point, code string) bool {
	layer := b.layer(t, "unit", uint32(at.Z), at.X, at.Y)
	layer.ProjectToWGS84(at)
	var codes []any
	for _, f := range layer.Features {
		if inside, err := contains(f.Geometry, p); err == nil && inside {
			codes = append(codes, f.Properties["code"])
		}
	}
	return len(codes) == 1 && codes[0] == code
}

func contains(g orb.Geometry, p orb.Point) (bool, error) {
	switch g := g.(type) {
	case orb.Polygon:
		return planar.PolygonContains(g, p), nil
	case orb.MultiPolygon:
		return planar.MultiPolygonContains(g, p), nil
	}
	return false, errors.New("not a polygon")
}

// The 81,347 vertices of the surveyed communes do not weigh on low zooms.
func TestSurveyedUnitsAreLight(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("HAIDANG_TESTDATA")
	if dir == "" {
		t.Skip("HAIDANG_TESTDATA is not set: the surveyed wards are not there")
	}
	f, err := os.Open(filepath.Join(dir, "vn_admin", "soc_trang_wards_2025.geojson"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := newBundle(t)
	_, err = geo.ImportAreas(t.Context(), b.pool, f, geo.ImportOptions{NameField: "fullName", CodeField: "code", Level: geo.LevelCommune,
		ValidFrom: time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC), Source: "wards.geojson"})
	if err != nil {
		t.Fatal(err)
	}
	fresh := bundle{b.pool, start(t, tiles.Config{Pool: b.pool})}
	town := orb.Point{105.991, 9.627}
	for _, z := range []maptile.Zoom{6, 8, 9, 10, 12, 14} {
		at := maptile.At(town, z)
		w, err := fresh.get("unit", uint32(z), at.X, at.Y, "Accept-Encoding", "gzip")
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("zoom %d: %d bytes", z, w.Body.Len())
		if limit := 20_000; w.Body.Len() > limit {
			t.Errorf("zoom %d: %d bytes gzipped, want at most %d", z, w.Body.Len(), limit)
		}
	}
}
