package imports

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo/catalogue"
)

// run takes a file through all stages up to the check, and to the end when apply.
func run(t testing.TB, im *Importer, file string, o Options, apply bool) (Import, error) {
	t.Helper()
	i, err := im.Take(t.Context(), "tester", file, file)
	if err != nil {
		return i, err
	}
	if err := im.Examine(t.Context(), i.ID, quiet); err != nil {
		return i, err
	}
	if err := im.Decide(t.Context(), i.ID, o); err != nil {
		return i, err
	}
	if err := im.Check(t.Context(), i.ID, quiet); err != nil {
		return i, err
	}
	if apply {
		if err := im.Apply(t.Context(), i.ID, quiet); err != nil {
			return i, err
		}
	}
	return im.Get(t.Context(), i.ID)
}

// plotOptions make a layer of the plots.
func plotOptions() Options {
	return Options{Layer: "plot", Key: []string{"sheet", "number"}, New: &NewLayer{Title: haidang.Text{VI: "Thửa", EN: "Plots"}, Owner: "sotnmt"}}
}

// again are the options for the layer once it is there.
func again() Options { return Options{Layer: "plot"} }

func agency(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), `INSERT INTO agency VALUES ('sotnmt', 'Sở', 'Department') ON CONFLICT DO NOTHING`); err != nil {
		t.Fatal(err)
	}
}

func one[T any](t testing.TB, pool *pgxpool.Pool, sql string, args ...any) T {
	t.Helper()
	rows, err := pool.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	v, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[T])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func TestImportTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	im, pool := house(t, Limits{})
	agency(t, pool)
	file := convert(t, plots(200, nil), "plots.gpkg")
	i, err := run(t, im, file, plotOptions(), true)
	if err != nil {
		t.Fatal(err)
	}
	if r := i.Report; i.State != Applied || r.Added != 200 || !r.Fresh || r.Refused != 0 || len(r.Extent) != 4 {
		t.Errorf("first: %+v", i)
	}
	if n := one[int](t, pool, `SELECT count(*)::int FROM pg_indexes WHERE tablename = 'layer_plot' AND indexdef LIKE '%gist (geom%'`); n != 2 {
		t.Errorf("the new layer has %d indexes on its shapes", n)
	}
	if got := one[string](t, pool, `SELECT owner || ST_AsText(geom) FROM layer_plot WHERE sheet = 0 AND number = 1`); got != "Nguyễn Văn ẤuMULTIPOLYGON(((550040 1060000,550080 1060000,550080 1060040,550040 1060040,550040 1060000)))" {
		t.Errorf("got %s", got)
	}
	before := one[int64](t, pool, `SELECT version FROM layer WHERE slug = 'plot'`)
	i, err = run(t, im, file, again(), true)
	if err != nil {
		t.Fatal(err)
	}
	if r := i.Report; r.Same != 200 || r.Added+r.Changed+r.Gone != 0 {
		t.Errorf("second: %+v", r)
	}
	if after := one[int64](t, pool, `SELECT version FROM layer WHERE slug = 'plot'`); after != before {
		t.Errorf("version went from %d to %d without a change", before, after)
	}
	if n := one[int](t, pool, `SELECT count(*) FROM layer_provenance WHERE layer = 'plot' AND length(sha256) = 32`); n != 2 {
		t.Errorf("%d rows say where it came from, want 2", n)
	}
	if n := one[int](t, pool, `SELECT count(*) FROM pg_class WHERE relname ~ '^import_'`); n != 0 {
		t.Errorf("%d tables are left", n)
	}
}

func TestDifference(t *testing.T) {
	t.Parallel()
	im, pool := house(t, Limits{})
	agency(t, pool)
	if _, err := run(t, im, writeFile(t, "a.geojson", plots(100, nil)), plotOptions(), true); err != nil {
		t.Fatal(err)
	}
	changed := plots(105, func(i int, props map[string]any, ring [][2]float64) [][2]float64 {
		switch i {
		case 0:
			props["number"] = 1000 // gone and added
		case 1:
			props["land_use"] = "ONT"
		case 2:
			ring[1][0] += 0.001
		}
		return ring
	})
	i, err := run(t, im, writeFile(t, "b.geojson", changed), again(), false)
	if err != nil {
		t.Fatal(err)
	}
	r := i.Report
	if r.Added != 6 || r.Changed != 2 || r.Gone != 1 || r.Same != 97 || !maps.Equal(r.Columns, map[string]int{"land_use": 1, "geom": 1}) {
		t.Errorf("difference %+v", r)
	}
	if err := im.Apply(t.Context(), i.ID, quiet); err != nil {
		t.Fatal(err)
	}
	if n := one[int](t, pool, `SELECT count(*) FROM layer_plot`); n != 106 {
		t.Errorf("%d rows; what is gone from the file must stay unless asked", n)
	}
	o := again()
	o.DeleteGone = true
	if _, err := run(t, im, writeFile(t, "b.geojson", changed), o, true); err != nil {
		t.Fatal(err)
	}
	if n := one[int](t, pool, `SELECT count(*) FROM layer_plot`); n != 105 {
		t.Errorf("%d rows after what is gone was to be deleted", n)
	}
}

