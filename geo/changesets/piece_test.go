package changesets_test

import (
	"fmt"
	"strings"
	"testing"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/changesets"
)

// states says what became of each changeset of lan, and of the features.
func (h *house) states() (s string) {
	h.Helper()
	h.scan(`SELECT (SELECT string_agg(concat_ws(' ', source, state), ', ' ORDER BY id) FROM changeset WHERE author = 'lan') || '; ' || (SELECT string_agg(owner, ' ' ORDER BY fid) FROM layer_plot)`, &s)
	return s
}

// One piece of work is undone as one, and is in effect again as one. What was sent within
// it and came to nothing is no part of it.
func TestPieceOfWorkIsOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewNone)
	fids := h.plots("a", "b")
	h.send("lan", owner(fids[0], "Năm"))
	var first int64
	h.scan(`SELECT max(id) FROM changeset`, &first)
	if sent, err := h.editor.Send(t.Context(), "lan", h.layer, owner(fids[0], "Năm")); err != nil || sent.State != changesets.Applied {
		t.Fatal(sent, err)
	}
	h.send("lan", owner(fids[1], "Năm"))
	_, err := h.editor.Revert(t.Context(), "lan", h.layer, first+2, 0, "nhầm")
	if h.wants(err, haidang.ErrConflict); !strings.Contains(err.Error(), fmt.Sprint("changeset ", first)) {
		t.Error(err)
	}
	h.want("one alone", h.states(), "qgis applied, qgis dropped, qgis applied; Năm Năm")
	undone, err := h.editor.Revert(t.Context(), "lan", h.layer, first, 0, "nhầm")
	if err != nil {
		t.Fatal(err)
	}
	h.want("all", h.states(), "qgis reverted, qgis dropped, qgis reverted, revert applied; Sáu Sáu")
	if _, err := h.editor.Revert(t.Context(), "lan", h.layer, undone, 0, "nhầm nữa"); err != nil {
		t.Fatal(err)
	}
	h.want("again", h.states(), "qgis applied, qgis dropped, qgis applied, revert reverted, revert applied; Năm Năm")
}

// What comes while the first of a piece of work is being undone is not undone with it.
func TestUndoneIsWhatTheInverseHolds(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewNone)
	fids := h.plots("a", "b")
	h.send("lan", owner(fids[0], "Năm"))
	var first, now int64
	h.scan(`SELECT max(id) FROM changeset`, &first)
	h.do("mai", update(fids[0], 2, map[string]any{"owner": "Ba"}))
	inverse, err := h.editor.Revert(t.Context(), "lan", h.layer, first, 0, "nhầm")
	h.wants(err, haidang.ErrConflict)
	h.send("lan", owner(fids[1], "Bảy"))
	h.scan(`SELECT row_version FROM layer_plot ORDER BY fid LIMIT 1`, &now)
	if err := h.editor.Resolve(t.Context(), "lan", h.layer, inverse, 0, fids[0], now, map[string]string{"owner": "mine"}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.editor.Submit(t.Context(), "lan", h.layer, inverse, 0, ""); err != nil {
		t.Fatal(err)
	}
	h.want("undone", h.states(), "qgis reverted, revert applied, qgis applied; Sáu Bảy")
}
