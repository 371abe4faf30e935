package geo_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo"
	"haidang/internal/postgres/pgtest"
)

// today is a day on which the demo's communes are in force.
var today = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)

var filled pgtest.Filled // for demo

func demo(t testing.TB) *pgxpool.Pool {
	t.Helper()
	return filled.New(t, geo.ReferenceData, geo.SeedDemo)
}

// number runs a query that returns one integer.
func number(t testing.TB, pool *pgxpool.Pool, sql string, args ...any) (n int) {
	t.Helper()
	if err := pool.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

func TestSeedDemoDrawsEveryCommuneOnce(t *testing.T) {
	t.Parallel()
	pool := demo(t)
	if err := geo.SeedDemo(t.Context(), pool); err != nil {
		t.Fatalf("seed a second time: %v", err)
	}
	units, err := geo.UnitsOn(t.Context(), pool, today)
	if err != nil {
		t.Fatal(err)
	}
	if len(units) != 43 {
		t.Fatalf("%d units, want 43", len(units))
	}
	for _, u := range units {
		if !u.Approximate {
			t.Errorf("%s is not marked approximate", u.Code)
		}
		at, err := geo.UnitAt(t.Context(), pool, u.Lon, u.Lat, today)
		if err != nil || at.Code != u.Code {
			t.Errorf("unit at the centre of %s is %q (%v)", u.Code, at.Code, err)
		}
	}
	overlaps := number(t, pool, `SELECT count(*) FROM administrative_unit a JOIN administrative_unit b ON a.id < b.id
		AND ST_Area(ST_Intersection(a.geom, b.geom)) > 1e-9`)
	if overlaps != 0 {
		t.Errorf("%d pairs of communes overlap", overlaps)
	}
}

func TestUnitAtOutsideIsNotFound(t *testing.T) {
	t.Parallel()
	pool := demo(t)
	for _, c := range []struct {
		name     string
		lon, lat float64
		day      time.Time
	}{
		{"at sea", 106.6, 9.2, today},
		{"before the communes were in force", 105.991, 9.627, time.Date(2025, 6, 30, 0, 0, 0, 0, time.UTC)},
	} {
		_, err := geo.UnitAt(t.Context(), pool, c.lon, c.lat, c.day)
		if haidang.CodeOf(err) != haidang.ErrNotFound {
			t.Errorf("%s: %v, want not_found", c.name, err)
		}
	}
}

func TestSimplifiedUnitsKeepOneBorder(t *testing.T) {
	t.Parallel()
	assertCoverage(t, demo(t))
}

// assertCoverage checks in every band that no unit is missing, that neighbours
// neither overlap nor leave gaps beyond what the whole drawing has, and that low
// zooms are lighter than high ones.
func assertCoverage(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	whole := number(t, pool, `SELECT count(*) FROM base_unit WHERE band = 13`)
	for _, band := range []int{0, 9, 11} {
		if n := number(t, pool, `SELECT count(*) FROM base_unit WHERE band = $1`, band); n != whole {
			t.Errorf("band %d has %d units, want %d", band, n, whole)
		}
		overlap := number(t, pool, `SELECT coalesce(sum(ST_Area(ST_Intersection(a.geom_3857, b.geom_3857))), 0)::bigint
			FROM base_unit a JOIN base_unit b ON a.band = b.band AND a.fid < b.fid AND a.period && b.period AND a.geom_3857 && b.geom_3857 WHERE a.band = $1`, band)
		holes := number(t, pool, `SELECT coalesce(sum(ST_NumInteriorRings(geom)), 0) FROM (
			SELECT (ST_Dump(ST_UnaryUnion(ST_Collect(geom_3857)))).geom FROM base_unit WHERE band = $1) merged`, band)
		vertices := number(t, pool, `SELECT sum(ST_NPoints(geom_3857)) FROM base_unit WHERE band = $1`, band)
		t.Logf("band %d: %d vertices, overlap %d m², %d gaps", band, vertices, overlap, holes)
		if overlap > 0 || holes > 0 {
			t.Errorf("band %d: neighbours overlap by %d m² and leave %d gaps", band, overlap, holes)
		}
	}
}
