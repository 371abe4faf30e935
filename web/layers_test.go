package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/features/featuretest"
	"haidang/internal/auth"

	"github.com/paulmach/orb"
)

// editorOf makes an account that edits for one agency.
func (h *house) editorOf(t *testing.T, agency string) *client {
	t.Helper()
	name := "editor." + agency
	_, err := h.accounts.Create(t.Context(), "admin", auth.NewAccount{Name: haidang.AccountName(name), FullName: name, Password: "bien-tap-nhe-2026",
		Grants: []auth.Grant{{Role: auth.RoleEditor, Agency: haidang.AgencyCode(agency)}}})
	must(t, err)
	c := h.visitor(t)
	if status, body := c.do("POST", "/api/v1/session", map[string]string{"account": name, "password": "bien-tap-nhe-2026"}); status != http.StatusOK {
		t.Fatalf("sign in %s: %d %s", name, status, body)
	}
	return c
}

func TestLayerIsMadeChangedEmptiedAndRemoved(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	c := h.as(t, "admin")
	status, body := c.do("POST", "/api/v1/layers", map[string]any{"template": "control_point", "slug": "moc", "owner": "sotnmt", "crs": "EPSG:5897",
		"edit": map[string]any{"title": map[string]string{"vi": "Mốc", "en": "Markers"}}})
	var made layerEntry
	must(t, json.Unmarshal([]byte(body), &made))
	if status != http.StatusCreated || made.CRS != "EPSG:5897" || made.Title.VI != "Mốc" || !made.Manage || made.ETag == "" {
		t.Fatalf("made: %d %s", status, body)
	}
	rights := map[string]any{"rights": []map[string]string{{"verb": "see", "grantee": "public"}}, "minZoom": 9}
	if status, body = c.do("PATCH", "/api/v1/layers/moc", rights); status != http.StatusPreconditionRequired {
		t.Errorf("without If-Match: %d %s", status, body)
	}
	c.head.Set("If-Match", `"old"`)
	if status, body = c.do("PATCH", "/api/v1/layers/moc", rights); status != http.StatusPreconditionFailed {
		t.Errorf("from an old state: %d %s", status, body)
	}
	c.head.Set("If-Match", made.ETag)
	mistyped := map[string]any{"rights": []map[string]string{{"verb": "edit", "grantee": "account:edditor"}}}
	if status, body = c.do("PATCH", "/api/v1/layers/moc", mistyped); status != http.StatusBadRequest || !strings.Contains(body, "edditor") {
		t.Errorf("a right for an account that does not exist: %d %s", status, body)
	}
	status, body = c.do("PATCH", "/api/v1/layers/moc", rights)
	var changed layerEntry
	must(t, json.Unmarshal([]byte(body), &changed))
	if status != http.StatusOK || changed.MinZoom != 9 || len(changed.Rights) != 1 || changed.ETag == made.ETag || changed.Title.VI != "Mốc" {
		t.Fatalf("changed: %d %s", status, body)
	}
	h.addPoint(t, "moc")
	if status, body = c.do("DELETE", "/api/v1/layers/moc", nil); status != http.StatusBadRequest || !strings.Contains(body, "confirm") {
		t.Errorf("removed without a word: %d %s", status, body)
	}
	if status, body = c.do("POST", "/api/v1/layers/moc/empty", map[string]string{"confirm": "moc"}); status != http.StatusOK || !strings.Contains(body, `"removed":1`) {
		t.Errorf("emptied: %d %s", status, body)
	}
	if status, body = c.do("DELETE", "/api/v1/layers/moc", nil); status != http.StatusNoContent {
		t.Errorf("removed: %d %s", status, body)
	}
	if status, _ = c.do("GET", "/api/v1/layers/moc", nil); status != http.StatusNotFound {
		t.Errorf("read after its end: %d", status)
	}
	_, log := c.do("GET", "/api/v1/audit?limit=10", nil)
	for _, act := range []string{"layer.create", "layer.change", "layer.empty", "layer.delete"} {
		if !strings.Contains(log, act) {
			t.Errorf("%s is not in the audit log", act)
		}
	}
}

