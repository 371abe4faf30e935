package changesets_test

import (
	"math"
	"sync"
	"testing"

	"github.com/paulmach/orb"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/changesets"
)

// What a reviewer agreed to is what is applied, or nothing.
func TestAlteredAfterApproval(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewApprove)
	id, _ := h.begin("lan", insert("a"))
	if _, err := h.editor.Submit(t.Context(), "lan", h.layer, id, 0, ""); err != nil {
		t.Fatal(err)
	}
	if state, err := h.editor.Decide(t.Context(), "binh", h.layer, id, 0, changesets.Hold, ""); err != nil || state != changesets.Approved {
		t.Fatal(state, err)
	}
	_, err := h.editor.Put(t.Context(), "lan", h.layer, id, 0, []changesets.Edit{insert("b")})
	h.wants(err, haidang.ErrConflict)
	h.exec(`ALTER TABLE changeset_edit DISABLE TRIGGER ALL; UPDATE changeset_edit SET attributes = '{"code": "x"}'; ALTER TABLE changeset_edit ENABLE TRIGGER ALL`)
	_, err = h.editor.Decide(t.Context(), "hoa", h.layer, id, 0, changesets.Apply, "")
	h.wants(err, haidang.ErrConflict)
	var n int
	if h.scan(`SELECT count(*) FROM layer_plot`, &n); n != 0 {
		t.Error("the altered changeset was applied")
	}
	// Its author takes it back, and hands it in again.
	if _, err := h.editor.Decide(t.Context(), "lan", h.layer, id, 0, changesets.Reopen, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := h.editor.Submit(t.Context(), "lan", h.layer, id, 0, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := h.editor.Decide(t.Context(), "hoa", h.layer, id, 0, changesets.Approve, ""); err != nil {
		t.Fatal(err)
	}
}

// Of two reviewers at once one decides, and the other is told.
func TestTwoReviewersAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewApprove)
	for range 10 {
		id, _ := h.begin("lan", insert("a"))
		if _, err := h.editor.Submit(t.Context(), "lan", h.layer, id, 0, ""); err != nil {
			t.Fatal(err)
		}
		c, err := h.editor.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		var errs [2]error
		var g sync.WaitGroup
		g.Go(func() {
			_, errs[0] = h.editor.Decide(t.Context(), "binh", h.layer, id, c.Version, changesets.Approve, "")
		})
		g.Go(func() {
			_, errs[1] = h.editor.Decide(t.Context(), "hoa", h.layer, id, c.Version, changesets.Reject, "chưa rõ")
		})
		g.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatal(errs)
		}
		for _, err := range errs {
			if err != nil {
				h.wants(err, haidang.ErrStale)
			}
		}
	}
}

// Shapes and values that the layer cannot hold are refused with the field.
func TestRefusedContent(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewNone)
	ring := make(orb.Ring, 0, 100_002)
	for i := range 100_001 {
		a := 2 * math.Pi * float64(i) / 100_001
		ring = append(ring, orb.Point{546000 + 500*math.Cos(a), 1060000 + 500*math.Sin(a)})
	}
	many := orb.Polygon{append(ring, ring[0])}
	var knot orb.Ring // 60,000 crossings
	for i := range 500 {
		knot = append(knot, orb.Point{546000 + 100*math.Cos(2.4*float64(i)), 1060000 + 100*math.Sin(2.4*float64(i))})
	}
	id, _ := h.begin("lan", insert("a"))
	for name, e := range map[string]changesets.Edit{
		"a line":           {Op: changesets.Insert, Properties: map[string]any{"code": "b"}, Geometry: orb.LineString{{1, 1}, {2, 2}}},
		"no shape":         {Op: changesets.Insert, Properties: map[string]any{"code": "b"}},
		"too many":         {Op: changesets.Insert, Properties: map[string]any{"code": "b"}, Geometry: many},
		"a tangle":         {Op: changesets.Insert, Properties: map[string]any{"code": "b"}, Geometry: orb.Polygon{append(knot, knot[0])}},
		"broken text":      {Op: changesets.Insert, Properties: map[string]any{"code": "Ph\ufffd L\ufffdi"}, Geometry: square(546000, 1060000, 1)},
		"not a number":     {Op: changesets.Insert, Properties: map[string]any{"code": "b"}, Geometry: square(math.NaN(), 0, 1)},
		"an open ring":     {Op: changesets.Insert, Properties: map[string]any{"code": "b"}, Geometry: orb.Polygon{{{0, 0}, {1, 0}, {1, 1}}}},
		"no code":          {Op: changesets.Insert, Geometry: square(0, 0, 1)},
		"a word as area":   {Op: changesets.Insert, Properties: map[string]any{"code": "b", "area": "x"}, Geometry: square(0, 0, 1)},
		"an unknown field": {Op: changesets.Insert, Properties: map[string]any{"code": "b", "nothing": 1.0}, Geometry: square(0, 0, 1)},
		"a day that is no": {Op: changesets.Insert, Properties: map[string]any{"code": "b", "since": "2025-02-30"}, Geometry: square(0, 0, 1)},
		"a NUL":            {Op: changesets.Insert, Properties: map[string]any{"code": "b\x00"}, Geometry: square(0, 0, 1)},
		"an unknown op":    {Op: "drop", FID: 1},
	} {
		_, err := h.editor.Put(t.Context(), "lan", h.layer, id, 0, []changesets.Edit{e})
		if haidang.CodeOf(err) != haidang.ErrInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := h.editor.Put(t.Context(), "lan", h.layer, id, 0, []changesets.Edit{{Op: changesets.Delete, FID: 999}})
	h.wants(err, haidang.ErrNotFound)
	_, err = h.editor.Put(t.Context(), "mai", h.layer, id, 0, []changesets.Edit{insert("b")})
	h.wants(err, haidang.ErrForbidden)
}
