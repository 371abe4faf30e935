package changesets_test

import (
	"strings"
	"testing"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/changesets"
	"haidang/geo/crs"
)

// minding is the layer with another rule for overlaps.
func (h *house) minding(severity string) {
	h.Helper()
	h.exec(`UPDATE layer SET topology = jsonb_build_object('overlap', jsonb_build_object('severity', $1::text)) WHERE slug = 'plot'`, severity)
	h.reload()
}

// problems are those kept with a changeset, on the map.
func (h *house) problems(id int64) []changesets.Remark {
	h.Helper()
	found, err := h.editor.Problems(h.Context(), id, crs.WGS84.SRID)
	if err != nil {
		h.Fatal(err)
	}
	return found
}

// What blocks keeps the draft with its author, who is told what to mend; a warning goes
// along to whoever decides.
func TestProblems(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewNone)
	h.do("lan", insert("a"))
	h.minding("block")
	id, fids := h.begin("lan", insert("b"))
	_, err := h.editor.Submit(t.Context(), "lan", h.layer, id, 0, "")
	h.wants(err, haidang.ErrBlocked)
	c, err := h.editor.Get(t.Context(), id)
	if err != nil || c.State != changesets.Draft || c.Counts.Blocking != 1 {
		t.Fatalf("%+v, %v", c, err)
	}
	r := h.problems(id)[0]
	if r.Kind != catalogue.Overlap || r.FID != fids[0] || r.OtherFID == nil || r.Measure < 99.9 || r.Geometry.Geometry().Bound().Min[0] > 180 || !strings.Contains(r.Text.VI, "X 1.060.005,00") {
		t.Errorf("%+v", r)
	}
	h.wants(h.editor.Check(t.Context(), "mai", h.layer, id, 0), haidang.ErrForbidden)
	h.wants(h.editor.Check(t.Context(), "lan", h.layer, id, c.Version+1), haidang.ErrStale)

	h.minding("warn")
	if state, err := h.editor.Submit(t.Context(), "lan", h.layer, id, c.Version, ""); err != nil || state != changesets.Applied {
		t.Fatal(state, err)
	}
	if found := h.problems(id); len(found) != 1 || found[0].Severity != catalogue.Warn {
		t.Errorf("%+v", found)
	}
}

// Where nothing is wrong nothing is kept, and what is not there is not checked.
func TestProblemsOfNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewNone)
	h.wants(h.editor.Check(t.Context(), "lan", h.layer, 99, 0), haidang.ErrNotFound)
	id, _ := h.begin("lan", insert("a"))
	if err := h.editor.Check(t.Context(), "lan", h.layer, id, 0); err != nil {
		t.Error(err)
	}
	if found := h.problems(id); len(found) != 0 {
		t.Errorf("%+v", found)
	}
}
