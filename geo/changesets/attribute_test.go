package changesets_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/changesets"
)

// What an import or a statement does is in the history too, and can be undone.
func TestOtherWritersAreInTheHistory(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewNone)
	_, fids := h.do("lan", insert("a"), insert("b"))
	err := pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error {
		if err := changesets.Attribute(t.Context(), tx, changesets.FromImport, "mai", "thua.gpkg"); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), `UPDATE layer_plot SET area = 1; UPDATE layer_plot SET area = 2; DELETE FROM layer_plot WHERE code = 'b'`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	h.exec(`UPDATE layer_plot SET area = 3`)
	past, err := h.editor.History(t.Context(), h.layer, fids[0], 959209)
	if err != nil || len(past) != 3 {
		t.Fatal(past, err)
	}
	if p := past[1]; p.Source != changesets.FromImport || p.By != "mai" || p.Why != "thua.gpkg" || string(p.Properties["area"]) != "2" {
		t.Errorf("%+v", p)
	}
	if p := past[0]; p.Source != changesets.FromSQL || p.Until != nil || p.RowVersion != 4 {
		t.Errorf("%+v", p)
	}
	_, err = h.editor.Revert(t.Context(), "lan", h.layer, *past[1].Changeset, 0, "nhầm")
	h.wants(err, haidang.ErrConflict) // a's area has moved on
	if _, err := h.editor.Revert(t.Context(), "lan", h.layer, *past[0].Changeset, 0, "nhầm"); err != nil {
		t.Fatal(err)
	}
	_, err = h.editor.Revert(t.Context(), "lan", h.layer, *past[1].Changeset, 0, "nhầm")
	if err != nil {
		t.Fatal("of the version that has come back: ", err)
	}
}

// A layer that is removed takes its changesets along, whatever their state.
func TestRemovedLayer(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewNone)
	id, _ := h.do("lan", insert("a"))
	if err := h.editor.Say(t.Context(), "mai", h.layer, id, "đúng"); err != nil {
		t.Fatal(err)
	}
	h.begin("mai", insert("b"))
	remove := func(tx pgx.Tx) error { return catalogue.Drop(t.Context(), tx, "plot") }
	if err := pgx.BeginFunc(t.Context(), h.pool, remove); err != nil {
		t.Fatal(err)
	}
	if err := pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error { return catalogue.Create(t.Context(), tx, h.layer) }); err != nil {
		t.Fatal("made anew: ", err)
	}
	if _, err := h.editor.Get(t.Context(), id); haidang.CodeOf(err) != haidang.ErrNotFound {
		t.Error(err)
	}
}
