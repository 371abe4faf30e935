package overview_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"

	"haidang"
	"haidang/geo"
	"haidang/geo/catalogue"
	"haidang/internal/postgres/pgtest"
)

// country is a database with a layer "thing" of 4,000 features spread by chance.
func country(t *testing.T, geometry, shape string) *pgxpool.Pool {
	t.Helper()
	pool := pgtest.New(t)
	if err := geo.ReferenceData(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		return catalogue.Create(t.Context(), tx, catalogue.Layer{Slug: "thing", Title: haidang.Text{VI: "Vật", EN: "Things"}, Sector: "base",
			Owner: geo.AgencyEnvironment, SRID: 4326, Geometry: geometry, MinZoom: 6, MaxZoom: 17, Class: "kind",
			Columns: []catalogue.Column{{Name: "kind", Type: catalogue.Text, Label: haidang.Text{VI: "Loại", EN: "Kind"}, FromZoom: catalogue.From(0)}}})
	})
	if err != nil {
		t.Fatal(err)
	}
	exec(t, pool, fmt.Sprintf(`INSERT INTO layer_thing (kind, geom) SELECT 'k' || n %% 3, %s
		FROM (SELECT setseed(0.5)) seed, LATERAL (SELECT n, 105.9 + random() * 0.1 AS x, 9.5 + random() * 0.1 AS y, random() AS a, random() AS b FROM generate_series(1, 4000) n) p`, shape))
	return pool
}

const (
	aPoint = `ST_SetSRID(ST_MakePoint(x, y), 4326)`
	aLine  = `ST_SetSRID(ST_MakeLine(ARRAY[ST_MakePoint(x, y), ST_MakePoint(x + a / 300, y), ST_MakePoint(x + a / 300, y + b / 300)]), 4326)`
)

// On every zoom the clusters hold every point once, and a tile at most one a square.
func TestClustersHoldEveryPoint(t *testing.T) {
	t.Parallel()
	pool := country(t, "Point", aPoint)
	build(t, pool)
	whole := orb.Bound{Max: orb.Point{4095.9, 4095.9}}
	held := map[int]float64{}
	for at, raw := range drawn(t, pool, "thing") {
		here := 0
		for _, f := range layerOf(t, raw, "thing").Features {
			if !whole.Contains(f.Geometry.(orb.Point)) {
				continue
			}
			here++
			held[int(at.Z)] += f.Properties["point_count"].(float64)
			if (f.ID != nil) != (f.Properties["point_count"] == 1.0) {
				t.Errorf("tile %v: a cluster of %v has the id %v", at, f.Properties["point_count"], f.ID)
			}
		}
		if here > 32*32 {
			t.Errorf("tile %v: %d clusters", at, here)
		}
	}
	for z, n := range held {
		if n != 4000 {
			t.Errorf("zoom %d: clusters hold %v points of 4000", z, n)
		}
	}
	if len(held) < 4 {
		t.Errorf("%d zooms have overviews", len(held))
	}
}

// On every zoom a line shows in each cell of 64 pixels that many lines cross, and
// lines end nowhere but where they did or at the tile's buffer.
func TestLinesStandInForOthers(t *testing.T) {
	t.Parallel()
	pool := country(t, "LineString", aLine)
	build(t, pool)
	zooms := map[int]int{}
	for at, raw := range drawn(t, pool, "thing") {
		layer := layerOf(t, raw, "thing")
		zooms[int(at.Z)] += len(layer.Features)
		if len(layer.Features) == 0 {
			t.Errorf("tile %v is stored and shows nothing", at)
		}
		for _, f := range layer.Features {
			if b := f.Geometry.Bound(); b.Min[0] < -65 || b.Min[1] < -65 || b.Max[0] > 4161 || b.Max[1] > 4161 {
				t.Errorf("tile %v: a line reaches to %v", at, b)
			}
		}
	}
	if len(zooms) < 4 {
		t.Errorf("lines by zoom: %v", zooms)
	}
}

func TestMendedPointsAndLinesAreAsRebuilt(t *testing.T) {
	t.Parallel()
	for geometry, shape := range map[string]string{"Point": aPoint, "LineString": aLine} {
		t.Run(geometry, func(t *testing.T) {
			t.Parallel()
			pool := country(t, geometry, shape)
			build(t, pool)
			exec(t, pool, `UPDATE layer_thing SET geom = ST_Translate(geom, 0.004, 0.003), kind = 'new' WHERE fid % 211 = 3`)
			build(t, pool)
			exec(t, pool, `DELETE FROM layer_thing WHERE fid % 301 = 5`)
			build(t, pool)
			mended := drawn(t, pool, "thing")
			exec(t, pool, `DELETE FROM overview_state; DELETE FROM overview_tile; DELETE FROM overview_unit`)
			build(t, pool)
			rebuilt := drawn(t, pool, "thing")
			if len(mended) == 0 || len(mended) != len(rebuilt) {
				t.Fatalf("%d tiles mended, %d rebuilt", len(mended), len(rebuilt))
			}
			for at, raw := range rebuilt {
				if diff := cmp.Diff(raw, mended[at]); diff != "" {
					t.Errorf("tile %v was mended to something else", at)
				}
			}
		})
	}
}
