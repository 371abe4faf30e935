package changesets_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkb"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/changesets"
	"haidang/internal/postgres/pgtest"
)

// house is a database with a layer of plots in VN-2000 TM-3 105°30', and people.
type house struct {
	testing.TB
	pool   *pgxpool.Pool
	editor *changesets.Editor
	layer  catalogue.Layer
}

// Editors lan and mai, reviewer binh and hoa, all of the agency; stranger of none.
func newHouse(t testing.TB, review catalogue.Review) *house {
	t.Helper()
	h := &house{TB: t, pool: pgtest.New(t)}
	h.exec(`INSERT INTO agency VALUES ('sotnmt', 'Sở', 'Department')`)
	for _, p := range [][2]string{{"lan", "editor"}, {"mai", "editor"}, {"binh", "reviewer"}, {"hoa", "reviewer"}, {"stranger", ""}, {"admin", "admin"}} {
		h.exec(`INSERT INTO account (name, full_name, password_hash) VALUES ($1, initcap($1), '')`, p[0])
		if p[1] != "" {
			h.exec(`INSERT INTO account_grant (account, role, agency) VALUES ($1, $2, 'sotnmt')`, p[0], p[1])
		}
	}
	l := catalogue.Layer{Slug: "plot", Title: haidang.Text{VI: "Thửa", EN: "Plots"}, Owner: "sotnmt", SRID: 959209, Geometry: "MultiPolygon", MaxZoom: 18, Review: review,
		Columns: []catalogue.Column{{Name: "code", Type: catalogue.Text, Required: true}, {Name: "area", Type: catalogue.Number}, {Name: "owner", Type: catalogue.Text}, {Name: "since", Type: catalogue.Date}},
		Rights:  catalogue.StaffRights("sotnmt")}
	if err := pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error { return catalogue.Create(t.Context(), tx, l) }); err != nil {
		t.Fatal(err)
	}
	h.reload()
	var err error
	if h.editor, err = changesets.Open(t.Context(), h.pool); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.editor.Close)
	return h
}

func (h *house) reload() {
	h.Helper()
	l, err := catalogue.Get(h.Context(), h.pool, "plot")
	if err != nil {
		h.Fatal(err)
	}
	h.layer = l
}

func (h *house) exec(sql string, args ...any) {
	h.Helper()
	if _, err := h.pool.Exec(h.Context(), sql, args...); err != nil {
		h.Fatal(err)
	}
}

// scan reads one row.
func (h *house) scan(sql string, into ...any) {
	h.Helper()
	if err := h.pool.QueryRow(h.Context(), sql).Scan(into...); err != nil {
		h.Fatal(sql, err)
	}
}

func square(east, north, side float64) orb.MultiPolygon {
	return orb.MultiPolygon{{{{east, north}, {east + side, north}, {east + side, north + side}, {east, north + side}, {east, north}}}}
}

// begin opens a draft with these edits.
func (h *house) begin(who haidang.AccountName, edits ...changesets.Edit) (id int64, fids []int64) {
	h.Helper()
	id, err := h.editor.Begin(h.Context(), who, h.layer, "thử", changesets.Page)
	if err != nil {
		h.Fatal(err)
	}
	if fids, err = h.editor.Put(h.Context(), who, h.layer, id, 0, edits); err != nil {
		h.Fatal(err)
	}
	return id, fids
}

// do applies edits at once, on a layer without review.
func (h *house) do(who haidang.AccountName, edits ...changesets.Edit) (id int64, fids []int64) {
	h.Helper()
	id, fids = h.begin(who, edits...)
	state, err := h.editor.Submit(h.Context(), who, h.layer, id, 0, "")
	if err != nil || state != changesets.Applied {
		h.Fatal(state, err)
	}
	return id, fids
}

func insert(code string) changesets.Edit {
	return changesets.Edit{Op: changesets.Insert, Properties: map[string]any{"code": code}, Geometry: square(546000, 1060000, 10)}
}

func update(fid, base int64, properties map[string]any) changesets.Edit {
	return changesets.Edit{Op: changesets.Update, FID: fid, BaseVersion: base, Properties: properties}
}

// wants fails unless err is of that code.
func (h *house) wants(err error, code haidang.ErrorCode) {
	h.Helper()
	if haidang.CodeOf(err) != code {
		h.Errorf("got %v, want %s", err, code)
	}
}

// unit makes an administrative unit of that ground.
func (h *house) unit(code string, ground orb.MultiPolygon) {
	h.Helper()
	b, err := wkb.Marshal(ground)
	if err != nil {
		h.Fatal(err)
	}
	h.exec(`WITH u AS (INSERT INTO administrative_unit (code, level, name_vi, source, geom) VALUES ($1, 3, $1, 'thử', ST_Transform(ST_GeomFromWKB($2, 959209), 4326)) RETURNING id)
		INSERT INTO unit_validity (unit_id, period, recorded_by, reason) SELECT id, '[2020-01-01,)', 'thử', 'thử' FROM u`, code, b)
}
