package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"haidang"
	"haidang/geo"
	"haidang/geo/catalogue"
	"haidang/internal/auth"
)

// plots is an editable layer whose shapes have more decimals than anybody writes.
func (h *house) plots(t *testing.T, review catalogue.Review, n int) {
	t.Helper()
	h.makeLayer(t, catalogue.Layer{Slug: "plot", Kind: catalogue.Vector, Title: haidang.Text{VI: "Thửa", EN: "Plots"}, Owner: geo.AgencyEnvironment, SRID: 959209, Geometry: "MultiPolygon",
		MinZoom: 10, MaxZoom: 18, Review: review, Rights: catalogue.OpenRights(geo.AgencyEnvironment), Columns: []catalogue.Column{
			{Name: "code", Type: catalogue.Text, Required: true}, {Name: "area", Type: catalogue.Number}, {Name: "owner", Type: catalogue.Text}, {Name: "floors", Type: catalogue.Integer},
			{Name: "measured", Type: catalogue.DateTime}, {Name: "source", Type: catalogue.Text, ReadOnly: true}}},
		fmt.Sprintf(`INSERT INTO layer_plot (code, area, owner, floors, measured, source, geom)
			SELECT 'P-' || i, 100.125, 'Sáu', 1, timestamptz '2026-01-01 00:00:00.25Z', 'gốc', ST_Multi(ST_SetSRID(ST_MakeEnvelope(x, 1060000.00000012345, x + 10, 1060010), 959209))
			FROM generate_series(1, %d) i, LATERAL (SELECT 546000.1234567891 + i * 20 AS x) p`, n))
	for _, name := range []string{"lan", "mai", "tu"} {
		h.newEditor(t, name)
	}
	h.newEditor(t, "binh", auth.RoleReviewer)
}

// shapeAt is a shape of ten metres, as QGIS draws it.
func shapeAt(east, north float64) map[string]any {
	p := func(x, y float64) []any { return []any{east + x, north + y} }
	return map[string]any{"type": "MultiPolygon", "coordinates": []any{[]any{[]any{p(0, 0), p(10, 0), p(10, 10), p(0, 10), p(0, 0)}}}}
}

// row is one line of an SQL question.
func (h *house) row(t *testing.T, sql string, args ...any) (s string) {
	t.Helper()
	must(t, h.pool.QueryRow(t.Context(), sql, args...).Scan(&s))
	return s
}

const plotNow = `SELECT concat_ws('|', row_version, code, area, owner, floors, measured AT TIME ZONE 'UTC', source) FROM layer_plot WHERE fid = $1`

func wantStatus(t *testing.T, what string, want, got int, said string) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: %d %s, want %d", what, got, said, want)
	}
}

// A morning with QGIS on a layer that nobody reviews: of a version that reads no schema
// and of one that does.
func TestQGISEdits(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.plots(t, catalogue.ReviewNone, 3)
	for _, schema := range []bool{false, true} {
		t.Run(fmt.Sprintf("schema %v", schema), func(t *testing.T) {
			who := map[bool]string{false: "lan", true: "mai"}[schema]
			q := h.desktop(t, who, schema).open("plot")
			if !q.post || !q.put || !q.remove {
				t.Fatal("not editable: ", q.post, q.put, q.remove)
			}
			id, status, said := q.add(map[string]any{"code": "mới", "area": 5.5, "row_version": nil, "source": "QGIS"}, shapeAt(547000.25, 1060000))
			wantStatus(t, "add", http.StatusCreated, status, said)
			status, said = q.attribute(id, map[string]any{"owner": "Năm", "floors": 2})
			wantStatus(t, "attributes of what was added", http.StatusNoContent, status, said)
			status, said = q.reshape(id, shapeAt(547001.25, 1060000))
			wantStatus(t, "geometry of what was added", http.StatusNoContent, status, said)
			if got := h.row(t, plotNow, id); got != "3|mới|5.5|Năm|2" {
				t.Error(got)
			}
			status, said = q.attribute(id, map[string]any{"owner": nil}) // thought better of
			wantStatus(t, "undo", http.StatusNoContent, status, said)
			if got := h.row(t, plotNow, id); got != "4|mới|5.5|2" {
				t.Error(got)
			}
			// All of it is one piece of work, undone as one.
			if n := h.row(t, `SELECT count(DISTINCT coalesce(goes_with, id))::text FROM changeset WHERE author = $1 AND state = 'applied' AND source = 'qgis'`, who); n != "1" {
				t.Errorf("%s pieces of work", n)
			}
			c := h.signedIn(t, who)
			var list struct {
				Changesets []struct {
					ID     int64
					ETag   string
					Counts struct{ Insert, Update, Delete int }
				}
			}
			c.get("/api/v1/changesets?layer=plot&state=applied&author=me", &list)
			if len(list.Changesets) == 0 || list.Changesets[0].Counts.Insert != 1 || list.Changesets[0].Counts.Update != 3 {
				t.Fatalf("%+v", list)
			}
			c.head.Set("If-Match", list.Changesets[0].ETag)
			status, said = c.do("POST", fmt.Sprintf("/api/v1/changesets/%d/revert", list.Changesets[0].ID), map[string]string{"title": "nhầm"})
			wantStatus(t, "undo all", http.StatusOK, status, said)
			if n := h.row(t, `SELECT count(*)::text FROM layer_plot`); n != "3" {
				t.Errorf("%s plots are left", n)
			}
		})
	}
}

