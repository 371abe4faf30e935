package overview_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/clip"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/encoding/wkb"
	"github.com/paulmach/orb/maptile"
	"github.com/paulmach/orb/planar"

	"haidang/geo"
	"haidang/internal/postgres/pgtest"
	"haidang/tiles/overview"
)

// cadastre is a database with n generated parcels.
func cadastre(t *testing.T, n int) *pgxpool.Pool {
	t.Helper()
	pool := pgtest.New(t)
	if err := geo.ReferenceData(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	if err := geo.GenerateParcels(t.Context(), pool, n); err != nil {
		t.Fatal(err)
	}
	return pool
}

func build(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	if err := overview.Build(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
}

func exec(t *testing.T, pool *pgxpool.Pool, sql string, args ...any) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// drawn returns all tiles of a layer.
func drawn(t *testing.T, pool *pgxpool.Pool, layer string) map[maptile.Tile][]byte {
	t.Helper()
	rows, err := pool.Query(t.Context(), `SELECT z, x, y, mvt FROM overview_tile WHERE layer = $1`, layer)
	if err != nil {
		t.Fatal(err)
	}
	all := map[maptile.Tile][]byte{}
	var z int16
	var x, y int32
	var raw []byte
	if _, err := pgx.ForEachRow(rows, []any{&z, &x, &y, &raw}, func() error {
		all[maptile.New(uint32(x), uint32(y), maptile.Zoom(z))] = append([]byte{}, raw...)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// edits are what people do to parcels: other uses, gone, moved, halved, new.
var edits = []string{
	`UPDATE layer_parcel SET land_use = (ARRAY['LUC', 'ONT', 'CLN', 'NTS'])[1 + fid %% 4] WHERE fid %% 97 = %d`,
	`DELETE FROM layer_parcel WHERE fid %% 101 = %d`,
	`UPDATE layer_parcel SET geom = ST_Translate(geom, 13, 7) WHERE fid %% 89 = %d`,
	`UPDATE layer_parcel SET geom = ST_Scale(geom, ST_MakePoint(0.5, 1), ST_Centroid(geom)) WHERE fid %% 103 = %d`,
	`INSERT INTO layer_parcel (sheet, number, land_use, area_m2, geom) SELECT 900, %d, 'SKC', 1, ST_Buffer(ST_Centroid(geom), 60) FROM layer_parcel ORDER BY fid LIMIT 1`,
}

// TestParcels follows one cadastre: what its tiles show, what one edit tells, and what
// they are after many edits. To build it is the dear part, so all look at the same.
func TestParcels(t *testing.T) {
	t.Parallel()
	pool := cadastre(t, parcels)
	build(t, pool)
	for _, look := range []struct {
		name string
		at   func(*testing.T, *pgxpool.Pool)
	}{
		{"tiles keep areas and places", keepAreasAndPlaces},
		{"totals are true", totalsAreTrue},
		{"the ground has neither holes nor overlaps", neitherHolesNorOverlaps},
		{"an edit tells of few tiles", editTellsOfFewTiles},
		{"mended is as rebuilt", mendedIsAsRebuilt},
	} {
		if !t.Run(look.name, func(t *testing.T) { look.at(t, pool) }) {
			return
		}
	}
}

// parcels is how many the cadastre has.
const parcels = 4000

// To mend what edits touched gives the same tiles as to build all from the beginning.
func mendedIsAsRebuilt(t *testing.T, pool *pgxpool.Pool) {
	dice := rand.New(rand.NewPCG(5, 5))
	for range 3 {
		for range 1 + dice.IntN(3) {
			exec(t, pool, fmt.Sprintf(edits[dice.IntN(len(edits))], dice.IntN(80)))
		}
		build(t, pool)
	}
	mended := drawn(t, pool, "parcel")
	exec(t, pool, `DELETE FROM overview_state; DELETE FROM overview_tile; DELETE FROM overview_unit`)
	build(t, pool)
	rebuilt := drawn(t, pool, "parcel")
	if len(mended) == 0 || len(mended) != len(rebuilt) {
		t.Fatalf("%d tiles mended, %d rebuilt", len(mended), len(rebuilt))
	}
	for at, raw := range rebuilt {
		if diff := cmp.Diff(raw, mended[at]); diff != "" {
			t.Errorf("tile %v was mended to something else", at)
		}
	}
}

// A mend that ended in the middle is made up for by the next.
func TestMendGoesOn(t *testing.T) {
	t.Parallel()
	pool := cadastre(t, 1500)
	build(t, pool)
	exec(t, pool, `CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'killed'; END $$`)
	exec(t, pool, `CREATE TRIGGER stop BEFORE INSERT OR UPDATE ON overview_tile FOR EACH ROW EXECUTE FUNCTION stop()`)
	exec(t, pool, `UPDATE layer_parcel SET land_use = 'SKC' WHERE fid % 7 = 1`)
	if err := overview.Build(t.Context(), pool); err == nil {
		t.Fatal("it was not stopped")
	}
	exec(t, pool, `DROP TRIGGER stop ON overview_tile`)
	build(t, pool)
	mended := drawn(t, pool, "parcel")
	exec(t, pool, `DELETE FROM overview_state; DELETE FROM overview_tile; DELETE FROM overview_unit`)
	build(t, pool)
	for at, raw := range drawn(t, pool, "parcel") {
		if !bytes.Equal(raw, mended[at]) {
			t.Errorf("tile %v is an old one", at)
		}
	}
}

// One parcel's edit is told for a tile or two of each zoom, and no more.
func editTellsOfFewTiles(t *testing.T, pool *pgxpool.Pool) {
	build(t, pool) // nothing to do
	var last int64
	if err := pool.QueryRow(t.Context(), `SELECT max(id) FROM layer_change`).Scan(&last); err != nil {
		t.Fatal(err)
	}
	exec(t, pool, `UPDATE layer_parcel SET land_use = 'SKC' WHERE sheet = 1 AND number = 1230`)
	build(t, pool)
	rows, err := pool.Query(t.Context(), `SELECT from_zoom, sum(ST_NumGeometries(geom))::int FROM layer_change WHERE id > $1 AND rows = 0 GROUP BY 1`, last)
	if err != nil {
		t.Fatal(err)
	}
	zooms := 0
	var z, n int
	if _, err := pgx.ForEachRow(rows, []any{&z, &n}, func() error {
		zooms++
		if n > 4 {
			t.Errorf("zoom %d: %d tiles became different", z, n)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if zooms < 3 {
		t.Errorf("%d zooms became different", zooms)
	}
}

// On every zoom, decoded tiles show each class's area, and something wherever there
// is something.
func keepAreasAndPlaces(t *testing.T, pool *pgxpool.Pool) {
	truth := classAreas(t.Context(), t, pool)
	shown := map[maptile.Zoom]map[string]float64{}
	seen := map[[3]int]bool{}
	for at, raw := range drawn(t, pool, "parcel") {
		if shown[at.Z] == nil {
			shown[at.Z] = map[string]float64{}
		}
		for _, f := range layerOf(t, raw, "parcel").Features {
			for b := range 64 {
				place, box := cell(at, b)
				if area := math.Abs(planar.Area(clip.Geometry(box, orb.Clone(f.Geometry)))); area > 0 {
					shown[at.Z][f.Properties["land_use"].(string)] += area
					seen[place] = true
				}
			}
		}
	}
	for z, classes := range shown {
		size := 40075016.685578488 / math.Pow(2, float64(z)) / 4096
		for class, area := range classes {
			got, pixel := area*size*size, 64*size*size
			if math.Abs(got-truth[class]) > 0.02*truth[class]+2*pixel {
				t.Errorf("zoom %d: %s has %.0f m², shows %.0f (%.1f %%)", z, class, truth[class], got, 100*got/truth[class]-100)
			}
		}
		missingPlaces(t, pool, z, seen, `SELECT ST_Centroid(geom_3857) AS c FROM layer_parcel`, 1)
	}
}

func classAreas(ctx context.Context, t *testing.T, pool *pgxpool.Pool) map[string]float64 {
	rows, err := pool.Query(ctx, `SELECT land_use, sum(ST_Area(geom_3857)) FROM layer_parcel GROUP BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	areas := map[string]float64{}
	var class string
	var area float64
	if _, err := pgx.ForEachRow(rows, []any{&class, &area}, func() error { areas[class] = area; return nil }); err != nil {
		t.Fatal(err)
	}
	return areas
}

// cell is one of the 64 cells of 64 pixels of a tile: its place in the world, and in
// the tile.
func cell(at maptile.Tile, b int) (place [3]int, box orb.Bound) {
	x, y := float64(b%8*512), float64(b/8*512)
	return [3]int{int(at.Z), int(at.X)*8 + b%8, int(at.Y)*8 + b/8}, orb.Bound{Min: orb.Point{x, y}, Max: orb.Point{x + 512, y + 512}}
}

// missingPlaces complains of cells with the middles of so many things and nothing shown.
func missingPlaces(t *testing.T, pool *pgxpool.Pool, z maptile.Zoom, seen map[[3]int]bool, middles string, things int) {
	t.Helper()
	size := 40075016.685578488 / math.Pow(2, float64(z)) / 8
	rows, err := pool.Query(t.Context(), `SELECT floor((ST_X(c) + 20037508.342789244) / $1)::int, floor((20037508.342789244 - ST_Y(c)) / $1)::int
		FROM (`+middles+`) p GROUP BY 1, 2 HAVING count(*) >= $2`, size, things)
	if err != nil {
		t.Fatal(err)
	}
	var x, y int
	if _, err := pgx.ForEachRow(rows, []any{&x, &y}, func() error {
		if !seen[[3]int{int(z), x, y}] {
			t.Errorf("zoom %d: nothing is shown in cell %d, %d", z, x, y)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func layerOf(t *testing.T, raw []byte, name string) *mvt.Layer {
	t.Helper()
	layers, err := mvt.Unmarshal(raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range layers {
		if l.Name == name {
			return l
		}
	}
	t.Fatalf("no layer %s in the tile", name)
	return nil
}

// The account in a tile holds every parcel, whatever is drawn.
func totalsAreTrue(t *testing.T, pool *pgxpool.Pool) {
	for at, raw := range drawn(t, pool, "parcel") {
		if at.Z != 8 {
			continue
		}
		var count, area float64
		for _, f := range layerOf(t, raw, "parcel"+overview.TotalsLayer).Features {
			count += f.Properties["count"].(float64)
			area += f.Properties["area_m2"].(float64)
		}
		var want float64
		if err := pool.QueryRow(t.Context(), `SELECT sum(ST_Area(geom)) FROM layer_parcel`).Scan(&want); err != nil {
			t.Fatal(err)
		}
		if count != parcels || math.Abs(area-want) > 1 {
			t.Errorf("%v parcels with %.1f m², want %d with %.1f", count, area, parcels, want)
		}
		out := layerOf(t, raw, "parcel"+overview.LeftOutLayer).Features
		if len(out) != 1 || out[0].Properties["reason"] != "merged" || out[0].Properties["count"] != float64(parcels) {
			t.Errorf("%+v", out)
		}
	}
}

// Parcels without a gap between them leave none in the faces that stand for them, and
// no two faces overlap: as PostGIS sees it.
func neitherHolesNorOverlaps(t *testing.T, pool *pgxpool.Pool) {
	for at, raw := range drawn(t, pool, "parcel") {
		var faces [][]byte
		for _, f := range layerOf(t, raw, "parcel").Features {
			face, err := wkb.Marshal(f.Geometry)
			if err != nil {
				t.Fatal(err)
			}
			faces = append(faces, face)
		}
		if len(faces) == 0 {
			continue
		}
		var overlap, holes float64
		err := pool.QueryRow(t.Context(), `WITH face AS (SELECT ST_GeomFromWKB(s) AS g FROM unnest($1::bytea[]) s), one AS (SELECT (ST_Dump(ST_Union(g))).geom AS g FROM face)
			SELECT (SELECT sum(ST_Area(g)) FROM face) / sum(ST_Area(g)) - 1, 1 - sum(ST_Area(g)) / sum(ST_Area(ST_MakePolygon(ST_ExteriorRing(g)))) FROM one`, faces).Scan(&overlap, &holes)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(overlap)+math.Abs(holes) > 1e-6 {
			t.Errorf("tile %v: overlap %g, holes %g of the area", at, overlap, holes)
		}
	}
}
