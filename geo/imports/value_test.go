package imports

import (
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo/catalogue"
)

// A number that single precision cannot hold is one refused feature, no failed check.
func TestNumberBeyondTheColumn(t *testing.T) {
	t.Parallel()
	im, pool := house(t, Limits{})
	agency(t, pool)
	if _, err := run(t, im, writeFile(t, "a.geojson", plots(3, nil)), plotOptions(), true); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{`ALTER TABLE layer_plot ADD area_m2 real`, `ALTER TABLE history_layer_plot ADD area_m2 real`, `UPDATE layer SET columns = columns || '[{"name":"area_m2","type":"number","label":{"vi":"","en":""}}]' WHERE slug = 'plot'`} {
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	areas := []string{"1e39", "-1e39", "1e-60", "1e38", "0.1"}
	text := plots(len(areas), func(i int, props map[string]any, ring [][2]float64) [][2]float64 {
		props["area_m2"] = areas[i]
		return ring
	})
	o := again()
	o.SkipRefused = true
	i, err := run(t, im, writeFile(t, "b.geojson", text), o, true)
	if err != nil {
		t.Fatal(err)
	}
	if i.Report.Refused != 2 || i.Report.Fine != 3 {
		t.Errorf("report %+v", i.Report)
	}
	if got := one[string](t, pool, `SELECT string_agg(area_m2::text, ' ' ORDER BY number) FROM layer_plot WHERE number >= 2`); got != "0 1e+38 0.1" {
		t.Errorf("areas %s", got)
	}
}

// A page of remarks never parts those on one feature.
func TestRemarksPage(t *testing.T) {
	t.Parallel()
	im, pool := house(t, Limits{})
	agency(t, pool)
	if _, err := run(t, im, writeFile(t, "a.geojson", plots(1, nil)), plotOptions(), true); err != nil {
		t.Fatal(err)
	}
	text := plots(6, func(i int, props map[string]any, ring [][2]float64) [][2]float64 {
		props["sheet"], props["number"] = "a", "b" // two reasons for each
		return ring
	})
	i, err := run(t, im, writeFile(t, "b.geojson", text), again(), false)
	if err != nil {
		t.Fatal(err)
	}
	var all []Remark
	for after := int64(0); ; {
		page, err := im.Remarks(t.Context(), i.ID, "", after, 3)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page...)
		if len(page) < 3 {
			break
		}
		after = page[len(page)-1].Feature
	}
	if len(all) != 12 || !slices.IsSortedFunc(all, func(a, b Remark) int { return int(a.Feature - b.Feature) }) {
		t.Errorf("%d remarks of 12: %+v", len(all), all)
	}
}

// A list's next version counts from its day on, not before.
func TestCodesOfTheDay(t *testing.T) {
	t.Parallel()
	im, pool := house(t, Limits{})
	agency(t, pool)
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		for version, code := range map[int]string{1: "LUC", 2: "LUA"} {
			err := catalogue.WriteCodeList(t.Context(), tx, catalogue.CodeList{Slug: "use", Version: version, Title: haidang.Text{VI: "Loại", EN: "Use"}, Source: "x",
				ValidFrom: time.Now().AddDate(version*2-3, 0, 0), Codes: []catalogue.Code{{Code: code, Label: haidang.Text{VI: code, EN: code}}}})
			if err != nil {
				return err
			}
		}
		return catalogue.Create(t.Context(), tx, catalogue.Layer{Slug: "plot", Title: haidang.Text{VI: "Thửa", EN: "Plots"}, Owner: "sotnmt", SRID: 959209, Geometry: "Polygon", Kind: catalogue.Vector,
			MaxZoom: 16, Rights: catalogue.StaffRights("sotnmt"), Columns: []catalogue.Column{{Name: "land_use", Type: catalogue.CodeType, CodeList: "use"}}})
	})
	if err != nil {
		t.Fatal(err)
	}
	text := plots(2, func(i int, props map[string]any, ring [][2]float64) [][2]float64 {
		props["land_use"] = []string{"LUC", "LUA"}[i]
		return ring
	})
	i, err := run(t, im, writeFile(t, "a.geojson", text), again(), false)
	if err != nil {
		t.Fatal(err)
	}
	remarks, err := im.Remarks(t.Context(), i.ID, "", 0, 10)
	if err != nil || len(remarks) != 1 || remarks[0].Feature != 2 {
		t.Errorf("%+v, %v", remarks, err)
	}
}
