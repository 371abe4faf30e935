package catalogue_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/internal/auth"
	"haidang/internal/postgres/pgtest"
)

const owner = "sotnmt"

func newDatabase(t testing.TB) *pgxpool.Pool {
	t.Helper()
	pool := pgtest.New(t)
	if _, err := pool.Exec(t.Context(), `INSERT INTO agency VALUES ($1, 'Sở', 'Department')`, owner); err != nil {
		t.Fatal(err)
	}
	return pool
}

func wells() catalogue.Layer {
	return catalogue.Layer{Slug: "well", Kind: catalogue.Vector, Title: haidang.Text{VI: "Giếng", EN: "Wells"}, Owner: owner, SRID: 959209, Geometry: "Point", MaxZoom: 18,
		Columns: []catalogue.Column{
			{Name: "code", Type: catalogue.Text, Required: true, FromZoom: catalogue.From(12)},
			{Name: "depth", Type: catalogue.Number, Unit: "m"}, {Name: "dug", Type: catalogue.Date},
			{Name: "kind", Type: catalogue.CodeType, CodeList: "well_kind"}},
		Key: []string{"code"}, Class: "kind", Search: []string{"code"}, Rights: catalogue.StaffRights(owner), Review: catalogue.ReviewNone,
		Bands: []int16{}, Style: catalogue.Style{Point: "#336699"},
		Topology: catalogue.Topology{catalogue.Outside: {Severity: catalogue.Warn, Tolerance: 2.5}}}
}

func inTx(t testing.TB, pool *pgxpool.Pool, do func(pgx.Tx) error) error {
	t.Helper()
	return pgx.BeginFunc(t.Context(), pool, do)
}