// signedIn is an editor at a page.
func (h *house) signedIn(t *testing.T, account string) *client {
	t.Helper()
	c := h.visitor(t)
	status, body := c.do("POST", "/api/v1/session", map[string]string{"account": account, "password": editorPassword})
	wantStatus(t, "sign in", http.StatusOK, status, body)
	return c
}

// Undone together is what a person sent, whatever was done to the same feature twice; not
// what others did in between.
func TestWorkIsUndoneTogether(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.plots(t, catalogue.ReviewNone, 4)
	lan, mai := h.desktop(t, "lan", true).open("plot"), h.desktop(t, "mai", true).open("plot")
	do := func(status int, said string) {
		t.Helper()
		wantStatus(t, "change", http.StatusNoContent, status, said)
	}
	do(lan.attribute("1", map[string]any{"owner": "Năm"}))
	do(lan.attribute("1", map[string]any{"area": 5.5}))
	do(mai.attribute("1", map[string]any{"floors": 7}))
	do(lan.reshape("1", shapeAt(546500, 1060000)))
	do(lan.attribute("2", map[string]any{"owner": "Ba"}))
	do(lan.erase("2"))
	do(lan.attribute("3", map[string]any{"owner": "Ba"}))
	do(lan.attribute("3", map[string]any{"owner": "Sáu"}))
	id, status, said := lan.add(map[string]any{"code": "mới"}, shapeAt(547000, 1060000))
	wantStatus(t, "add", http.StatusCreated, status, said)
	do(lan.attribute(id, map[string]any{"owner": "Tư"}))
	gone, status, said := lan.add(map[string]any{"code": "nhầm"}, shapeAt(547100, 1060000))
	wantStatus(t, "add", http.StatusCreated, status, said)
	do(lan.erase(gone))
	const all = `SELECT string_agg(concat_ws(' ', fid, code, area, owner, floors, round(ST_XMin(geom)::numeric, 3)), ';' ORDER BY fid) FROM layer_plot`
	head := h.row(t, `SELECT min(id)::text FROM changeset WHERE author = 'lan'`)
	c := h.signedIn(t, "lan")
	var one struct{ ETag string }
	c.get("/api/v1/changesets/"+head, &one)
	c.head.Set("If-Match", one.ETag)
	status, said = c.do("POST", "/api/v1/changesets/"+head+"/revert", map[string]string{"title": "nhầm"})
	wantStatus(t, "undo", http.StatusOK, status, said)
	if got := h.row(t, all); got != "1 P-1 100.125 Sáu 7 546020.123;2 P-2 100.125 Sáu 1 546040.123;3 P-3 100.125 Sáu 1 546060.123;4 P-4 100.125 Sáu 1 546080.123" {
		t.Error(got)
	}
	if got := h.row(t, `SELECT string_agg(DISTINCT concat_ws(' ', source, state), ';') FROM changeset WHERE author = 'lan'`); got != "qgis reverted;revert applied" {
		t.Error(got)
	}
}

