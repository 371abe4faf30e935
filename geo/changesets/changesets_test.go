package changesets_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/changesets"
)

// What one edits and another approves is on the map then, and the history says by whom.
func TestMorning(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewApprove)
	id, fids := h.begin("lan", insert("12/105"))
	if state, err := h.editor.Submit(t.Context(), "lan", h.layer, id, 0, "theo hồ sơ 12"); err != nil || state != changesets.Submitted {
		t.Fatal(state, err)
	}
	_, err := h.editor.Decide(t.Context(), "lan", h.layer, id, 0, changesets.Approve, "")
	h.wants(err, haidang.ErrForbidden)
	c, err := h.editor.Get(t.Context(), id)
	if err != nil || c.Counts.Insert != 1 || c.AuthorName != "Lan" {
		t.Fatal(c, err)
	}
	if state, err := h.editor.Decide(t.Context(), "binh", h.layer, id, c.Version, changesets.Approve, ""); err != nil || state != changesets.Applied {
		t.Fatal(state, err)
	}
	_, err = h.editor.Decide(t.Context(), "hoa", h.layer, id, c.Version, changesets.Approve, "")
	h.wants(err, haidang.ErrStale)
	_, err = h.editor.Decide(t.Context(), "hoa", h.layer, id, 0, changesets.Approve, "")
	h.wants(err, haidang.ErrConflict)
	var code string
	var by int64
	h.scan(`SELECT code, _changeset FROM layer_plot`, &code, &by)
	if code != "12/105" || by != id {
		t.Error(code, by, fids)
	}
	notes, err := h.editor.Notes(t.Context(), id)
	kinds := ""
	for _, n := range notes {
		kinds += n.Kind + " " + string(n.By) + ";"
	}
	if kinds != "submitted lan;approved binh;applied binh;" {
		t.Error(kinds, err)
	}
}

// Two people on one feature: what differs is merged, what clashes waits for the second.
func TestTwoOnOneFeature(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewNone)
	_, fids := h.do("lan", insert("a"))
	f := fids[0]
	mine, _ := h.begin("mai", update(f, 1, map[string]any{"area": 7.0}))
	h.do("lan", update(f, 1, map[string]any{"owner": "Sáu"}))
	if _, err := h.editor.Submit(t.Context(), "mai", h.layer, mine, 0, ""); err != nil {
		t.Fatal("other attributes merge: ", err)
	}
	var owner string
	var area float64
	h.scan(`SELECT owner, area FROM layer_plot`, &owner, &area)
	if owner != "Sáu" || area != 7 {
		t.Error(owner, area)
	}

	mine, _ = h.begin("mai", update(f, 3, map[string]any{"owner": "Bảy", "area": 8.0}))
	h.do("lan", update(f, 3, map[string]any{"owner": "Tám"}))
	_, err := h.editor.Submit(t.Context(), "mai", h.layer, mine, 0, "")
	h.wants(err, haidang.ErrConflict)
	c, err := h.editor.Get(t.Context(), mine)
	if err != nil || c.State != changesets.Draft {
		t.Fatal(c, err)
	}
	edits, err := h.editor.Edits(t.Context(), c, 0, 10, 959209)
	if err != nil || len(edits) != 1 || len(edits[0].Conflicts) != 1 {
		t.Fatal(edits, err)
	}
	k := edits[0].Conflicts[0]
	if k.Field != "owner" || string(k.Base) != `"Sáu"` || string(k.Theirs) != `"Tám"` || string(k.Mine) != `"Bảy"` {
		t.Errorf("%+v", k)
	}
	h.wants(h.editor.Resolve(t.Context(), "mai", h.layer, mine, 0, f, 4, map[string]string{}), haidang.ErrInvalid)
	h.wants(h.editor.Resolve(t.Context(), "mai", h.layer, mine, 0, f, 3, map[string]string{"owner": "mine"}), haidang.ErrStale) // looked at another version
	if err := h.editor.Resolve(t.Context(), "mai", h.layer, mine, 0, f, 4, map[string]string{"owner": "mine"}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.editor.Submit(t.Context(), "mai", h.layer, mine, 0, ""); err != nil {
		t.Fatal(err)
	}
	h.scan(`SELECT owner, area FROM layer_plot`, &owner, &area)
	if owner != "Bảy" || area != 8 {
		t.Error(owner, area)
	}
}

