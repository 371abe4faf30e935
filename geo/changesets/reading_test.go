package changesets_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/changesets"
)

// The metre by which ground is widened is a metre, also in a layer kept in degrees.
func TestGroundOfALayerInDegrees(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewNone)
	h.unit("31498", square(546000, 1060000, 500))
	l := catalogue.Layer{Slug: "mark", Title: h.layer.Title, Owner: "sotnmt", SRID: 4326, Geometry: "Point", MaxZoom: 18, Columns: h.layer.Columns, Rights: h.layer.Rights}
	if err := pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error { return catalogue.Create(t.Context(), tx, l) }); err != nil {
		t.Fatal(err)
	}
	l.Table = "layer_mark"
	h.layer = l
	h.exec(`UPDATE account_grant SET unit = '31498' WHERE account = 'mai'`)
	var lon, lat float64
	h.scan(`SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_Transform(ST_Point(546250, 1060250, 959209), 4326) p) x`, &lon, &lat)
	mark := func(lon float64) changesets.Edit {
		return changesets.Edit{Op: changesets.Insert, Properties: map[string]any{"code": "m"}, Geometry: orb.Point{lon, lat}}
	}
	h.do("mai", mark(lon))
	id, _ := h.begin("mai", mark(lon+0.01))
	_, err := h.editor.Submit(t.Context(), "mai", l, id, 0, "")
	h.wants(err, haidang.ErrForbidden)
}

// A number is that of a feature which was, or the next.
func TestNumbersAreNotTaken(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewNone)
	h.unit("31498", square(546000, 1060000, 500))
	far := insert("far")
	far.Geometry = square(547000, 1060000, 10)
	_, fids := h.do("lan", insert("a"), far)
	h.do("lan", changesets.Edit{Op: changesets.Delete, FID: fids[0]}, changesets.Edit{Op: changesets.Delete, FID: fids[1]})
	back := func(fid int64) changesets.Edit {
		e := insert("back")
		e.FID = fid
		return e
	}
	id, _ := h.begin("lan", insert("x"))
	for _, fid := range []int64{1000, 1<<63 - 1} {
		_, err := h.editor.Put(t.Context(), "lan", h.layer, id, 0, []changesets.Edit{back(fid)})
		h.wants(err, haidang.ErrNotFound)
	}
	h.exec(`UPDATE account_grant SET unit = '31498' WHERE account = 'mai'`)
	h.do("mai", back(fids[0]))
	id, _ = h.begin("mai", back(fids[1])) // it was not on her ground
	_, err := h.editor.Submit(t.Context(), "mai", h.layer, id, 0, "")
	h.wants(err, haidang.ErrForbidden)
}

// Emptying can be undone; so can undoing; an inverse that was altered undoes nothing.
func TestRevertOfReverts(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewNone)
	h.do("lan", insert("a"), insert("b"))
	empty := func(tx pgx.Tx) error {
		if err := changesets.Attribute(t.Context(), tx, changesets.Page, "lan", "làm rỗng"); err != nil {
			return err
		}
		_, err := catalogue.Empty(t.Context(), tx, h.layer)
		return err
	}
	if err := pgx.BeginFunc(t.Context(), h.pool, empty); err != nil {
		t.Fatal(err)
	}
	var emptied int64
	h.scan(`SELECT max(id) FROM changeset`, &emptied)
	wants := func(rows int, id int64, state changesets.State) {
		t.Helper()
		var n int
		h.scan(`SELECT count(*) FROM layer_plot`, &n)
		if c, err := h.editor.Get(t.Context(), id); err != nil || c.State != state || n != rows {
			t.Errorf("%d rows, changeset %+v, %v", n, c, err)
		}
	}
	inverse, err := h.editor.Revert(t.Context(), "lan", h.layer, emptied, 0, "nhầm")
	if err != nil {
		t.Fatal(err)
	}
	wants(2, emptied, changesets.Reverted)
	if _, err := h.editor.Revert(t.Context(), "lan", h.layer, inverse, 0, "không nhầm"); err != nil {
		t.Fatal(err)
	}
	wants(0, emptied, changesets.Applied)
	_, err = h.editor.Revert(t.Context(), "stranger", h.layer, emptied, 0, "nhầm")
	h.wants(err, haidang.ErrForbidden)
	var drafts int
	if h.scan(`SELECT count(*) FROM changeset WHERE state = 'draft'`, &drafts); drafts != 0 {
		t.Errorf("%d drafts are left of what was refused", drafts)
	}
}

// What cannot be drawn is no shape.
func TestShapeOutOfTheWorld(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewNone)
	id, _ := h.begin("lan", insert("a"))
	for _, at := range []float64{1e7, 1e30} {
		e := insert("b")
		e.Geometry = square(at, at, 10)
		_, err := h.editor.Put(t.Context(), "lan", h.layer, id, 0, []changesets.Edit{e})
		h.wants(err, haidang.ErrInvalid)
	}
}

// The layers that came with the first schema take new features, too.
func TestInsertIntoTheFirstLayers(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewNone)
	h.exec(`INSERT INTO layer (slug, title_vi, title_en, sector, owner_agency, table_name, storage_srid, geometry_type, columns)
		VALUES ('parcel', 'Thửa đất', 'Parcels', 'base', 'sotnmt', 'layer_parcel', 959209, 'Polygon', '[{"name": "land_use", "type": "text", "label": {"vi": "", "en": ""}}]');
		INSERT INTO layer_right (layer, verb, grantee) VALUES ('parcel', 'edit', 'agency:sotnmt')`)
	l, err := catalogue.Get(t.Context(), h.pool, "parcel")
	if err != nil {
		t.Fatal(err)
	}
	h.layer = l
	_, fids := h.do("lan", changesets.Edit{Op: changesets.Insert, Properties: map[string]any{"land_use": "LUC"}, Geometry: square(546000, 1060000, 10)[0]})
	h.do("lan", changesets.Edit{Op: changesets.Delete, FID: fids[0]})
}