// After somebody else's edit, what differs is merged; what clashes is refused with both
// sentences and kept in a draft, once.
func TestQGISAfterSomebodyElse(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.plots(t, catalogue.ReviewNone, 3)
	lan, mai := h.desktop(t, "lan", true).open("plot"), h.desktop(t, "mai", false).open("plot")
	status, said := mai.attribute("1", map[string]any{"owner": "Bảy"})
	wantStatus(t, "the first", http.StatusNoContent, status, said)
	status, said = lan.attribute("1", map[string]any{"area": 7.5})
	wantStatus(t, "another attribute", http.StatusNoContent, status, said)
	status, said = lan.reshape("1", shapeAt(546500, 1060000)) // still with owner Sáu and row_version 1
	wantStatus(t, "the geometry", http.StatusNoContent, status, said)
	status, said = lan.attribute("1", map[string]any{"area": 8.5})
	wantStatus(t, "her own attribute again", http.StatusNoContent, status, said)
	if got := h.row(t, plotNow, 1); got != "5|P-1|8.5|Bảy|1|2026-01-01 00:00:00.25|gốc" {
		t.Error(got)
	}
	// What she does herself on a page, her QGIS has not seen.
	var c, put struct {
		ID        int64
		ETag      string
		Changeset seen
	}
	page := h.signedIn(t, "lan")
	page.mustAct("", "POST", "/api/v1/changesets", map[string]any{"layer": "plot", "title": "ở trang"}, &c)
	path := fmt.Sprintf("/api/v1/changesets/%d", c.ID)
	page.mustAct(c.ETag, "POST", path+"/edits", edits(map[string]any{"op": "update", "fid": 2, "baseVersion": 1, "properties": map[string]any{"owner": "Mười"}}), &put)
	page.mustAct(put.Changeset.ETag, "POST", path+"/submit", nil, nil)
	status, said = lan.attribute("2", map[string]any{"floors": 4})
	wantStatus(t, "after her own page", http.StatusNoContent, status, said)
	if got := h.row(t, plotNow, 2); got != "3|P-2|100.125|Mười|4|2026-01-01 00:00:00.25|gốc" {
		t.Error(got)
	}
	for range 2 { // QGIS keeps what it could not save, and people try again
		status, said = lan.attribute("1", map[string]any{"owner": "Tám", "floors": 3})
		wantStatus(t, "the same attribute", http.StatusConflict, status, said)
	}
	if !strings.Contains(said, "Người khác vừa sửa cùng chỗ") || !strings.Contains(said, "gói thay đổi") {
		t.Error(said)
	}
	if got := h.row(t, `SELECT string_agg(e.attributes::text, ';') FROM changeset c JOIN changeset_edit e ON e.changeset = c.id WHERE c.state = 'draft'`); got != `{"owner": "Tám", "floors": 3}` {
		t.Error("kept: ", got)
	}
	if got := h.row(t, plotNow, 1); got != "5|P-1|8.5|Bảy|1|2026-01-01 00:00:00.25|gốc" {
		t.Error(got)
	}
	status, said = lan.erase("1") // names no version
	wantStatus(t, "delete", http.StatusNoContent, status, said)
	status, said = mai.attribute("1", map[string]any{"floors": 9})
	wantStatus(t, "of what is gone", http.StatusConflict, status, said)
	lan.refresh()
	if lan.cache["1"] != nil {
		t.Error("it is still there")
	}
	if n := h.row(t, `SELECT count(*)::text FROM history_layer_plot WHERE fid = 1`); n != "5" {
		t.Errorf("%s versions are kept", n)
	}
}