// A changeset is undone whole, and what others did since stays.
func TestRevert(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewNone)
	_, fids := h.do("lan", insert("a"), insert("b"), insert("c"))
	a, b, c := fids[0], fids[1], fids[2]
	shape := update(b, 1, map[string]any{"area": 5.5})
	shape.Geometry = square(546100, 1060000, 10)
	id, news := h.do("lan", changesets.Edit{Op: changesets.Delete, FID: a}, shape, insert("d"))
	h.do("mai", update(b, 2, map[string]any{"owner": "Năm"}))
	inverse, err := h.editor.Revert(t.Context(), "lan", h.layer, id, 0, "nhầm")
	if err != nil {
		t.Fatal(err)
	}
	var state string
	h.scan(`SELECT string_agg(concat_ws(' ', fid, code, area, owner, ST_XMin(geom), row_version), ';' ORDER BY fid) FROM layer_plot`, &state)
	want := fmt.Sprintf("%d a 546000 2;%d b Năm 546000 4;%d c 546000 1", a, b, c)
	if state != want {
		t.Errorf("got  %s\nwant %s (inverse %d, new %v)", state, want, inverse, news)
	}
	if was, err := h.editor.Get(t.Context(), id); err != nil || was.State != changesets.Reverted || *was.RevertedBy != inverse {
		t.Error(was, err)
	}
	// What somebody changed since in the same place is not overwritten.
	id, _ = h.do("lan", update(b, 4, map[string]any{"owner": "Ba"}))
	h.do("mai", update(b, 5, map[string]any{"owner": "Tư"}))
	_, err = h.editor.Revert(t.Context(), "lan", h.layer, id, 0, "nhầm")
	h.wants(err, haidang.ErrConflict)
}

// The role that edits owns nothing, and may change nothing but by the functions.
func TestServingRoleMayNothingElse(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewNone)
	id, _ := h.do("lan", insert("a"))
	conn := h.asEditor()
	for _, sql := range []string{`UPDATE layer_plot SET code = 'x'`, `DELETE FROM layer_plot`, `SELECT * FROM layer_plot`, `TRUNCATE history_layer_plot`, `INSERT INTO history_layer_plot (fid) VALUES (1)`,
		`UPDATE changeset SET state = 'draft'`, `DELETE FROM changeset_note`, `SELECT * FROM account`, `SELECT write_edits(NULL, NULL)`, `ALTER TABLE layer_plot DISABLE TRIGGER ALL`,
		`UPDATE audit_log SET actor = 'x'`, `DELETE FROM layer_right`, `SET ROLE haidang`} {
		if _, err := conn.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s: allowed", sql)
		}
	}
	var owned int
	h.scan(`SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner JOIN editor_role e ON e.role = r.rolname`, &owned)
	if owned != 0 {
		t.Errorf("the role owns %d relations", owned)
	}
	if _, err := h.pool.Exec(t.Context(), `UPDATE changeset_edit SET attributes = '{"code": "x"}' WHERE changeset = $1`, id); err == nil {
		t.Error("an applied edit was changed")
	}
	if _, err := h.pool.Exec(t.Context(), `UPDATE history_layer_plot SET code = 'x'`); err == nil {
		t.Error("history was changed")
	}
}

func (h *house) asEditor() *pgx.Conn {
	h.Helper()
	config := h.pool.Config().ConnConfig.Copy()
	h.scan(`SELECT role, password FROM editor_role`, &config.User, &config.Password)
	conn, err := pgx.ConnectConfig(h.Context(), config)
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { _ = conn.Close(context.WithoutCancel(h.Context())) })
	return conn
}

// Rights are decided on the ground before and after, and by column.
func TestRights(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewNone)
	h.unit("31498", square(546000, 1060000, 500))
	h.unit("31501", square(546500, 1060000, 500))
	_, fids := h.do("lan", insert("a"))
	f := fids[0]
	_, err := h.editor.Begin(t.Context(), "stranger", h.layer, "x", changesets.Page)
	h.wants(err, haidang.ErrForbidden)

	h.exec(`UPDATE account_grant SET unit = '31498' WHERE account = 'mai'`)
	h.do("mai", update(f, 1, map[string]any{"area": 1.0}))
	away := update(f, 2, nil)
	away.Geometry = square(546600, 1060000, 10)
	id, _ := h.begin("mai", away)
	_, err = h.editor.Submit(t.Context(), "mai", h.layer, id, 0, "")
	h.wants(err, haidang.ErrForbidden)
	h.do("lan", away)
	id, _ = h.begin("mai", update(f, 3, map[string]any{"area": 2.0})) // not hers any more
	_, err = h.editor.Submit(t.Context(), "mai", h.layer, id, 0, "")
	h.wants(err, haidang.ErrForbidden)

	h.exec(`UPDATE layer_right SET columns = '{area}' WHERE verb = 'edit'`)
	h.do("lan", update(f, 3, map[string]any{"area": 3.0}))
	for _, e := range []changesets.Edit{update(f, 4, map[string]any{"area": 4.0, "owner": "x"}), {Op: changesets.Delete, FID: f}, insert("b"), {Op: changesets.Update, FID: f, Geometry: square(546010, 1060010, 1)}} {
		id, _ = h.begin("lan", e)
		_, err = h.editor.Submit(t.Context(), "lan", h.layer, id, 0, "")
		h.wants(err, haidang.ErrForbidden)
	}
}

