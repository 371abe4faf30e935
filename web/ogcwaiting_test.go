package web

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang/geo/catalogue"
	"haidang/geo/changesets"
)

// draftsOf are what an author's drafts change, from the oldest.
const draftsOf = `SELECT coalesce(string_agg(concat_ws(' ', CASE WHEN gathers_until = '-infinity' THEN 'kept' ELSE state END, e.op, e.attributes::text, CASE WHEN e.geom IS NOT NULL THEN 'geometry' END), ';' ORDER BY c.id, e.n), '')
	FROM changeset c JOIN changeset_edit e ON e.changeset = c.id WHERE c.author = $1 AND c.state IN ('draft', 'submitted')`

func (h *house) handIn(t *testing.T) {
	t.Helper()
	must(t, h.config.Changesets.HandIn(t.Context(), time.Now().Add(2*time.Minute)))
}

// Who loads the layer again sees the map without what waits for its review. What they send
// back then does not take that back, whether it gathers still or was handed in.
func TestReloadTakesNothingBack(t *testing.T) {
	t.Parallel()
	for name, handedIn := range map[string]bool{"gathers": false, "handed in": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := openHouse(t)
			h.plots(t, catalogue.ReviewApprove, 3)
			q := h.desktop(t, "lan", true).open("plot")
			status, said := q.attribute("1", map[string]any{"owner": "Năm"})
			wantStatus(t, "change", http.StatusAccepted, status, said)
			status, said = q.reshape("2", shapeAt(546600, 1060000))
			wantStatus(t, "reshape", http.StatusAccepted, status, said)
			status, said = q.erase("3")
			wantStatus(t, "delete", http.StatusAccepted, status, said)
			waits := `draft update {"owner": "Năm"};draft update {} geometry;draft delete {}`
			if handedIn {
				h.handIn(t)
				waits = strings.ReplaceAll(waits, "draft", "submitted")
			}
			q.refresh()
			for range 2 {
				status, said = q.attribute("1", map[string]any{"floors": 2})
				wantStatus(t, "an attribute after a reload", http.StatusConflict, status, said)
				if !strings.Contains(said, "owner") || !strings.Contains(said, "gói thay đổi") {
					t.Error(said)
				}
				status, said = q.attribute("2", map[string]any{"floors": 2})
				wantStatus(t, "of what was moved", http.StatusConflict, status, said)
				status, said = q.attribute("3", map[string]any{"floors": 2})
				wantStatus(t, "of what was deleted", http.StatusConflict, status, said)
			}
			kept := strings.Repeat(`;kept update {"floors": 2}`, 3)
			if got := h.row(t, draftsOf, "lan"); got != waits+kept {
				t.Error(got)
			}
		})
	}
}

// If-Match says that just that version was read: what its sender asked for before is
// neither taken back nor asked for again.
func TestIfMatchReadsThatVersion(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.plots(t, catalogue.ReviewApprove, 2)
	q := h.desktop(t, "lan", true).open("plot")
	status, said := q.attribute("1", map[string]any{"owner": "Năm"})
	wantStatus(t, "change", http.StatusAccepted, status, said)
	put := func(want int) {
		t.Helper()
		answer, data := q.request("GET", q.items()+"/1", nil, nil)
		var f map[string]any
		must(t, json.Unmarshal(data, &f))
		f["properties"].(map[string]any)["floors"] = 2
		body, _ := json.Marshal(f)
		again, saying := q.request("PUT", q.items()+"/1", http.Header{"Content-Type": {"application/geo+json"}, "If-Match": {answer.Header.Get("ETag")}}, body)
		wantStatus(t, "PUT", want, again.StatusCode, string(saying))
	}
	put(http.StatusAccepted)
	if got := h.row(t, draftsOf, "lan"); got != `draft update {"owner": "Năm", "floors": 2}` {
		t.Error(got)
	}
	h.handIn(t)
	put(http.StatusAccepted)
	if got := h.row(t, draftsOf, "lan"); got != `submitted update {"owner": "Năm", "floors": 2};draft update {"floors": 2}` {
		t.Error(got)
	}
	status, said = q.erase("1")
	wantStatus(t, "delete", http.StatusAccepted, status, said)
	put(http.StatusConflict)
}

// What was approved meanwhile is not taken back by who read the version before.
func TestApprovedIsNotTakenBack(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.plots(t, catalogue.ReviewApprove, 1)
	q := h.desktop(t, "lan", true).open("plot")
	status, said := q.attribute("1", map[string]any{"owner": "Năm"})
	wantStatus(t, "change", http.StatusAccepted, status, said)
	q.refresh()
	h.handIn(t)
	h.approveAll(t)
	status, said = q.attribute("1", map[string]any{"floors": 2})
	wantStatus(t, "from the version before", http.StatusConflict, status, said)
	q.refresh()
	status, said = q.attribute("1", map[string]any{"floors": 2})
	wantStatus(t, "after loading again", http.StatusAccepted, status, said)
	h.handIn(t)
	h.approveAll(t)
	if got := h.row(t, plotNow, 1); got != "3|P-1|100.125|Năm|2|2026-01-01 00:00:00.25|gốc" {
		t.Error(got)
	}
}

// approveAll has binh approve what was handed in, in its order.
func (h *house) approveAll(t *testing.T) {
	t.Helper()
	l, err := catalogue.Get(t.Context(), h.pool, "plot")
	must(t, err)
	rows, err := h.pool.Query(t.Context(), `SELECT id FROM changeset WHERE state = 'submitted' ORDER BY id`)
	must(t, err)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	must(t, err)
	for _, id := range ids {
		_, err := h.config.Changesets.Decide(t.Context(), "binh", l, id, 0, changesets.Approve, "")
		must(t, err)
	}
}