// What nobody moved stays where it is stored, to the last bit, whatever was rounded on
// the way and whichever way round its ring was written.
func TestShapesKeepWhatNobodyMoved(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.plots(t, catalogue.ReviewNone, 2)
	const shapeNow = `SELECT ST_AsText(geom, 17) FROM layer_plot WHERE fid = $1`
	before := h.row(t, shapeNow, 1)
	q := h.desktop(t, "lan", true).open("plot")
	status, said := q.attribute("1", map[string]any{"owner": "Năm"})
	wantStatus(t, "attributes", http.StatusNoContent, status, said)
	if got := h.row(t, shapeNow, 1); got != before {
		t.Errorf("%s became %s", before, got)
	}
	status, said = q.attribute("1", map[string]any{})
	wantStatus(t, "nothing", http.StatusNoContent, status, said)
	if n := h.row(t, `SELECT count(*)::text FROM changeset WHERE author = 'lan'`); n != "1" {
		t.Errorf("%s changesets, want 1", n)
	}
	ring := q.cache["1"].geometry["coordinates"].([]any)[0].([]any)[0].([]any)
	ring[2] = []any{546055.5, 1060055.5}
	status, said = q.reshape("1", q.cache["1"].geometry)
	wantStatus(t, "one vertex", http.StatusNoContent, status, said)
	if n := h.row(t, `SELECT count(*)::text FROM ST_DumpPoints((SELECT geom FROM layer_plot WHERE fid = 1)) a JOIN ST_DumpPoints((SELECT geom FROM history_layer_plot WHERE fid = 1 LIMIT 1)) b ON a.path = b.path AND a.geom = b.geom`); n != "4" {
		t.Errorf("%s vertices are where they were, want 4", n)
	}
	// In longitude and latitude, and with the latitude first.
	for _, system := range []string{"http://www.opengis.net/def/crs/OGC/1.3/CRS84", "<http://www.opengis.net/def/crs/EPSG/0/4756>"} {
		before = h.row(t, shapeNow, 2)
		q.crs = strings.Trim(system, "<>")
		q.refresh()
		q.crs = system
		status, said = q.attribute("2", map[string]any{"owner": system})
		wantStatus(t, system, http.StatusNoContent, status, said)
		if got := h.row(t, shapeNow, 2); got != before {
			t.Errorf("%s: %s became %s", system, before, got)
		}
	}
}

// Where somebody reviews, the requests of a person gather in one draft, which is handed
// in when nothing more comes, also by another process than the one that gathered.
func TestQGISWithReview(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.plots(t, catalogue.ReviewApprove, 3)
	q := h.desktop(t, "lan", true).open("plot")
	if !q.post || !q.put {
		t.Fatal("not editable")
	}
	id, status, said := q.add(map[string]any{"code": "mới"}, shapeAt(547000, 1060000))
	wantStatus(t, "add", http.StatusAccepted, status, said)
	status, said = q.attribute(id, map[string]any{"owner": "Năm"})
	wantStatus(t, "of what waits", http.StatusAccepted, status, said)
	status, said = q.attribute("1", map[string]any{"owner": "Năm"})
	wantStatus(t, "change", http.StatusAccepted, status, said)
	status, said = q.reshape("1", shapeAt(546600, 1060000))
	wantStatus(t, "reshape", http.StatusAccepted, status, said)
	status, said = q.erase("2")
	wantStatus(t, "delete", http.StatusAccepted, status, said)
	const open = `SELECT string_agg(concat_ws(' ', state, (SELECT string_agg(op, ' ' ORDER BY n) FROM changeset_edit WHERE changeset = id)), ';' ORDER BY id) FROM changeset WHERE author = 'lan'`
	must(t, h.config.Changesets.HandIn(t.Context(), time.Now()))
	if got := h.row(t, open); got != "draft insert update delete" {
		t.Fatal(got)
	}
	must(t, h.config.Changesets.HandIn(t.Context(), time.Now().Add(2*time.Minute)))
	if got := h.row(t, open); got != "submitted insert update delete" {
		t.Fatal(got)
	}
	if got := h.row(t, plotNow, 1); got != "1|P-1|100.125|Sáu|1|2026-01-01 00:00:00.25|gốc" {
		t.Error(got)
	}
	// What goes on from there is another piece of work, and only what is new.
	status, said = q.attribute("1", map[string]any{"floors": 2})
	wantStatus(t, "afterwards", http.StatusAccepted, status, said)
	if got := h.row(t, `SELECT attributes::text FROM changeset_edit ORDER BY n DESC LIMIT 1`); got != `{"floors": 2}` {
		t.Error(got)
	}
	// What clashes with what is on the map by now does not hold up the rest.
	_, err := h.pool.Exec(t.Context(), `UPDATE layer_plot SET owner = 'Ba' WHERE fid = 3`)
	must(t, err)
	status, said = q.attribute("3", map[string]any{"owner": "Tư"})
	wantStatus(t, "a clash", http.StatusConflict, status, said)
	if got := h.row(t, `SELECT count(*)::text FROM changeset WHERE author = 'lan' AND state = 'draft'`); got != "2" {
		t.Errorf("%s drafts, want the one that gathers and the one that is kept", got)
	}
}