func (h *house) addPoint(t *testing.T, slug string) {
	t.Helper()
	must(t, pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error {
		l, err := catalogue.Get(t.Context(), tx, "moc")
		if err != nil {
			return err
		}
		_, err = featuretest.Apply(t.Context(), tx, l, []featuretest.Change{{Op: featuretest.Insert, Properties: map[string]any{"code": slug + "-1", "class": "DC"}, Geometry: orb.Point{600_000, 1_060_000}}})
		return err
	}))
}

// TestOwnersManageTheirLayersOnly: an editor of one agency makes and changes what is
// the agency's, sees what else is shown, and nothing more.
func TestOwnersManageTheirLayersOnly(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	c := h.editorOf(t, "sotnmt")
	layer := func(owner string) map[string]any {
		return map[string]any{"template": "water_resource", "slug": "gieng_" + owner, "owner": owner}
	}
	if status, body := c.do("POST", "/api/v1/layers", layer("sogtvt")); status != http.StatusForbidden {
		t.Errorf("a layer for another agency: %d %s", status, body)
	}
	if status, body := c.do("POST", "/api/v1/layers", layer("sotnmt")); status != http.StatusCreated {
		t.Errorf("a layer for its own agency: %d %s", status, body)
	}
	c.head.Set("If-Match", "*")
	if status, _ := c.do("PATCH", "/api/v1/layers/irrigation", map[string]any{"theme": "x"}); status != http.StatusForbidden {
		t.Errorf("changed another's layer: %d", status)
	}
	if status, _ := c.do("PATCH", "/api/v1/layers/land", map[string]any{"theme": "x"}); status != http.StatusForbidden {
		t.Errorf("changed the base map: %d", status)
	}
	if status, _ := c.do("PATCH", "/api/v1/layers/gieng_sotnmt", map[string]any{"owner": "sogtvt"}); status != http.StatusForbidden {
		t.Errorf("gave its layer to another agency: %d", status)
	}
	if status, body := c.do("PATCH", "/api/v1/layers/gieng_sotnmt", map[string]any{"columns": map[string]any{"nothing": map[string]any{}}}); status != http.StatusBadRequest {
		t.Errorf("changed a column that is not there: %d %s", status, body)
	}
}

// A layer is handed over with the rights that its owner had, and the one before can do no
// more with it than others.
func TestLayerIsHandedOver(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	c := h.as(t, "admin")
	c.head.Set("If-Match", "*")
	if status, body := c.do("PATCH", "/api/v1/layers/irrigation", map[string]any{"owner": "nobody"}); status != http.StatusBadRequest || !strings.Contains(body, `"owner"`) {
		t.Errorf("to an agency that is none: %d %s", status, body)
	}
	if status, body := c.do("PATCH", "/api/v1/layers/irrigation", map[string]any{"owner": "sotnmt"}); status != http.StatusOK || !strings.Contains(body, `"owner":"sotnmt"`) ||
		!strings.Contains(body, `"grantee":"agency:sotnmt"`) || strings.Contains(body, `"grantee":"agency:sonnptnt"`) {
		t.Errorf("%d %s", status, body)
	}
	for agency, want := range map[string]int{"sotnmt": http.StatusOK, "sonnptnt": http.StatusForbidden} {
		e := h.editorOf(t, agency)
		e.head.Set("If-Match", "*")
		if status, body := e.do("PATCH", "/api/v1/layers/irrigation", map[string]any{"theme": agency}); status != want {
			t.Errorf("an editor of %s: %d %s", agency, status, body)
		}
	}
	if status, _ := c.do("PATCH", "/api/v1/layers/land", map[string]any{"owner": "sotnmt"}); status != http.StatusForbidden {
		t.Errorf("the base map was handed over: %d", status)
	}
}

