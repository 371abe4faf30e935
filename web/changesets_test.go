package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"haidang/geo/changesets"
)

// office is a layer of markers that must be reviewed, and those who work on it.
type office struct {
	*house
	editor, reviewer, viewer *client
}

func openOffice(t *testing.T, review string) *office {
	t.Helper()
	o := &office{house: openHouse(t)}
	admin := o.as(t, "admin")
	label := map[string]string{"vi": "Mã", "en": "Code"}
	status, body := admin.do("POST", "/api/v1/layers", map[string]any{"slug": "moc", "owner": "sotnmt", "geometry": "Point",
		"edit":    map[string]any{"title": map[string]string{"vi": "Mốc", "en": "Markers"}, "sector": "land", "review": review},
		"columns": []map[string]any{{"name": "code", "type": "text", "label": label, "required": true}, {"name": "depth", "type": "number", "label": label}}})
	if status != http.StatusCreated {
		t.Fatalf("layer: %d %s", status, body)
	}
	o.editor, o.reviewer, o.viewer = o.as(t, "editor"), o.as(t, "reviewer"), o.as(t, "viewer")
	return o
}

// act sends a change of a changeset as whoever has seen it at that ETag.
func (c *client) act(etag, method, path string, body, into any) (status int, answer string) {
	c.t.Helper()
	c.head.Del("If-Match")
	if etag != "" {
		c.head.Set("If-Match", etag)
	}
	status, answer = c.do(method, path, body)
	if into != nil && status < 300 {
		decode(c.t, answer, into)
	}
	return status, answer
}

func (c *client) mustAct(etag, method, path string, body, into any) {
	c.t.Helper()
	if status, answer := c.act(etag, method, path, body, into); status >= 300 {
		c.t.Fatalf("%s %s: %d %s", method, path, status, answer)
	}
}

type seen struct {
	ID    int64            `json:"id"`
	State changesets.State `json:"state"`
	ETag  string           `json:"etag"`
	May   changesetMay     `json:"may"`
	Edits []struct {
		FID       int64                 `json:"fid"`
		Changed   []string              `json:"changed"`
		Conflicts []changesets.Conflict `json:"conflicts"`
	} `json:"edits"`
}

func at(e, n float64) map[string]any {
	return map[string]any{"type": "Point", "coordinates": []float64{e, n}}
}

func edits(list ...map[string]any) map[string]any { return map[string]any{"edits": list} }

// listed looks at how many changesets each finds in the list.
func (o *office) listed(t *testing.T, want map[*client]int) {
	t.Helper()
	for c, n := range want {
		var list struct{ Changesets []seen }
		if c.get("/api/v1/changesets?layer=moc", &list); len(list.Changesets) != n {
			t.Errorf("%d changesets are listed, want %d: %+v", len(list.Changesets), n, list)
		}
	}
}

// One drafts, another approves; what is seen of it, and by whom, follows its state.
func TestChangesetFromDraftToMap(t *testing.T) {
	t.Parallel()
	o := openOffice(t, "approve")
	var c seen
	o.editor.mustAct("", "POST", "/api/v1/changesets", map[string]any{"layer": "moc", "title": "Mốc mới"}, &c)
	path := fmt.Sprintf("/api/v1/changesets/%d", c.ID)
	if status, _ := o.reviewer.do("GET", path, nil); status != http.StatusNotFound {
		t.Errorf("somebody else's draft: %d", status)
	}
	o.listed(t, map[*client]int{o.editor: 1, o.reviewer: 0, o.viewer: 0})
	insert := edits(map[string]any{"op": "insert", "properties": map[string]any{"code": "M1", "depth": 1.5}, "geometry": at(546000.123456, 1060000), "crs": "storage"})
	if status, _ := o.editor.act("", "POST", path+"/edits", insert, nil); status != http.StatusPreconditionRequired {
		t.Errorf("without If-Match: %d", status)
	}
	var put struct {
		Changeset seen
		FIDs      []int64
	}
	o.editor.mustAct(c.ETag, "POST", path+"/edits", insert, &put)
	for _, tag := range []string{c.ETag, "*", `"+2"`, `W/"2"`} {
		if status, _ := o.editor.act(tag, "POST", path+"/edits", insert, nil); status != http.StatusPreconditionFailed {
			t.Errorf("with the If-Match %s: %d", tag, status)
		}
	}
	if status, answer := o.editor.act(put.Changeset.ETag, "POST", path+"/edits", edits(map[string]any{"op": "update", "fid": 1000, "properties": map[string]any{"depth": 1}}), nil); status != http.StatusPreconditionRequired {
		t.Errorf("without a base version: %d %s", status, answer)
	}
	o.editor.mustAct(put.Changeset.ETag, "POST", path+"/submit", nil, &c)
	if c.State != changesets.Submitted || c.May.Approve {
		t.Errorf("submitted: %+v", c)
	}
	o.listed(t, map[*client]int{o.editor: 1, o.reviewer: 1, o.viewer: 0})
	if status, _ := o.viewer.do("GET", path, nil); status != http.StatusNotFound {
		t.Errorf("submitted, to who neither edits nor reviews: %d", status)
	}
	if status, answer := o.editor.act(c.ETag, "POST", path+"/approve", nil, nil); status != http.StatusForbidden {
		t.Errorf("one's own approved: %d %s", status, answer)
	}
	var list struct{ Changesets []seen }
	if o.reviewer.get("/api/v1/changesets?for=review", &list); len(list.Changesets) != 1 || !list.Changesets[0].May.Approve {
		t.Errorf("to review: %+v", list)
	}
	if status, answer := o.reviewer.act(c.ETag, "POST", path+"/reject", nil, nil); status != http.StatusBadRequest || !strings.Contains(answer, `"field":"note"`) {
		t.Errorf("rejected without a reason: %d %s", status, answer)
	}
	o.reviewer.mustAct(c.ETag, "POST", path+"/approve", map[string]any{"note": "đúng"}, &c)
	var f struct {
		RowVersion int64
		Changeset  int64
		By         string
		Geometry   struct{ Coordinates []float64 }
	}
	o.viewer.get(fmt.Sprintf("/api/v1/layers/moc/features/%d?crs=storage", put.FIDs[0]), &f)
	if f.Changeset != c.ID || f.By != "editor" || f.Geometry.Coordinates[0] != 546000.123456 {
		t.Errorf("on the map: %+v", f)
	}
	o.listed(t, map[*client]int{o.editor: 1, o.reviewer: 1, o.viewer: 1})
	if o.viewer.get(path, &c); c.May.Revert || len(c.Edits) != 1 {
		t.Errorf("once applied: %+v", c)
	}
	broken := edits(map[string]any{"op": "insert", "geometry": map[string]any{"type": "x"}}) // nobody reads what somebody else sends
	if status, answer := o.viewer.act(c.ETag, "POST", path+"/edits", broken, nil); status != http.StatusForbidden {
		t.Errorf("edits of a stranger: %d %s", status, answer)
	}
}