// Who may do what is said by OPTIONS before anybody tries, and again to who tries.
func TestPart4Rights(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.plots(t, catalogue.ReviewNone, 1)
	for account, post := range map[string]bool{"lan": true, "binh": true, "": false, "viewer": false} {
		q := h.desktop(t, account, true)
		if account == "viewer" {
			q.password = "xem-thoi-nhe-2026"
		}
		if q.open("plot"); q.post != post {
			t.Errorf("%q may add: %v", account, q.post)
		}
		status, said := q.erase("99")
		switch {
		case account == "" && (status != http.StatusUnauthorized || q.answers[0].Header.Get("WWW-Authenticate") == ""):
			t.Errorf("nobody: %d %s", status, said)
		case account == "viewer" && (status != http.StatusForbidden || !strings.Contains(said, "không có quyền")):
			t.Errorf("without the right: %d %s", status, said)
		case post && status != http.StatusNotFound:
			t.Errorf("with it: %d %s", status, said)
		}
	}
	_, err := h.pool.Exec(t.Context(), `DELETE FROM layer_plot`)
	must(t, err)
	if q := h.desktop(t, "lan", true).open("plot"); !q.put || !q.remove {
		t.Error("an empty layer is not editable")
	}
	c := h.signedIn(t, "lan")
	if allowed := c.request("OPTIONS", "/ogc/collections/plot/items", nil).Header.Get("Allow"); !strings.Contains(allowed, "POST") {
		t.Error("by session: ", allowed)
	}
}

