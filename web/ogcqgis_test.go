package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"haidang"
	"haidang/geo"
	"haidang/internal/auth"
)

// desktop asks as QGIS does: the order of its requests, their headers and bodies are read
// from its provider OAPIF (3.34 to 3.44), no version of which runs here that edits.
type desktop struct {
	t        *testing.T
	base     string
	account  string
	password string
	schema   bool // 3.44: reads the schema of part 5, and the feature again after it is added

	layer   string
	crs     string   // of the layer, as Content-Crs says it
	fields  []string // in the order of the schema, or of the first features
	post    bool     // may add
	put     bool     // may change
	remove  bool     // may delete
	cache   map[string]*cached
	answers []*http.Response // of what it sent, the last last
}

// cached is a feature as QGIS keeps it: what it saved itself is changed here, and nothing else.
type cached struct {
	properties map[string]any
	geometry   map[string]any
}

const editorPassword = "bien-tap-nhe-2026"

// newEditor makes an account that edits for the agency of the environment.
func (h *house) newEditor(t *testing.T, name string, roles ...auth.Role) {
	t.Helper()
	grants := []auth.Grant{{Role: auth.RoleEditor, Agency: geo.AgencyEnvironment}}
	for _, r := range roles {
		grants = append(grants, auth.Grant{Role: r, Agency: geo.AgencyEnvironment})
	}
	_, err := h.accounts.Create(t.Context(), "admin", auth.NewAccount{Name: haidang.AccountName(name), FullName: name, Password: editorPassword, Grants: grants})
	must(t, err)
}

func (h *house) desktop(t *testing.T, account string, schema bool) *desktop {
	return &desktop{t: t, base: h.URL() + "/ogc", account: account, password: editorPassword, schema: schema, cache: map[string]*cached{}}
}

func (q *desktop) request(method, address string, head http.Header, body []byte) (*http.Response, []byte) {
	q.t.Helper()
	r, err := http.NewRequestWithContext(q.t.Context(), method, address, bytes.NewReader(body))
	must(q.t, err)
	for name, values := range head {
		r.Header[name] = values
	}
	r.Header.Set("User-Agent", "Mozilla/5.0 QGIS/34400/Debian GNU/Linux")
	if q.account != "" {
		r.SetBasicAuth(q.account, q.password)
	}
	answer, err := http.DefaultClient.Do(r)
	must(q.t, err)
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	must(q.t, err)
	return answer, data
}

func (q *desktop) get(address, accept string) (doc map[string]any) {
	q.t.Helper()
	answer, data := q.request("GET", address, http.Header{"Accept": {accept}}, nil)
	if answer.StatusCode != http.StatusOK {
		q.t.Fatalf("GET %s: %d %s", address, answer.StatusCode, data)
	}
	must(q.t, json.Unmarshal(data, &doc))
	return doc
}

// linkOf is the address of the first link of that relation whose type begins so.
func linkOf(doc map[string]any, rel, kind string) string {
	for _, l := range doc["links"].([]any) {
		link := l.(map[string]any)
		if link["rel"] == rel && strings.HasPrefix(link["type"].(string), kind) {
			return link["href"].(string)
		}
	}
	return ""
}

// open adds the layer to the map: QgsOapifProvider::init and computeCapabilities.
func (q *desktop) open(layer string) *desktop {
	q.t.Helper()
	q.layer = layer
	landing := q.get(q.base, "application/json")
	q.get(linkOf(landing, "service-desc", "application/vnd.oai.openapi+json;version=3.0"), "application/vnd.oai.openapi+json;version=3.0")
	collection := q.get(linkOf(landing, "data", "application/json")+"/"+layer, "application/json")
	q.get(linkOf(landing, "conformance", "application/json"), "application/json")
	q.crs = collection["storageCrs"].(string)
	first := q.get(q.items()+"?limit=10", "application/geo+json")["features"].([]any)
	test := "unknown_id"
	if len(first) > 0 {
		f := first[0].(map[string]any)
		test = fmt.Sprint(int64(f["id"].(float64)))
		q.fields = keys(f["properties"])
	}
	if q.schema {
		doc := q.get(linkOf(collection, "http://www.opengis.net/def/rel/ogc/1.0/schema", "application/schema+json"), "application/schema+json")
		q.fields = nil
		for name, p := range doc["properties"].(map[string]any) {
			if _, typed := p.(map[string]any)["type"]; typed {
				q.fields = append(q.fields, name)
			}
		}
	}
	q.post = slices.Contains(q.options(q.items()), "POST")
	if q.post {
		allowed := q.options(q.items() + "/" + test)
		q.put, q.remove = slices.Contains(allowed, "PUT"), slices.Contains(allowed, "DELETE")
		if slices.Contains(allowed, "PATCH") {
			q.t.Error("QGIS would use PATCH")
		}
	}
	q.refresh()
	return q
}

func keys(properties any) (names []string) {
	for name := range properties.(map[string]any) {
		names = append(names, name)
	}
	return names
}