func TestCodeListsGrowByVersions(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	c := h.as(t, "admin")
	code := []map[string]any{{"code": "LUC", "label": map[string]string{"vi": "Lúa", "en": "Rice"}, "colour": "#fffc8c"}}
	version := map[string]any{"validFrom": "2026-09-01", "source": "Thông tư mới", "codes": code}
	status, body := c.do("POST", "/api/v1/code-lists/land_use/versions", version)
	if status != http.StatusPreconditionRequired {
		t.Errorf("without If-Match: %d %s", status, body)
	}
	c.head.Set("If-Match", `"1"`)
	status, body = c.do("POST", "/api/v1/code-lists/land_use/versions", version)
	if status != http.StatusCreated || !strings.Contains(body, `"version":2`) {
		t.Fatalf("second version: %d %s", status, body)
	}
	if status, body = c.do("POST", "/api/v1/code-lists/land_use/versions", version); status != http.StatusPreconditionFailed {
		t.Errorf("a second one made of version 1: %d %s", status, body)
	}
	c.head.Set("If-Match", `"2"`)
	version["validFrom"] = "2010-01-01"
	if status, body = c.do("POST", "/api/v1/code-lists/land_use/versions", version); status != http.StatusBadRequest {
		t.Errorf("in force before the first: %d %s", status, body)
	}
	for query, codes := range map[string]int{"?version=1": 71, "": 1} {
		var list catalogue.CodeList
		c.get("/api/v1/code-lists/land_use"+query, &list)
		if len(list.Codes) != codes {
			t.Errorf("%q: %d codes, want %d", query, len(list.Codes), codes)
		}
	}
	var all struct{ CodeLists []catalogue.CodeList }
	if c.get("/api/v1/code-lists/land_use/versions", &all); len(all.CodeLists) != 2 || all.CodeLists[0].Version != 2 {
		t.Errorf("its versions: %+v", all.CodeLists)
	}
	if _, body = c.do("GET", "/api/v1/code-lists/land_use", nil); !strings.Contains(body, `"withdrawn":[{"code":"BCS","label":`) {
		t.Errorf("what was withdrawn keeps its name: %.300s", body)
	}
	_, before := h.visitor(t).do("GET", "/api/v1/code-lists?day=2025-01-01", nil)
	if !strings.Contains(before, "chuyên trồng lúa nước") {
		t.Error("the first version is no longer what was in force in 2025")
	}
}

// A list of thousands of codes is one request; anything else stays within maxJSONBytes.
func TestLongCodeListsAreTaken(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	c := h.as(t, "admin")
	list := func(n, label int) map[string]any {
		codes := make([]map[string]any, n)
		for i := range codes {
			codes[i] = map[string]any{"code": fmt.Sprint(i), "label": map[string]string{"vi": strings.Repeat("d", label), "en": ""}}
		}
		return map[string]any{"title": map[string]string{"vi": "Dài", "en": "Long"}, "validFrom": "2026-01-01", "source": "Sở", "codes": codes}
	}
	if status, body := c.do("POST", "/api/v1/code-lists/long/versions", list(5000, 200)); status != http.StatusCreated {
		t.Errorf("5000 codes: %d %.200s", status, body)
	}
	if status, body := c.do("POST", "/api/v1/code-lists/huge/versions", list(5000, 400)); status != http.StatusRequestEntityTooLarge {
		t.Errorf("more than 2 MiB: %d %.200s", status, body)
	}
	if status, body := c.do("POST", "/api/v1/code-tables", map[string]string{"table": strings.Repeat("A,B\n", 100) + "A,\"B"}); status != http.StatusBadRequest || !strings.Contains(body, "101") {
		t.Errorf("a broken table: %d %.200s", status, body)
	}
	c.head.Set("If-Match", "*")
	if status, _ := c.do("PATCH", "/api/v1/layers/irrigation", map[string]any{"theme": strings.Repeat("d", 70_000)}); status != http.StatusRequestEntityTooLarge {
		t.Errorf("70 kB to another route: %d", status)
	}
	c.head.Del("If-Match")
	c.head.Set("If-None-Match", "*")
	if status, body := c.do("POST", "/api/v1/code-lists/long/versions", list(1, 1)); status != http.StatusConflict || !strings.Contains(body, `"field":"slug"`) {
		t.Errorf("a new list under a name that is taken: %d %.200s", status, body)
	}
}

