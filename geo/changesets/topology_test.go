package changesets_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/changesets"
	"haidang/geo/features"
)

// What blocks is not handed in, and is shown with the draft; what a neighbour has become
// meanwhile blocks the approval.
func TestProblemsBlock(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewApprove)
	h.exec(`UPDATE layer SET topology = '{"overlap": {"severity": "block", "tolerance": 0.05}}'`)
	h.reload()
	one, other := insert("a"), insert("b")
	other.Geometry = square(546005, 1060000, 10)
	id, _ := h.begin("lan", one, other)
	_, err := h.editor.Submit(t.Context(), "lan", h.layer, id, 0, "")
	h.wants(err, haidang.ErrBlocked)
	problems, err := h.editor.Problems(t.Context(), id, 959209)
	if err != nil || len(problems) != 1 || problems[0].Kind != catalogue.Overlap || problems[0].Text.VI == "" {
		t.Fatal(problems, err)
	}
	first, _ := h.begin("lan", one)
	second, _ := h.begin("mai", other)
	for who, id := range map[haidang.AccountName]int64{"lan": first, "mai": second} {
		if state, err := h.editor.Submit(t.Context(), who, h.layer, id, 0, ""); err != nil || state != changesets.Submitted {
			t.Fatal(state, err)
		}
	}
	if _, err := h.editor.Decide(t.Context(), "binh", h.layer, first, 0, changesets.Approve, ""); err != nil {
		t.Fatal(err)
	}
	_, err = h.editor.Decide(t.Context(), "binh", h.layer, second, 0, changesets.Approve, "")
	h.wants(err, haidang.ErrBlocked)
	var n int
	if h.scan(`SELECT count(*) FROM layer_plot`, &n); n != 1 {
		t.Errorf("%d plots", n)
	}
}

// A plot far out of its commune is not handed in, whatever else there is to warn of.
func TestOutsideBlocks(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewNone)
	h.unit("01", square(546000, 1060000, 100))
	h.exec(`UPDATE layer SET topology = '{"overlap": {"severity": "warn"}, "outside": {"severity": "block"}}'`)
	h.reload()
	out := insert("out")
	out.Geometry = square(546290, 1060000, 10)
	heap := []changesets.Edit{out}
	for range 47 {
		heap = append(heap, insert("heap"))
	}
	id, _ := h.begin("lan", heap...)
	_, err := h.editor.Submit(t.Context(), "lan", h.layer, id, 0, "")
	h.wants(err, haidang.ErrBlocked)
	if first := h.problems(id)[0]; first.Kind != catalogue.Outside || first.Severity != catalogue.Block {
		t.Errorf("%+v", first)
	}
}

// Features of a dated layer are written as they are read: with two days.
func TestPeriod(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewNone)
	l := h.layer
	l.Slug, l.Dated = "zone", true
	if err := pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error { return catalogue.Create(t.Context(), tx, l) }); err != nil {
		t.Fatal(err)
	}
	l.Table = "layer_zone"
	h.layer = l
	made := insert("a")
	made.Properties[features.ValidFrom] = "2020-01-01"
	_, fids := h.do("lan", made)
	var period string
	wants := func(want string) {
		t.Helper()
		if h.scan(`SELECT period::text FROM layer_zone`, &period); period != want {
			t.Errorf("period %s, want %s", period, want)
		}
	}
	wants("[2020-01-01,)")
	h.do("lan", update(fids[0], 1, map[string]any{features.ValidUntil: "2025-01-01"}))
	wants("[2020-01-01,2025-01-01)")
	id, _ := h.begin("lan", update(fids[0], 2, map[string]any{"code": "b"}))
	for _, wrong := range []string{"2020-01-01", "2019-01-01", "x"} {
		_, err := h.editor.Put(t.Context(), "lan", l, id, 0, []changesets.Edit{update(fids[0], 2, map[string]any{features.ValidUntil: wrong})})
		h.wants(err, haidang.ErrInvalid)
	}
	h.do("lan", update(fids[0], 2, map[string]any{features.ValidUntil: nil}))
	wants("[2020-01-01,)")
}

// What was checked is checked again when somebody has changed features nearby since, and
// only then: two agencies at work in two communes do not hold each other up.
func TestCheckHoldsUntilNeighboursChange(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewNone)
	h.exec(`UPDATE layer SET topology = '{"overlap": {"severity": "block", "tolerance": 0.05}}'`)
	h.reload()
	at := func(code string, east float64) changesets.Edit {
		e := insert(code)
		e.Geometry = square(east, 1060000, 10)
		return e
	}
	for _, c := range []struct {
		name  string
		east  float64
		again bool
		prune string
	}{{"far", 547000, false, ""}, {"across the road", 546030, false, ""}, {"beside", 546012, true, ""},
		{"nobody knows where", 547000, true, `UPDATE layer SET base_version = version`}} {
		id, _ := h.begin("lan", at("mine", 546000))
		var seen int64
		h.scan(`SELECT rows_version FROM layer WHERE slug = 'plot'`, &seen)
		h.do("mai", at("theirs", c.east))
		if c.prune != "" {
			h.exec(c.prune)
		}
		var state string
		err := h.pool.QueryRow(t.Context(), `SELECT changeset_submit('lan', $1, 0, '[]', $2, '')`, id, seen).Scan(&state)
		if again := err != nil && strings.Contains(err.Error(), "check again"); again != c.again || err != nil && !again {
			t.Errorf("%s: %s, %v", c.name, state, err)
		}
		h.exec(`DELETE FROM layer_plot`)
	}
}