func (q *desktop) items() string { return q.base + "/collections/" + q.layer + "/items" }

func (q *desktop) options(address string) (allowed []string) {
	q.t.Helper()
	answer, _ := q.request("OPTIONS", address, nil, nil)
	if answer.StatusCode != http.StatusOK {
		q.t.Fatalf("OPTIONS %s: %d", address, answer.StatusCode)
	}
	for method := range strings.SplitSeq(answer.Header.Get("Allow"), ",") {
		allowed = append(allowed, strings.TrimSpace(method))
	}
	return allowed
}

// refresh reads the layer again in its own system, as when it is reloaded.
func (q *desktop) refresh() {
	q.t.Helper()
	q.cache = map[string]*cached{}
	for _, f := range q.get(q.items()+"?limit=1000&crs="+url.QueryEscape(q.crs), "application/geo+json")["features"].([]any) {
		f := f.(map[string]any)
		q.cache[fmt.Sprint(int64(f["id"].(float64)))] = &cached{q.attributes(f["properties"].(map[string]any)), f["geometry"].(map[string]any)}
	}
}

// attributes are the values of the layer's fields; those that the feature lacks are NULL.
func (q *desktop) attributes(properties map[string]any) map[string]any {
	all := map[string]any{}
	for _, name := range q.fields {
		all[name] = properties[name]
	}
	return all
}

// export is QgsJsonExporter: six decimals, every field, and UTC said by nothing.
func (c *cached) export(id string) []byte {
	properties := map[string]any{}
	for name, v := range c.properties {
		if s, ok := v.(string); ok && strings.HasSuffix(s, "Z") && len(s) > len("2006-01-02") {
			v, _, _ = strings.Cut(strings.TrimSuffix(s, "Z"), ".")
		}
		properties[name] = v
	}
	f := map[string]any{"type": "Feature", "geometry": map[string]any{"type": c.geometry["type"], "coordinates": sixDecimals(c.geometry["coordinates"])}, "properties": properties}
	if id != "" {
		f["id"] = id
	}
	data, _ := json.Marshal(f)
	return data
}

func sixDecimals(v any) any {
	switch v := v.(type) {
	case float64:
		return math.Round(v*1e6) / 1e6
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = sixDecimals(v[i])
		}
		return list
	}
	return v
}

func (q *desktop) send(method, address string, body []byte) (int, string) {
	q.t.Helper()
	head := http.Header{}
	if body != nil {
		head = http.Header{"Content-Type": {"application/geo+json"}, "Content-Crs": {q.crs}}
	}
	answer, data := q.request(method, address, head, body)
	q.answers = append(q.answers, answer)
	return answer.StatusCode, string(data)
}

// ok is what QGIS takes for success.
func ok(status int) bool { return status/100 == 2 }

// add is QgsOapifProvider::addFeatures with one feature.
func (q *desktop) add(properties, geometry map[string]any) (id string, status int, said string) {
	q.t.Helper()
	c := &cached{q.attributes(properties), geometry}
	if status, said = q.send("POST", q.items(), c.export("")); !ok(status) {
		return "", status, said
	}
	_, id, _ = strings.Cut(q.answers[len(q.answers)-1].Header.Get("Location"), "/items/")
	if id == "" {
		q.t.Fatal("no Location")
	}
	if q.schema {
		if answer, data := q.request("GET", q.items()+"/"+id, http.Header{"Accept": {"application/geo+json"}}, nil); answer.StatusCode == http.StatusOK {
			var f struct{ Properties map[string]any }
			must(q.t, json.Unmarshal(data, &f))
			c.properties = q.attributes(f.Properties)
		}
	}
	q.cache[id] = c
	return id, status, said
}

// attribute is QgsOapifProvider::changeAttributeValues with one feature.
func (q *desktop) attribute(id string, changes map[string]any) (status int, said string) {
	q.t.Helper()
	f := &cached{map[string]any{}, q.cache[id].geometry}
	for _, part := range []map[string]any{q.cache[id].properties, changes} {
		for name, v := range part {
			f.properties[name] = v
		}
	}
	if status, said = q.send("PUT", q.items()+"/"+id, f.export(id)); ok(status) {
		q.cache[id] = f
	}
	return status, said
}

// reshape is QgsOapifProvider::changeGeometryValues with one feature.
func (q *desktop) reshape(id string, geometry map[string]any) (status int, said string) {
	q.t.Helper()
	f := &cached{q.cache[id].properties, geometry}
	if status, said = q.send("PUT", q.items()+"/"+id, f.export(id)); ok(status) {
		q.cache[id] = f
	}
	return status, said
}

// erase is QgsOapifProvider::deleteFeatures with one feature.
func (q *desktop) erase(id string) (status int, said string) {
	q.t.Helper()
	if status, said = q.send("DELETE", q.items()+"/"+id, nil); ok(status) {
		delete(q.cache, id)
	}
	return status, said
}
