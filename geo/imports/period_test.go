package imports

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo/catalogue"
)

// plans makes a dated layer with the area A of two plans and B of the later one.
func plans(t *testing.T, pool *pgxpool.Pool, key ...string) {
	t.Helper()
	agency(t, pool)
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		return catalogue.Create(t.Context(), tx, catalogue.Layer{Slug: "zone", Title: haidang.Text{VI: "Vùng", EN: "Zones"}, Owner: "sotnmt", SRID: 959209, Geometry: "MultiPolygon",
			Kind: catalogue.Vector, MaxZoom: 16, Key: key, Dated: true, Rights: catalogue.StaffRights("sotnmt"),
			Columns: []catalogue.Column{{Name: "code", Type: catalogue.Text, Required: true}, {Name: "use", Type: catalogue.Text}}})
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = pool.Exec(t.Context(), `INSERT INTO layer_zone (code, use, period, geom) SELECT code, use, period::daterange, ST_Multi(ST_GeomFromText('POLYGON((550000 1060000,550040 1060000,550040 1060040,550000 1060040,550000 1060000))', 959209))
		FROM (VALUES ('A', 'LUC', '[2015-01-01,2020-01-01)'), ('A', 'ONT', '[2020-01-01,)'), ('B', 'CLN', '[2020-01-01,)')) v (code, use, period)`)
	if err != nil {
		t.Fatal(err)
	}
}

// zones is a file of areas, all of the same shape: code, use, from, until.
func zones(rows ...[4]string) string {
	var all []string
	for _, r := range rows {
		props := map[string]any{"code": r[0], "use": r[1], "tu_ngay": r[2], "valid_until": r[3]}
		all = append(all, feature(props, [][2]float64{{550000, 1060000}, {550040, 1060000}, {550040, 1060040}, {550000, 1060040}, {550000, 1060000}}))
	}
	return `{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::9209"}},"features":[` + strings.Join(all, ",\n") + `]}`
}

func held(t *testing.T, pool *pgxpool.Pool) string {
	t.Helper()
	return one[string](t, pool, `SELECT coalesce(string_agg(code || ' ' || use || ' ' || period, ' ' ORDER BY code, period), '') FROM layer_zone`)
}

// The key of a dated layer has the first day in it: a new plan leaves the one before
// alone, and an end that is set changes the feature that it ends.
func TestDatedLayer(t *testing.T) {
	t.Parallel()
	im, pool := house(t, Limits{})
	plans(t, pool, "code")
	o := Options{Layer: "zone", Map: map[string]string{"valid_from": "tu_ngay"}, DeleteGone: true}
	i, err := run(t, im, writeFile(t, "a.geojson", zones([4]string{"A", "ONT", "2020-01-01", "31/12/2025"}, [4]string{"A", "SKC", "31/12/2025", ""})), o, true)
	if err != nil {
		t.Fatal(err)
	}
	if r := i.Report; r.Added != 1 || r.Changed != 1 || r.Gone != 1 || r.Same != 0 || !maps.Equal(r.Columns, map[string]int{"period": 1}) {
		t.Errorf("report %+v", r)
	}
	// A of 2015 stays: the file says nothing of that time.
	if got := held(t, pool); got != "A LUC [2015-01-01,2020-01-01) A ONT [2020-01-01,2025-12-31) A SKC [2025-12-31,)" {
		t.Errorf("holds %s", got)
	}
	i, err = run(t, im, writeFile(t, "a.geojson", zones([4]string{"A", "ONT", "2020-01-01", "2025-12-31"})), Options{Layer: "zone", Map: o.Map}, false)
	if err != nil || i.Report.Same != 1 || i.Report.Added+i.Report.Changed+i.Report.Gone != 0 {
		t.Errorf("again: %+v, %v", i.Report, err)
	}
}

// One period for a whole file; and none at all is asked for.
func TestDatedFile(t *testing.T) {
	t.Parallel()
	im, pool := house(t, Limits{})
	plans(t, pool, "code")
	file := writeFile(t, "b.geojson", zones([4]string{"B", "LUC", "x", ""}, [4]string{"C", "LUC", "x", ""}))
	o := Options{Layer: "zone", Map: map[string]string{"valid_until": "-"}}
	if _, err := run(t, im, file, o, false); haidang.CodeOf(err) != haidang.ErrInvalid || !strings.Contains(fmt.Sprint(err), "one period for the whole file") {
		t.Errorf("without a time: %v", err)
	}
	for name, p := range map[string]Period{"no day": {From: "2026-02-30"}, "no end": {From: "2026-01-01", Until: "2026-01-01"}, "nothing": {}} {
		o.Period = &p
		if _, err := run(t, im, file, o, false); haidang.CodeOf(err) != haidang.ErrInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	o.Period = &Period{From: "1/1/2026", Until: "2031-01-01"}
	if _, err := run(t, im, file, o, true); err != nil {
		t.Fatal(err)
	}
	if got := held(t, pool); got != "A LUC [2015-01-01,2020-01-01) A ONT [2020-01-01,) B CLN [2020-01-01,) B LUC [2026-01-01,2031-01-01) C LUC [2026-01-01,2031-01-01)" {
		t.Errorf("holds %s", got)
	}
}

// Days that cannot be are refused feature by feature; without a key time counts too.
func TestDatedRefusals(t *testing.T) {
	t.Parallel()
	im, pool := house(t, Limits{})
	plans(t, pool)
	o := Options{Layer: "zone", Map: map[string]string{"valid_from": "tu_ngay"}, SkipRefused: true}
	i, err := run(t, im, writeFile(t, "c.geojson", zones([4]string{"A", "ONT", "2020-01-01", ""}, [4]string{"D", "ONT", "13/13/2020", ""}, [4]string{"E", "ONT", "2020-01-01", "2019-01-01"}, [4]string{"A", "LUC", "2020-01-01", ""})), o, false)
	if err != nil {
		t.Fatal(err)
	}
	if r := i.Report; r.Refused != 2 || r.Same != 1 || r.Added != 1 || r.Gone != 1 || r.Unnamed != 2 {
		t.Errorf("report %+v", r)
	}
	remarks, err := im.Remarks(t.Context(), i.ID, refused, 0, 10)
	if err != nil || len(remarks) != 2 || remarks[0].Field != "valid_from" || remarks[1].Field != "valid_until" {
		t.Errorf("remarks %+v, %v", remarks, err)
	}
}