// between is the house between the check of a second file, of twelve plots, and its end.
// The layer has the ten of the first.
func between(t *testing.T, o Options) (*Importer, *pgxpool.Pool, Import) {
	t.Helper()
	im, pool := house(t, Limits{})
	agency(t, pool)
	if _, err := run(t, im, writeFile(t, "a.geojson", plots(10, nil)), plotOptions(), true); err != nil {
		t.Fatal(err)
	}
	i, err := run(t, im, writeFile(t, "b.geojson", plots(12, nil)), o, false)
	if err != nil {
		t.Fatal(err)
	}
	return im, pool, i
}

// notApplied wants the import refused, because what was checked is no more.
func notApplied(t *testing.T, im *Importer, i Import) {
	t.Helper()
	if err := im.Apply(t.Context(), i.ID, quiet); haidang.CodeOf(err) != haidang.ErrConflict {
		t.Errorf("got %v", err)
	}
}

// Somebody writes to the layer between the check and the end.
func TestStaleDifference(t *testing.T) {
	t.Parallel()
	im, pool, i := between(t, again())
	if _, err := pool.Exec(t.Context(), `UPDATE layer_plot SET owner = 'x' WHERE number = 3`); err != nil {
		t.Fatal(err)
	}
	notApplied(t, im, i)
	if n := one[int](t, pool, `SELECT count(*) FROM layer_plot`); n != 10 {
		t.Errorf("%d rows", n)
	}
	if err := im.Check(t.Context(), i.ID, quiet); err != nil {
		t.Fatal(err)
	}
	if err := im.Apply(t.Context(), i.ID, quiet); err != nil {
		t.Error(err)
	}
}

// A crash of the database empties the stage; nothing may be taken for gone.
func TestEmptyStage(t *testing.T) {
	t.Parallel()
	o := again()
	o.DeleteGone = true
	im, pool, i := between(t, o)
	if _, err := pool.Exec(t.Context(), `TRUNCATE `+stageTable(i.ID)+`, `+changeTable(i.ID)); err != nil {
		t.Fatal(err)
	}
	notApplied(t, im, i)
}

func TestRefusedFeatures(t *testing.T) {
	t.Parallel()
	im, pool := house(t, Limits{})
	agency(t, pool)
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		err := catalogue.WriteCodeList(t.Context(), tx, catalogue.CodeList{Slug: "use", Version: 1, Title: haidang.Text{VI: "Loại", EN: "Use"}, Source: "x",
			Codes: []catalogue.Code{{Code: "LUC", Label: haidang.Text{VI: "Đất chuyên lúa", EN: "Rice"}}, {Code: "ONT", Label: haidang.Text{VI: "Đất ở", EN: "Homes"}}}})
		if err != nil {
			return err
		}
		return catalogue.Create(t.Context(), tx, catalogue.Layer{Slug: "plot", Title: haidang.Text{VI: "Thửa", EN: "Plots"}, Owner: "sotnmt", SRID: 959209, Geometry: "Polygon", Kind: catalogue.Vector,
			MaxZoom: 16, Key: []string{"sheet", "number"}, Rights: catalogue.StaffRights("sotnmt"), Columns: []catalogue.Column{
				{Name: "sheet", Type: catalogue.Integer, Required: true}, {Name: "number", Type: catalogue.Integer, Required: true},
				{Name: "land_use", Type: catalogue.CodeType, CodeList: "use"}, {Name: "owner", Type: catalogue.Text}}})
	})
	if err != nil {
		t.Fatal(err)
	}
	text := plots(20, func(i int, props map[string]any, ring [][2]float64) [][2]float64 {
		switch i {
		case 1:
			props["land_use"] = "XYZ"
		case 2:
			props["number"] = nil
		case 3:
			return nil
		case 4:
			props["number"] = 5 // as the next
		case 6:
			ring[1], ring[2] = ring[2], ring[1] // crosses itself: two triangles
		case 7:
			props["land_use"] = "đất ở"
		case 8:
			return [][2]float64{{50, 50}, {60, 50}, {60, 60}, {50, 50}}
		case 9:
			props["land_use"] = "ONT+LUC"
		case 10:
			ring = slices.Insert(ring, 2, ring[1], [2]float64{ring[1][0] + 5, ring[1][1]}, ring[1]) // a spike
			return ring
		}
		return ring
	})
	i, err := run(t, im, writeFile(t, "a.geojson", text), again(), false)
	if err != nil {
		t.Fatal(err)
	}
	if r := i.Report; r.Read != 20 || r.Refused != 7 || r.Mended != 1 || r.Fine != 13 {
		t.Errorf("report %+v", r)
	}
	all, err := im.Remarks(t.Context(), i.ID, "", 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	said := map[int64]string{}
	for _, r := range all {
		said[r.Feature] += r.Kind + " " + r.Field + " " + r.Text.EN
	}
	for feature, want := range map[int64]string{2: "refused land_use The code", 3: "refused number", 4: "refused  There is no geometry", 5: "The key is there 2 times", 6: "first in feature 5",
		7: "refused  The geometry is invalid (Self-intersection", 9: "outside of Vietnam", 11: "mended  The geometry is invalid"} {
		if !strings.Contains(said[feature], want) {
			t.Errorf("feature %d: %q, want %q", feature, said[feature], want)
		}
	}
	if err := im.Apply(t.Context(), i.ID, quiet); err == nil || !strings.Contains(err.Error(), "7 of 20") {
		t.Errorf("all or nothing: %v", err)
	}
	if n := one[int](t, pool, `SELECT count(*) FROM layer_plot`); n != 0 {
		t.Errorf("%d rows", n)
	}
	o := again()
	o.SkipRefused = true
	if _, err := run(t, im, writeFile(t, "a.geojson", text), o, true); err != nil {
		t.Fatal(err)
	}
	if got := one[string](t, pool, `SELECT string_agg(land_use, ',' ORDER BY number) FROM layer_plot WHERE number IN (7, 9)`); got != "ONT,ONT+LUC" {
		t.Errorf("codes %s", got)
	}
}

