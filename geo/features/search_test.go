package features_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/features"
	"haidang/internal/postgres/pgtest"
)

func TestSearch(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	wells := newWells(t, pool)
	if _, err := pool.Exec(t.Context(), `UPDATE layer_well SET period = '(,)'`); err != nil {
		t.Fatal(err)
	}
	plots := catalogue.Layer{Slug: "plot", Title: haidang.Text{VI: "Thửa", EN: "Plots"}, Owner: "sotnmt", SRID: 959209, Geometry: "Point", MaxZoom: 18, Search: []string{"sheet", "number"},
		Columns: []catalogue.Column{{Name: "sheet", Type: catalogue.Integer, Label: haidang.Text{VI: "Tờ bản đồ", EN: "Map sheet"}},
			{Name: "number", Type: catalogue.Integer, Label: haidang.Text{VI: "Số thửa", EN: "Parcel number"}}}, Rights: catalogue.StaffRights("sotnmt")}
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		if err := catalogue.Create(t.Context(), tx, plots); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), `INSERT INTO layer_plot (sheet, number, geom) SELECT s, n, ST_Point(546000 + 10 * s, 1060000 + 10 * n, 959209) FROM generate_series(1, 20) s, generate_series(1, 20) n`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if plots, err = catalogue.Get(t.Context(), pool, "plot"); err != nil {
		t.Fatal(err)
	}
	for q, want := range map[string]string{
		"giếng": "giếng 100%|Giếng Trần Đề|Giếng Đại Ngãi", "GIENG TRAN": "Giếng Trần Đề", "tran de": "Giếng Trần Đề", "dai n": "Giếng Đại Ngãi", "duong": "Đường 5", "strasse": "STRASSE", "iếng": "",
		"tờ 12 thửa 5": "Tờ bản đồ 12, Số thửa 5", "thua 5, to 12": "Tờ bản đồ 12, Số thửa 5", "sheet 12 parcel 5": "Tờ bản đồ 12, Số thửa 5", "12/5": "Tờ bản đồ 12, Số thửa 5|Tờ bản đồ 5, Số thửa 12",
		"100%": "giếng 100%", "'; DROP TABLE layer; --": "", "&|!:*()": "", "tờ 99999999999999999999": "", "đư": "Đường 5",
	} {
		hits, err := features.Search(t.Context(), pool, []catalogue.Layer{wells, plots}, q, 10)
		if err != nil {
			t.Errorf("%s: %v", q, err)
			continue
		}
		var got []string
		for _, h := range hits {
			got = append(got, h.Title.VI)
		}
		if s := strings.Join(got, "|"); s != want {
			t.Errorf("%s: found %s, want %s", q, s, want)
		}
	}
	checkSearchIndex(t, pool, wells)
}

// checkSearchIndex wants the statement to go by the index: a word that the expression
// differs in would make every search read all of the layer.
func checkSearchIndex(t *testing.T, pool features.Beginner, l catalogue.Layer) {
	t.Helper()
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	if _, err := tx.Exec(t.Context(), `SET LOCAL enable_seqscan = off`); err != nil {
		t.Fatal(err)
	}
	rows, err := tx.Query(t.Context(), fmt.Sprintf(`EXPLAIN SELECT fid FROM layer_well WHERE to_tsvector('simple'::regconfig, %s) @@ to_tsquery('simple', $1)`, l.SearchSQL()), "'a':*")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || !slices.ContainsFunc(plan, func(line string) bool { return strings.Contains(line, "layer_well_search1") }) {
		t.Errorf("the search reads everything: %v, %v", plan, err)
	}
}

func TestFindPlace(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	p, err := features.FindPlace(t.Context(), pool, "X 1061987 Y 553214")
	if err != nil || p == nil {
		t.Fatal(p, err)
	}
	back, err := features.FindPlace(t.Context(), pool, fmt.Sprintf("%.9f, %.9f", p.Lat, p.Lon))
	if err != nil || back == nil {
		t.Fatal(back, err)
	}
	if dx, dy := back.X-1061987, back.Y-553214; dx*dx+dy*dy > 1e-6 {
		t.Errorf("%.4f %.4f came back", back.X, back.Y)
	}
	if p.Title != "X 1061987.00  Y 553214.00 (VN-2000 105°30')" || !strings.HasPrefix(p.Detail, "9.6") {
		t.Errorf("%+v", p)
	}
	if p, err := features.FindPlace(t.Context(), pool, "kênh"); p != nil || err != nil {
		t.Error(p, err)
	}
}
