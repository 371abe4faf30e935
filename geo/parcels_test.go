package geo_test

import (
	"math"
	"testing"

	"github.com/paulmach/orb/planar"

	"haidang"
	"haidang/geo"
)

func TestGeneratedParcelsAreACleanCoverage(t *testing.T) {
	t.Parallel()
	pool := demo(t)
	const n = 2500 // one sheet
	if err := geo.GenerateParcels(t.Context(), pool, n); err != nil {
		t.Fatal(err)
	}
	if got := number(t, pool, `SELECT count(*) FROM layer_parcel WHERE ST_IsValid(geom) AND ST_NPoints(geom) = 9 AND area_m2 > 500`); got != n {
		t.Errorf("%d proper parcels, want %d", got, n)
	}
	merged := number(t, pool, `SELECT (ST_NumGeometries(u) = 1 AND abs(ST_Area(u) - (SELECT sum(area_m2) FROM layer_parcel)) < 10)::int
		FROM (SELECT ST_UnaryUnion(ST_Collect(geom)) AS u FROM layer_parcel) m`)
	if merged != 1 {
		t.Error("the parcels overlap or leave gaps")
	}
	if err := geo.GenerateParcelLayer(t.Context(), pool, 7, "parcel_trial"); err != nil {
		t.Errorf("a layer of their own beside a full one: %v", err)
	}
	if err := geo.GenerateParcelLayer(t.Context(), pool, 7, "parcel_trial"); haidang.CodeOf(err) != haidang.ErrConflict {
		t.Errorf("the same layer again: %v", err)
	}
	var trial int
	if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM layer_parcel_trial`).Scan(&trial); err != nil || trial != 7 {
		t.Errorf("%d parcels in the layer of their own, want 7: %v", trial, err)
	}
	if err := geo.GenerateParcels(t.Context(), pool, 1); haidang.CodeOf(err) != haidang.ErrConflict {
		t.Errorf("generate twice: %v, want a conflict", err)
	}
}

func TestParcelsAreTheSameEachTime(t *testing.T) {
	t.Parallel()
	var area float64
	count := 0
	for p := range geo.Parcels(420_000) {
		count++
		area += planar.Area(p.Outline)
	}
	if count != 420_000 || math.Abs(area-420_000*40*48) > 420_000*40*48/1000 {
		t.Errorf("%d parcels, %.0f m²", count, area)
	}
}
