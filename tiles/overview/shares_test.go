package overview_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/clip"
	"github.com/paulmach/orb/maptile"
	"github.com/paulmach/orb/planar"

	"haidang/tiles/overview"
)

const (
	// 40 roads from west to east, of a hundred rows each that bend a little.
	aRoad = `ST_SetSRID(ST_MakeLine(ARRAY[ST_MakePoint(105.9 + (n - 1) % 100 * 0.001, 9.5 + (n - 1) / 100 * 0.003 + (n - 1) % 2 * 0.0001),
		ST_MakePoint(105.9 + ((n - 1) % 100 + 1) * 0.001, 9.5 + (n - 1) / 100 * 0.003 + n % 2 * 0.0001)]), 4326)`
	// Squares on squares: k0 is the ground, k1 lies on each of it, k2 on each of those.
	// A ground of 3,600 squares, and on it patches of 40 m, far apart.
	aPatch = `CASE WHEN n <= 3600 THEN ST_Expand(ST_SetSRID(ST_MakePoint(105.9 + (n - 1) % 60 * 0.0016, 9.5 + (n - 1) / 60 * 0.0016), 4326), 0.0008)
		ELSE ST_Expand(ST_SetSRID(ST_MakePoint(x, y), 4326), 0.00018) END`
	aStack = `ST_Expand(ST_SetSRID(ST_MakePoint(105.9 + (n - 1) / 3 % 36 * 0.0025, 9.5 + (n - 1) / 3 / 36 * 0.0025), 4326), (ARRAY[0.00125, 0.0008, 0.0005])[1 + n % 3])`
)

// byZoom is what the tiles of each zoom show of each class, in metres or square metres
// of Web Mercator.
type byZoom map[maptile.Zoom]map[string]float64

func shownBy(t *testing.T, pool *pgxpool.Pool, size func(orb.Geometry) float64, power float64) byZoom {
	whole := orb.Bound{Max: orb.Point{4096, 4096}}
	sums := byZoom{}
	for at, raw := range drawn(t, pool, "thing") {
		if sums[at.Z] == nil {
			sums[at.Z] = map[string]float64{}
		}
		for _, f := range layerOf(t, raw, "thing").Features {
			unit := 40075016.685578488 / math.Pow(2, float64(at.Z)) / 4096
			sums[at.Z][f.Properties["kind"].(string)] += size(clip.Geometry(whole, f.Geometry)) * math.Pow(unit, power)
		}
	}
	if len(sums) < 4 {
		t.Fatalf("%d zooms have overviews", len(sums))
	}
	return sums
}