// PATCH and PUT with If-Match, as clients do it that can say from which version they go on.
func TestPart4Preconditions(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.plots(t, catalogue.ReviewNone, 1)
	q := h.desktop(t, "lan", true).open("plot")
	item := q.items() + "/1"
	try := func(what, method, body string, want int, head ...string) string {
		t.Helper()
		all := http.Header{"Content-Type": {"application/geo+json"}, "Content-Crs": {"<" + q.crs + ">"}}
		if method == "PATCH" {
			all.Set("Content-Type", "application/merge-patch+json")
		}
		for i := 0; i < len(head); i += 2 {
			all.Set(head[i], head[i+1])
		}
		answer, said := q.request(method, item, all, []byte(body))
		wantStatus(t, what, want, answer.StatusCode, string(said))
		return answer.Header.Get("ETag")
	}
	const patch = `{"properties": {"owner": "Năm"}}`
	answer, _ := q.request("GET", item, nil, nil)
	tag := answer.Header.Get("ETag")
	if !strings.HasPrefix(tag, `"1-`) {
		t.Fatal(tag)
	}
	try("unchanged", "GET", "", http.StatusNotModified, "If-None-Match", tag)
	try("without If-Match", "PATCH", patch, http.StatusPreconditionRequired)
	try("with any", "PATCH", patch, http.StatusPreconditionRequired, "If-Match", "*")
	try("PUT with any", "PUT", string(q.cache["1"].export("1")), http.StatusPreconditionRequired, "If-Match", "*")
	try("without a shape", "PATCH", `{"geometry": null}`, http.StatusBadRequest, "If-Match", tag)
	try("without properties", "PATCH", `{"properties": null}`, http.StatusBadRequest, "If-Match", tag)
	next := try("with it", "PATCH", patch, http.StatusNoContent, "If-Match", tag)
	if next != `"2"` {
		t.Error(next)
	}
	try("with an old one", "PATCH", patch, http.StatusPreconditionFailed, "If-Match", tag)
	try("PUT with an old one", "PUT", string(q.cache["1"].export("1")), http.StatusPreconditionFailed, "If-Match", tag)
	try("DELETE with an old one", "DELETE", "", http.StatusPreconditionFailed, "If-Match", tag)
	delete(q.cache["1"].properties, "row_version")
	try("PUT of no version", "PUT", string(q.cache["1"].export("1")), http.StatusPreconditionRequired)
	delete(q.cache["1"].properties, "area")
	try("PUT with the new one", "PUT", string(q.cache["1"].export("1")), http.StatusNoContent, "If-Match", next)
	if got := h.row(t, plotNow, 1); got != "3|P-1|Sáu|1|2026-01-01 00:00:00.25|gốc" {
		t.Error(got)
	}
	for name, body := range map[string]string{"no JSON": "{", "no feature": `{"type": "Point"}`, "no geometry": `{"type": "Feature", "geometry": null, "properties": {"row_version": 3}}`,
		"another id":            `{"type": "Feature", "id": 2, "geometry": {"type": "Point", "coordinates": [0, 0]}, "properties": {"row_version": 3}}`,
		"an open ring":          `{"type": "Feature", "geometry": {"type": "MultiPolygon", "coordinates": [[[[0, 0], [1, 0], [1, 1]]]]}, "properties": {"row_version": 3, "code": "x"}}`,
		"an empty ring":         `{"type": "Feature", "geometry": {"type": "MultiPolygon", "coordinates": [[[]]]}, "properties": {"row_version": 3, "code": "x"}}`,
		"no rings":              `{"type": "Feature", "geometry": {"type": "Polygon", "coordinates": []}, "properties": {"row_version": 3, "code": "x"}}`,
		"no coordinates":        `{"type": "Feature", "geometry": {"type": "Polygon", "coordinates": null}, "properties": {"row_version": 3, "code": "x"}}`,
		"a hole in nothing":     `{"type": "Feature", "geometry": {"type": "GeometryCollection", "geometries": [null]}, "properties": {"row_version": 3, "code": "x"}}`,
		"beyond the earth":      `{"type": "Feature", "geometry": {"type": "MultiPolygon", "coordinates": [[[[0, 0], [1e308, 0], [1, 1], [0, 0]]]]}, "properties": {"row_version": 3, "code": "x"}}`,
		"properties of no kind": `{"type": "Feature", "geometry": {"type": "MultiPolygon", "coordinates": [[[[0, 0], [1, 0], [1, 1], [0, 0]]]]}, "properties": {"row_version": 3, "code": {"a": []}}}`,
		"no code":               `{"type": "Feature", "geometry": {"type": "MultiPolygon", "coordinates": [[[[0, 0], [1, 0], [1, 1], [0, 0]]]]}, "properties": {"row_version": 3}}`} {
		try(name, "PUT", body, http.StatusBadRequest)
	}
	try("another system", "PUT", string(q.cache["1"].export("1")), http.StatusBadRequest, "Content-Crs", "EPSG:1")
	try("another type", "PUT", string(q.cache["1"].export("1")), http.StatusUnsupportedMediaType, "Content-Type", "text/plain")
	try("restorable", "DELETE", "", http.StatusNoContent, "If-Match", `"3"`)
	try("what is gone", "DELETE", "", http.StatusPreconditionFailed, "If-Match", "*")
	if n := h.row(t, `SELECT count(*)::text FROM history_layer_plot`); n != "3" {
		t.Errorf("%s versions are kept, want 3", n)
	}
}

// What the check blocks is refused with a sentence, and kept.
func TestQGISIsBlockedByTopology(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.plots(t, catalogue.ReviewNone, 2)
	_, err := h.pool.Exec(t.Context(), `UPDATE layer SET topology = '{"overlap": {"severity": "block"}}' WHERE slug = 'plot'`)
	must(t, err)
	q := h.desktop(t, "lan", true).open("plot")
	var status int
	var said string
	for range 3 { // people try again
		_, status, said = q.add(map[string]any{"code": "đè"}, shapeAt(546022, 1060001))
		wantStatus(t, "an overlap", http.StatusUnprocessableEntity, status, said)
	}
	if !strings.Contains(said, "lỗi hình học") || !strings.Contains(said, "gói thay đổi") {
		t.Error(said)
	}
	if got := h.row(t, `SELECT string_agg(concat_ws(' ', state, (SELECT attributes ->> 'code' FROM changeset_edit WHERE changeset = id)), ', ') FROM changeset WHERE author = 'lan' AND state <> 'dropped'`); got != "draft đè" {
		t.Error(got)
	}
}
