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
	past, err := h.editor.History(t.Context(), h.layer, fids[0])
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

// A list of versions says which changed the shape, and has none: each may be large.
func TestHistoryHasShapesOneByOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewNone)
	_, fids := h.do("lan", insert("a"))
	moved := update(fids[0], 1, nil)
	moved.Geometry = square(546100, 1060000, 10)
	h.do("lan", moved)
	h.do("lan", update(fids[0], 2, map[string]any{"area": 2.0}))
	list, err := h.editor.History(t.Context(), h.layer, fids[0])
	if err != nil || len(list) != 3 {
		t.Fatal(list, err)
	}
	for i, reshaped := range []bool{false, true, true} {
		if list[i].Reshaped != reshaped || list[i].Geometry != nil {
			t.Errorf("version %d: reshaped %t, %v", list[i].RowVersion, list[i].Reshaped, list[i].Geometry)
		}
	}
	for version, west := range map[int64]float64{1: 546000, 2: 546100, 3: 546100} {
		was, err := h.editor.Was(t.Context(), h.layer, fids[0], version, 959209)
		if err != nil || was.RowVersion != version || was.Geometry.Geometry().Bound().Min[0] != west {
			t.Errorf("version %d: %+v %v", version, was, err)
		}
	}
	_, err = h.editor.Was(t.Context(), h.layer, fids[0], 9, 959209)
	h.wants(err, haidang.ErrNotFound)
}