// What may be there once only is refused by the column's name and the value.
func TestDoubleIsNamed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewNone)
	h.exec(`CREATE UNIQUE INDEX ON layer_plot (code)`)
	h.do("lan", insert("12/105"))
	id, _ := h.begin("mai", insert("12/105"))
	_, err := h.editor.Submit(t.Context(), "mai", h.layer, id, 0, "")
	h.wants(err, haidang.ErrConflict)
	if e, ok := errors.AsType[*haidang.Error](err); !ok || e.Field != "code" || !strings.Contains(e.Text.VI, "12/105") || strings.Contains(e.Text.VI, "Key") {
		t.Error(err)
	}
}

// What may not be there twice may change places within a changeset, and back, as the
// numbers of parcels may.
func TestNumbersChangePlaces(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewNone)
	h.exec(`ALTER TABLE layer_plot ADD UNIQUE (code, owner) DEFERRABLE`)
	numbered := func(code string) changesets.Edit {
		e := insert(code)
		e.Properties["owner"] = "Sáu"
		return e
	}
	_, fids := h.do("lan", numbered("a"), numbered("b"))
	moved := update(fids[0], 1, map[string]any{"code": "b"})
	moved.Geometry = square(546100, 1060000, 10)
	id, _ := h.do("lan", moved, update(fids[1], 1, map[string]any{"code": "a"}))
	if _, err := h.editor.Revert(t.Context(), "lan", h.layer, id, 0, "nhầm"); err != nil {
		t.Error(err)
	}
	twice, _ := h.begin("lan", update(fids[0], 3, map[string]any{"code": "c"}), numbered("c"))
	_, err := h.editor.Submit(t.Context(), "lan", h.layer, twice, 0, "")
	h.wants(err, haidang.ErrConflict)
	if !strings.Contains(err.Error(), "code, owner is c, Sáu") {
		t.Error(err)
	}
	var parcels bool
	if h.scan(`SELECT condeferrable FROM pg_constraint WHERE conrelid = 'layer_parcel'::regclass AND contype = 'u'`, &parcels); !parcels {
		t.Error("numbers of parcels cannot change places")
	}
}

// Comments are bounded.
func TestCommentsHaveAnEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewNone)
	id, _ := h.begin("lan", insert("a"))
	h.exec(`INSERT INTO changeset_note (changeset, by, kind, text) SELECT $1, 'lan', 'comment', 'nữa' FROM generate_series(1, 1000)`, id)
	h.wants(h.editor.Say(t.Context(), "lan", h.layer, id, "và nữa"), haidang.ErrInvalid)
}

// What the author may not do any more is not applied, and the reviewer is told whose
// right is missing.
func TestAuthorsRightsAreAskedAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewApprove)
	h.unit("31498", square(546000, 1060000, 500))
	h.unit("31501", square(546500, 1060000, 500))
	for _, take := range []string{`UPDATE account_grant SET unit = '31501' WHERE account = 'mai'`, `UPDATE account_grant SET role = 'viewer', unit = '' WHERE account = 'mai'`} {
		id, _ := h.begin("mai", insert("a"))
		if _, err := h.editor.Submit(t.Context(), "mai", h.layer, id, 0, ""); err != nil {
			t.Fatal(err)
		}
		h.exec(take)
		_, err := h.editor.Decide(t.Context(), "binh", h.layer, id, 0, changesets.Approve, "")
		h.wants(err, haidang.ErrForbidden)
		if !strings.Contains(err.Error(), "author (mai)") {
			t.Error(err)
		}
		h.exec(`UPDATE account_grant SET role = 'editor', unit = '' WHERE account = 'mai'`)
	}
	var n int
	if h.scan(`SELECT count(*) FROM layer_plot`, &n); n != 0 {
		t.Errorf("%d features of an author without the right", n)
	}
}

// An edit that says nothing of a code looks into no list of codes.
func TestListsAreReadForCodesOnly(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewNone)
	h.exec(`ALTER TABLE code_list RENAME TO away`)
	h.do("lan", insert("a"))
}