// A layer of one's own columns; columns come later too, with their features in place.
func TestLayersOfOwnColumns(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	c := h.as(t, "admin")
	label := map[string]string{"vi": "Mã", "en": "Code"}
	layer := map[string]any{"slug": "moc", "owner": "sotnmt", "geometry": "Point", "edit": map[string]any{"title": map[string]string{"vi": "Mốc", "en": "Markers"}, "sector": "land"},
		"columns": []map[string]any{{"name": "code", "type": "text", "label": label, "required": true}, {"name": "class", "type": "code", "label": label, "codeList": "no_such_list"}}}
	if status, body := c.do("POST", "/api/v1/layers", layer); status != http.StatusBadRequest || !strings.Contains(body, `"field":"columns.class"`) {
		t.Errorf("a column of a list that is not there: %d %s", status, body)
	}
	layer["columns"].([]map[string]any)[1]["codeList"] = "land_use"
	if status, body := c.do("POST", "/api/v1/layers", layer); status != http.StatusCreated {
		t.Fatalf("made: %d %s", status, body)
	}
	layer["template"] = "control_point"
	if status, body := c.do("POST", "/api/v1/layers", layer); status != http.StatusBadRequest || !strings.Contains(body, `"field":"geometry"`) {
		t.Errorf("a geometry besides the template's: %d %s", status, body)
	}
	delete(layer, "template")
	if status, body := c.do("POST", "/api/v1/layers", layer); status != http.StatusConflict || !strings.Contains(body, `"field":"slug"`) {
		t.Errorf("made twice: %d %s", status, body)
	}
	var before, after layerEntry
	c.get("/api/v1/layers/moc", &before)
	h.addPoint(t, "moc")
	if c.get("/api/v1/layers/moc", &after); before.ChangedAt == nil || after.ChangedAt == nil || !after.ChangedAt.After(*before.ChangedAt) {
		t.Errorf("changed at %v, after a feature more at %v", before.ChangedAt, after.ChangedAt)
	}
	c.head.Set("If-Match", "*")
	more := func(required bool) map[string]any {
		return map[string]any{"addColumns": []map[string]any{{"name": "depth", "type": "number", "label": label, "unit": "m", "required": required}}, "label": "depth"}
	}
	if status, body := c.do("PATCH", "/api/v1/layers/moc", more(true)); status != http.StatusBadRequest || !strings.Contains(body, `"field":"columns.depth"`) {
		t.Errorf("a required column later: %d %s", status, body)
	}
	status, body := c.do("PATCH", "/api/v1/layers/moc", more(false))
	if status != http.StatusOK || !strings.Contains(body, `"count":1`) {
		t.Fatalf("one more column: %d %s", status, body)
	}
	if status, body = c.do("GET", "/ogc/collections/moc/items?f=json", nil); status != http.StatusOK || !strings.Contains(body, `"depth":null`) {
		t.Errorf("features after it: %d %s", status, body)
	}
}

// Whoever may see a layer sees how it would look; what is wrong is named, nothing is kept.
func TestLookIsPreviewed(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	c := h.as(t, "viewer")
	status, body := c.do("POST", "/api/v1/layers/irrigation/look", map[string]any{"class": "", "style": map[string]any{"line": "#123456"}})
	if status != http.StatusOK || !strings.Contains(body, "#123456") {
		t.Errorf("a look: %d %s", status, body)
	}
	if status, body = c.do("POST", "/api/v1/layers/irrigation/look", map[string]any{"style": map[string]any{"line": "red"}}); status != http.StatusBadRequest || !strings.Contains(body, `"field":"style.line"`) {
		t.Errorf("no colour: %d %s", status, body)
	}
	if _, body = c.do("GET", "/api/v1/layers/irrigation", nil); strings.Contains(body, "#123456") {
		t.Error("the preview was kept")
	}
}
