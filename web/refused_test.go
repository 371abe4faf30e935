package web

import (
	"fmt"
	"net/http"
	"testing"

	"haidang/internal/audit"
)

// refusals counts what the audit log says that somebody was refused.
func (h *house) refusals(t *testing.T, who string) (n int) {
	t.Helper()
	must(t, h.pool.QueryRow(t.Context(), `SELECT count(*) FROM audit_log WHERE action = 'layer.edit.refused' AND actor = $1`, who).Scan(&n))
	return n
}

// Whatever is refused for want of a right, from another state, or because it was altered
// leaves one row in the audit log, wherever it is refused.
func TestHostileEditsAreNoted(t *testing.T) {
	t.Parallel()
	o := openOffice(t, "approve")
	point := map[string]any{"op": "insert", "properties": map[string]any{"code": "M1"}, "geometry": at(105.9, 9.6), "crs": "crs84"}
	c, fids := o.submit(t, point)
	path := fmt.Sprintf("/api/v1/changesets/%d", c.ID)
	admin := o.as(t, "admin")
	item := fmt.Sprintf("/ogc/collections/moc/items/%d", fids[0])
	old, forged := c.ETag, `"99"`
	for _, s := range []struct {
		says, who    string
		by           *client
		tag          *string
		method, path string
		body         any
		status       int
		does         func()
	}{
		{says: "a draft of who may not edit", who: "viewer", by: o.viewer, method: "POST", path: "/api/v1/changesets", body: map[string]any{"layer": "moc", "title": "x"}, status: http.StatusForbidden},
		{says: "an edit of another's changeset", who: "reviewer", by: o.reviewer, tag: &old, method: "POST", path: path + "/edits", body: edits(point), status: http.StatusForbidden},
		{says: "one's own approved", who: "editor", by: o.editor, tag: &old, method: "POST", path: path + "/approve", status: http.StatusForbidden},
		{says: "a forged version", who: "reviewer", by: o.reviewer, tag: &forged, method: "POST", path: path + "/approve", status: http.StatusPreconditionFailed},
		{says: "the second of two reviewers", who: "admin", by: admin, tag: &old, method: "POST", path: path + "/reject", body: map[string]any{"note": "chưa rõ"}, status: http.StatusPreconditionFailed,
			does: func() { o.reviewer.mustAct(old, "POST", path+"/hold", nil, &c) }},
		{says: "what was altered after it was approved", who: "reviewer", by: o.reviewer, tag: &c.ETag, method: "POST", path: path + "/apply", status: http.StatusConflict,
			does: func() {
				_, err := o.pool.Exec(t.Context(), `ALTER TABLE changeset_edit DISABLE TRIGGER ALL; UPDATE changeset_edit SET attributes = '{"code": "x"}'; ALTER TABLE changeset_edit ENABLE TRIGGER ALL`)
				must(t, err)
			}},
		{says: "deleting by a program without the right", who: "viewer", by: o.viewer, method: "DELETE", path: item, status: http.StatusForbidden},
		{says: "deleting by a program from a forged version", who: "editor", by: o.editor, tag: &forged, method: "DELETE", path: item, status: http.StatusPreconditionFailed},
	} {
		if s.does != nil {
			s.does()
		}
		before, tag := o.refusals(t, s.who), ""
		if s.tag != nil {
			tag = *s.tag
		}
		if status, answer := s.by.act(tag, s.method, s.path, s.body, nil); status != s.status {
			t.Errorf("%s: %d %s", s.says, status, answer)
		}
		if n := o.refusals(t, s.who) - before; n != 1 {
			t.Errorf("%s: %d rows in the audit log, want 1", s.says, n)
		}
	}
	rows, err := audit.List(t.Context(), o.pool, 0, 1)
	if err != nil || len(rows) != 1 || rows[0].Object != "layer/moc" || rows[0].Origin == "" {
		t.Errorf("%+v %v", rows, err)
	}
	for range 60 {
		o.viewer.act("", "DELETE", item, nil, nil)
	}
	if n := o.refusals(t, "viewer"); n < 10 || n > 40 {
		t.Errorf("%d of 62 refusals are noted: all, or too few", n)
	}
}