func create(t testing.TB, pool *pgxpool.Pool, l catalogue.Layer) catalogue.Layer {
	t.Helper()
	if err := inTx(t, pool, func(tx pgx.Tx) error { return catalogue.Create(t.Context(), tx, l) }); err != nil {
		t.Fatal(err)
	}
	l, err := catalogue.Get(t.Context(), pool, l.Slug)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestCreatedLayerReadsBack(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	got, want := create(t, pool, wells()), wells()
	want.Table, want.Version, want.BaseVersion, want.ChangedAt, want.HistoryFrom = "layer_well", got.Version, got.BaseVersion, got.ChangedAt, got.HistoryFrom
	slices.SortFunc(want.Rights, func(a, b catalogue.Right) int { return cmpStrings(string(a.Verb), string(b.Verb)) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	err := inTx(t, pool, func(tx pgx.Tx) error { return catalogue.Create(t.Context(), tx, wells()) })
	if haidang.CodeOf(err) != haidang.ErrConflict {
		t.Errorf("made twice: %v", err)
	}
}

func cmpStrings(a, b string) int {
	if a < b {
		return -1
	}
	return 1
}

func TestValidateNamesTheField(t *testing.T) {
	t.Parallel()
	for field, spoil := range map[string]func(*catalogue.Layer){
		"slug":     func(l *catalogue.Layer) { l.Slug = "Giếng; DROP TABLE layer" },
		"title":    func(l *catalogue.Layer) { l.Title.EN = "" },
		"geometry": func(l *catalogue.Layer) { l.Geometry = "Circle" },
		"minZoom":  func(l *catalogue.Layer) { l.MinZoom = 20 },
		"columns.geom": func(l *catalogue.Layer) {
			l.Columns = append(l.Columns, catalogue.Column{Name: "geom", Type: catalogue.Text})
		},
		"columns.depth": func(l *catalogue.Layer) { l.Columns = append(l.Columns, l.Columns[1]) },
		"columns.a\"b":  func(l *catalogue.Layer) { l.Columns[0].Name = `a"b` },
		"class":         func(l *catalogue.Layer) { l.Class = "colour" },
		"style.fill":    func(l *catalogue.Layer) { l.Style.Fill = "red" },
		"rights":        func(l *catalogue.Layer) { l.Rights = []catalogue.Right{{Verb: catalogue.Edit, Grantee: "public"}} },
	} {
		l := wells()
		l.Table = "layer_well"
		spoil(&l)
		err := l.Validate()
		if e, ok := err.(*haidang.Error); !ok || e.Field != field {
			t.Errorf("%s: got %v", field, err)
		}
	}
}

func person(grants ...auth.Grant) *auth.Principal {
	return &auth.Principal{Account: "lan", Grants: grants}
}

// A right that is given twice would lose one of its bounds.
func TestDoubledRight(t *testing.T) {
	t.Parallel()
	l := wells()
	l.Table, l.Rights = "layer_well", []catalogue.Right{{Verb: catalogue.Edit, Grantee: "staff", Columns: []string{"geometry"}}, {Verb: catalogue.Edit, Grantee: "staff", Units: []string{"31498"}}}
	if e, ok := l.Validate().(*haidang.Error); !ok || e.Field != "rights" {
		t.Error(l.Validate())
	}
	if l.Rights[1].Verb = catalogue.Approve; l.Validate() != nil {
		t.Error(l.Validate())
	}
}

func TestRights(t *testing.T) {
	t.Parallel()
	closed := catalogue.Layer{Slug: "x", Rights: []catalogue.Right{{Verb: catalogue.See, Grantee: "agency:" + owner}, {Verb: catalogue.Edit, Grantee: "agency:" + owner}, {Verb: catalogue.Export, Grantee: "account:lan"}}}
	editor, elsewhere := person(auth.Grant{Role: auth.RoleEditor, Agency: owner}), person(auth.Grant{Role: auth.RoleEditor, Agency: "soyte"})
	for _, c := range []struct {
		name string
		who  *auth.Principal
		verb catalogue.Verb
		code haidang.ErrorCode
	}{
		{"the public does not learn that it is there", nil, catalogue.See, haidang.ErrNotFound},
		{"another agency's account granted export by name sees it", elsewhere, catalogue.See, ""},
		{"and exports it", elsewhere, catalogue.Export, ""},
		{"but does not edit it", elsewhere, catalogue.Edit, haidang.ErrForbidden},
		{"the agency's editor edits", editor, catalogue.Edit, ""},
		{"and does not approve", editor, catalogue.Approve, haidang.ErrForbidden},
		{"its viewer does not edit", person(auth.Grant{Role: auth.RoleViewer, Agency: owner}), catalogue.Edit, haidang.ErrForbidden},
		{"an administrator does everything", person(auth.Grant{Role: auth.RoleAdmin}), catalogue.Approve, ""},
	} {
		err := closed.Require(c.who, c.verb)
		if got := haidang.CodeOf(err); err == nil && c.code != "" || err != nil && got != c.code {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if closed.Open() || !(catalogue.Layer{Rights: catalogue.OpenRights(owner)}).Open() {
		t.Error("open to the wrong ones")
	}
}

func TestCodeListVersions(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	day := func(y int) time.Time { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC) }
	list := catalogue.CodeList{Slug: "well_kind", Title: haidang.Text{VI: "Loại giếng", EN: "Kinds of wells"}, Version: 1, ValidFrom: day(2020), Source: "Sở", RecordedBy: "test",
		Codes: []catalogue.Code{{Code: "K", Label: haidang.Text{VI: "Khoan", EN: "Drilled"}, Colour: "#0088ff"}, {Code: "D", Label: haidang.Text{VI: "Đào", EN: "Dug"}}}}
	newer := list
	newer.Version, newer.ValidFrom, newer.Codes = 2, day(2030), list.Codes[:1]
	for _, l := range []catalogue.CodeList{list, newer, list} { // the third is there already
		if err := inTx(t, pool, func(tx pgx.Tx) error { return catalogue.WriteCodeList(t.Context(), tx, l) }); err != nil {
			t.Fatal(err)
		}
	}
	for year, want := range map[int]struct{ codes, withdrawn int }{2019: {}, 2026: {2, 0}, 2031: {1, 1}} {
		lists, err := catalogue.CodeLists(t.Context(), pool, day(year))
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ codes, withdrawn int }
		for _, l := range lists {
			got.codes, got.withdrawn = got.codes+len(l.Codes), got.withdrawn+len(l.Withdrawn)
			if dug, ok := l.FindWithdrawn("D"); ok && dug.Label.VI != "Đào" {
				t.Errorf("%d: the withdrawn code is called %q", year, dug.Label.VI)
			}
		}
		if got != want {
			t.Errorf("%d: %+v, want %+v", year, got, want)
		}
	}
	if _, err := pool.Exec(t.Context(), `UPDATE code_list_item SET label_vi = 'khác'`); err == nil {
		t.Error("a published code can be changed")
	}
}

// Who removes or empties a layer does not queue everybody behind a long reader.
func TestDropWaitsForNobodyLong(t *testing.T) {
	t.Parallel()
	pool := newDatabase(t)
	l := create(t, pool, wells())
	reader, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reader.Exec(t.Context(), `SELECT count(*) FROM `+l.Table); err != nil {
		t.Fatal(err)
	}
	drop := func(tx pgx.Tx) error { return catalogue.Drop(t.Context(), tx, l.Slug) }
	if err := inTx(t, pool, drop); haidang.CodeOf(err) != haidang.ErrUnavailable {
		t.Errorf("got %v", err)
	}
	if err := reader.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := inTx(t, pool, drop); err != nil {
		t.Error(err)
	}
}
