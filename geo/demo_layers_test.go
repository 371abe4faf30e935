package geo_test

import (
	"testing"
	"time"

	"haidang/geo"
	"haidang/geo/catalogue"
	"haidang/internal/postgres/pgtest"
)

func TestDemoLayersAreDrawnOnce(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(geo.ReferenceData(t.Context(), pool))
	must(geo.SeedDemo(t.Context(), pool))
	begin := time.Now()
	must(geo.SeedDemoLayers(t.Context(), pool))
	first := time.Since(begin)
	begin = time.Now()
	changesets := func() (n int) {
		must(pool.QueryRow(t.Context(), `SELECT count(*) FROM changeset`).Scan(&n))
		return n
	}
	before := changesets()
	must(geo.SeedDemo(t.Context(), pool))
	must(geo.SeedDemoLayers(t.Context(), pool))
	if after := changesets(); after != before {
		t.Errorf("a second start is %d changesets in the history", after-before)
	}
	t.Logf("first %v, again %v", first, time.Since(begin))
	layers, err := catalogue.List(t.Context(), pool)
	must(err)
	for _, l := range layers {
		var rows, invalid, outside int
		must(pool.QueryRow(t.Context(), `SELECT count(*), count(*) FILTER (WHERE NOT ST_IsValid(geom_3857)),
			count(*) FILTER (WHERE NOT geom_3857 && ST_Transform(ST_MakeEnvelope(102, 8, 110, 24, 4326), 3857)) FROM `+l.Table).Scan(&rows, &invalid, &outside))
		t.Logf("%-18s %6d", l.Slug, rows)
		if rows == 0 || invalid > 0 || outside > 0 || l.Template != "" && !l.Simulated {
			t.Errorf("%s: %d rows, %d invalid, %d outside, simulated %v", l.Slug, rows, invalid, outside, l.Simulated)
		}
	}
}

// TestDemoPlanIsACoverage: in each period the areas of the simulated plan neither
// overlap nor leave gaps.
func TestDemoPlanIsACoverage(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	for _, seed := range []func() error{
		func() error { return geo.ReferenceData(t.Context(), pool) }, func() error { return geo.SeedDemoLayers(t.Context(), pool) }} {
		if err := seed(); err != nil {
			t.Fatal(err)
		}
	}
	for _, day := range []string{"2023-06-01", "2028-06-01"} {
		var areas, pieces, holes int
		var sum, union float64
		err := pool.QueryRow(t.Context(), `WITH day AS (SELECT geom FROM layer_land_use_plan WHERE period @> $1::date), u AS (SELECT ST_Union(geom) AS geom FROM day)
			SELECT (SELECT count(*) FROM day), (SELECT sum(ST_Area(geom)) FROM day), ST_Area(geom), ST_NumGeometries(geom), ST_NumInteriorRings(ST_GeometryN(geom, 1)) FROM u`, day).
			Scan(&areas, &sum, &union, &pieces, &holes)
		if err != nil || areas < 1000 || sum-union > union*1e-9 || holes > 0 {
			t.Errorf("%s: %d areas, %f m² more than the union's %f, %d pieces, %d holes, %v", day, areas, sum-union, union, pieces, holes, err)
		}
	}
}