// Overviews and the catalogue raise the layer's version, but change no feature.
func TestVersionWithoutChange(t *testing.T) {
	t.Parallel()
	im, pool, i := between(t, again())
	if _, err := pool.Exec(t.Context(), `INSERT INTO layer_change (layer, rows, geom, from_zoom, to_zoom) VALUES ('plot', 0, ST_SetSRID(ST_MakePoint(0, 0), 3857), 9, 9)`); err != nil {
		t.Fatal(err)
	}
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error { return catalogue.Changed(t.Context(), tx, "plot") })
	if err != nil {
		t.Fatal(err)
	}
	if v := one[int64](t, pool, `SELECT version FROM layer WHERE slug = 'plot'`); v != i.LayerVersion+2 {
		t.Fatalf("version is %d, was %d", v, i.LayerVersion)
	}
	if err := im.Apply(t.Context(), i.ID, quiet); err != nil {
		t.Error(err)
	}
}

// What was changed stays known when its row in the outbox is tidied away.
func TestStaleAfterTidying(t *testing.T) {
	t.Parallel()
	im, pool, i := between(t, again())
	for _, sql := range []string{`UPDATE layer_plot SET owner = 'x' WHERE number = 3`, `DELETE FROM layer_change WHERE layer = 'plot'`} {
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	notApplied(t, im, i)
}

// Nobody but its owner sees a layer that was just made of a file, unless that is chosen.
func TestNewLayerIsTheOwners(t *testing.T) {
	t.Parallel()
	im, pool := house(t, Limits{})
	agency(t, pool)
	file := writeFile(t, "a.geojson", plots(3, nil))
	for slug, c := range map[haidang.LayerSlug]struct{ visible, see string }{"one": {"", "agency:sotnmt"}, "two": {ForOwner, "agency:sotnmt"}, "three": {ForStaff, "staff"}} {
		o := plotOptions()
		o.Layer, o.New.VisibleTo = slug, c.visible
		if _, err := run(t, im, file, o, true); err != nil {
			t.Fatal(err)
		}
		if got := one[string](t, pool, `SELECT string_agg(grantee, ' ') FROM layer_right WHERE layer = $1 AND verb = 'see'`, slug); got != c.see {
			t.Errorf("%s is seen by %s, want %s", slug, got, c.see)
		}
	}
	p := plan{settled: settled{Options: plotOptions()}}
	p.New.Template, p.Key = "land_use_plan", nil
	if l, err := p.newLayer(); err != nil || slices.ContainsFunc(l.Rights, func(r catalogue.Right) bool { return r.Grantee == catalogue.Staff }) {
		t.Errorf("of a template: %+v, %v", l.Rights, err)
	}
	o := plotOptions()
	o.New.VisibleTo = "public"
	if _, err := run(t, im, file, o, false); haidang.CodeOf(err) != haidang.ErrInvalid {
		t.Errorf("public: %v", err)
	}
}