// The second of two on one field reads both and decides; undoing it is a changeset too.
func TestConflictAndRevertOverHTTP(t *testing.T) {
	t.Parallel()
	o := openOffice(t, "none")
	insert := map[string]any{"op": "insert", "properties": map[string]any{"code": "M1"}, "geometry": at(105.9, 9.6), "crs": "crs84"}
	first, fids := o.submit(t, insert)
	if first.State != changesets.Applied {
		t.Fatalf("%+v", first)
	}
	depth := func(d float64) map[string]any {
		return map[string]any{"op": "update", "fid": fids[0], "baseVersion": 1, "properties": map[string]any{"depth": d}}
	}
	var mine seen
	admin := o.as(t, "admin")
	admin.mustAct("", "POST", "/api/v1/changesets", map[string]any{"layer": "moc", "title": "đo lại"}, &mine)
	path := fmt.Sprintf("/api/v1/changesets/%d", mine.ID)
	var put struct{ Changeset seen }
	admin.mustAct(mine.ETag, "POST", path+"/edits", edits(depth(2)), &put)
	second, _ := o.submit(t, depth(3))
	if status, answer := admin.act(put.Changeset.ETag, "POST", path+"/submit", nil, nil); status != http.StatusConflict || !strings.Contains(answer, `"field":"conflicts"`) {
		t.Fatalf("conflict: %d %s", status, answer)
	}
	if admin.get(path, &mine); len(mine.Edits) != 1 || len(mine.Edits[0].Conflicts) != 1 || string(mine.Edits[0].Conflicts[0].Theirs) != "3" {
		t.Fatalf("%+v", mine)
	}
	admin.mustAct(mine.ETag, "POST", path+"/resolve", map[string]any{"fid": fids[0], "nowVersion": 2, "take": map[string]string{"depth": "theirs"}}, &mine)
	if len(mine.Edits) != 0 {
		t.Errorf("theirs taken: %+v", mine)
	}
	admin.mustAct(mine.ETag, "POST", path+"/drop", nil, &mine)
	var inverse seen
	o.editor.mustAct(second.ETag, "POST", fmt.Sprintf("/api/v1/changesets/%d/revert", second.ID), map[string]any{"title": "nhầm"}, &inverse)
	var past struct{ Versions []changesets.Past }
	o.viewer.get(fmt.Sprintf("/api/v1/layers/moc/features/%d/history", fids[0]), &past)
	if inverse.State != changesets.Applied || len(past.Versions) != 3 || string(past.Versions[0].Properties["depth"]) != "null" {
		t.Errorf("%+v %+v", inverse, past)
	}
	o.viewer.get(fmt.Sprintf("/api/v1/layers/moc/features/%d/history?version=2", fids[0]), &past)
	if len(past.Versions) != 1 || past.Versions[0].RowVersion != 2 || past.Versions[0].Geometry == nil {
		t.Errorf("one version: %+v", past)
	}
	var restored seen
	o.editor.mustAct("", "POST", fmt.Sprintf("/api/v1/layers/moc/features/%d/restore", fids[0]), map[string]any{"rowVersion": 2, "title": "vẫn đúng"}, &restored)
	if restored.State != changesets.Draft || len(restored.Edits) != 1 {
		t.Errorf("%+v", restored)
	}
	if status, _ := o.viewer.act("", "POST", "/api/v1/changesets", map[string]any{"layer": "moc", "title": "x"}, nil); status != http.StatusForbidden {
		t.Errorf("a draft by who may not edit: %d", status)
	}
}

// submit drafts one edit as the editor and hands it in.
func (o *office) submit(t *testing.T, edit map[string]any) (c seen, fids []int64) {
	t.Helper()
	o.editor.mustAct("", "POST", "/api/v1/changesets", map[string]any{"layer": "moc", "title": "sửa"}, &c)
	path := fmt.Sprintf("/api/v1/changesets/%d", c.ID)
	var put struct {
		Changeset seen
		FIDs      []int64
	}
	o.editor.mustAct(c.ETag, "POST", path+"/edits", edits(edit), &put)
	o.editor.mustAct(put.Changeset.ETag, "POST", path+"/submit", nil, &c)
	return c, put.FIDs
}

func decode(t *testing.T, answer string, into any) {
	t.Helper()
	must(t, json.Unmarshal([]byte(answer), into))
}