// measured sums a size of the rows by class.
func measured(t *testing.T, pool *pgxpool.Pool, size string) map[string]float64 {
	t.Helper()
	rows, err := pool.Query(t.Context(), `SELECT kind, sum(`+size+`) FROM layer_thing GROUP BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]float64{}
	var class string
	var sum float64
	if _, err := pgx.ForEachRow(rows, []any{&class, &sum}, func() error { sums[class] = sum; return nil }); err != nil {
		t.Fatal(err)
	}
	return sums
}

// near complains of shares that are off by more than two in a hundred and a little more.
func near(t *testing.T, what string, got, want map[string]float64, more float64) {
	t.Helper()
	for class, is := range want {
		if math.Abs(got[class]-is) > 0.02*is+more {
			t.Errorf("%s: %s has %.0f and shows %.0f (%+.1f %%)", what, class, is, got[class], 100*got[class]/is-100)
		}
	}
}

// Rows that go on in one another are shown with all their length at every zoom, and the
// account of each zoom has the true length of all.
func TestRoadsKeepTheirLength(t *testing.T) {
	t.Parallel()
	pool := country(t, "LineString", aRoad)
	exec(t, pool, `UPDATE layer_thing SET kind = 'k' || (fid - 1) / 100 % 3`) // a road is of one class
	build(t, pool)
	want := measured(t, pool, "ST_Length(geom_3857)")
	for z, got := range shownBy(t, pool, planar.Length, 1) {
		near(t, fmt.Sprintf("zoom %d", z), got, want, 0)
	}
	totalsHold(t, pool, "length_m", measured(t, pool, "ST_Length(geom::geography)"))
}

// Every cell of 64 pixels in which several lines have their middle shows one.
func TestLinesShowInEveryCell(t *testing.T) {
	t.Parallel()
	pool := country(t, "LineString", aLine)
	build(t, pool)
	totalsHold(t, pool, "length_m", measured(t, pool, "ST_Length(geom::geography)"))
	seen := map[[3]int]bool{}
	zooms := map[maptile.Zoom]bool{}
	for at, raw := range drawn(t, pool, "thing") {
		zooms[at.Z] = true
		for _, f := range layerOf(t, raw, "thing").Features {
			for b := range 64 {
				if place, box := cell(at, b); clip.Geometry(box, f.Geometry) != nil {
					seen[place] = true
				}
			}
		}
	}
	for z := range zooms {
		missingPlaces(t, pool, z, seen, `SELECT ST_PointN(geom_3857, 2) AS c FROM layer_thing`, 3)
	}
}

// Of surfaces that lie on others, each class shows what of it is not covered, and the
// account has all of it.
func TestCoveredSurfacesShowTheRest(t *testing.T) {
	t.Parallel()
	pool := country(t, "Polygon", aStack)
	exec(t, pool, `DELETE FROM layer_thing WHERE fid = 4000`) // the last stack is not whole
	build(t, pool)
	all := measured(t, pool, "ST_Area(geom_3857)")
	visible := map[string]float64{"k0": all["k0"] - all["k1"], "k1": all["k1"] - all["k2"], "k2": all["k2"]}
	for z, got := range shownBy(t, pool, func(g orb.Geometry) float64 { return math.Abs(planar.Area(g)) }, 2) {
		pixel := 40075016.685578488 / math.Pow(2, float64(z)) / 512
		near(t, fmt.Sprintf("zoom %d", z), got, visible, 8*pixel*pixel)
	}
	totalsHold(t, pool, "area_m2", measured(t, pool, "ST_Area(geom::geography)"))
}

// A class that is nowhere larger than a pixel or two is shown with all its area, at fewer
// places.
func TestScatteredPatchesKeepTheirArea(t *testing.T) {
	t.Parallel()
	pool := country(t, "Polygon", aPatch)
	exec(t, pool, `UPDATE layer_thing SET kind = CASE WHEN fid > 3600 THEN 'patch' ELSE 'k' || fid / 800 END`)
	exec(t, pool, `DELETE FROM layer_thing WHERE fid > 3660`)
	build(t, pool)
	want := map[string]float64{"patch": measured(t, pool, "ST_Area(geom_3857)")["patch"]}
	for z, got := range shownBy(t, pool, func(g orb.Geometry) float64 { return math.Abs(planar.Area(g)) }, 2) {
		pixel := 40075016.685578488 / math.Pow(2, float64(z)) / 512
		near(t, fmt.Sprintf("zoom %d", z), got, want, pixel*pixel/4)
	}
}

// totalsHold says that the accounts of every zoom come to the true sizes.
func totalsHold(t *testing.T, pool *pgxpool.Pool, property string, want map[string]float64) {
	t.Helper()
	sums := byZoom{}
	for at, raw := range drawn(t, pool, "thing") {
		if sums[at.Z] == nil {
			sums[at.Z] = map[string]float64{}
		}
		for _, f := range layerOf(t, raw, "thing"+overview.TotalsLayer).Features {
			sums[at.Z][f.Properties["kind"].(string)] += f.Properties[property].(float64)
		}
	}
	for z, got := range sums {
		for class, is := range want {
			if math.Abs(got[class]/is-1) > 1e-6 {
				t.Errorf("zoom %d: the account of %s says %.1f, want %.1f", z, class, got[class], is)
			}
		}
	}
}
