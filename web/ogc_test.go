package web

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo"
	"haidang/geo/catalogue"
)

// wellLayer is an open layer with a column of every type.
func wellLayer() catalogue.Layer {
	return catalogue.Layer{Slug: "well", Kind: catalogue.Vector, Title: haidang.Text{VI: "Giếng khoan", EN: "Wells"},
		Description: haidang.Text{VI: "Giếng khai thác nước dưới đất.", EN: "Wells that take groundwater."},
		Sector:      "water", Owner: geo.AgencyEnvironment, Licence: "CC-BY-4.0", Attribution: "Sở TN&MT", SRID: 959209, Geometry: "Point", MinZoom: 6, MaxZoom: 16,
		Columns: []catalogue.Column{
			{Name: "code", Type: catalogue.Text, Label: haidang.Text{VI: "Số hiệu", EN: "Code"}, Required: true, FromZoom: catalogue.From(0)},
			{Name: "depth", Type: catalogue.Number, Label: haidang.Text{VI: "Độ sâu", EN: "Depth"}, Unit: "m", FromZoom: catalogue.From(12)},
			{Name: "users", Type: catalogue.Integer}, {Name: "public", Type: catalogue.Boolean}, {Name: "dug", Type: catalogue.Date},
			{Name: "measured", Type: catalogue.DateTime}, {Name: "kind", Type: catalogue.CodeType, CodeList: "well_kind"}},
		Key: []string{"code"}, Search: []string{"code"}, Class: "kind", Rights: catalogue.OpenRights(geo.AgencyEnvironment), Review: catalogue.ReviewNone}
}

// makeLayer creates a layer and fills it by a statement.
func (h *house) makeLayer(t *testing.T, l catalogue.Layer, fill string) catalogue.Layer {
	t.Helper()
	must(t, pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error {
		if err := catalogue.Create(t.Context(), tx, l); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), fill)
		return err
	}))
	made, err := catalogue.Get(t.Context(), h.pool, l.Slug)
	must(t, err)
	eventually(t, "tiles know the layer", func() bool { _, err := h.config.Tiles.Layer(l.Slug); return err == nil })
	return made
}

const someWells = `INSERT INTO layer_well (code, depth, users, public, dug, measured, kind, geom)
	SELECT 'G-' || lpad(i::text, 6, '0'), i + 0.5, i, i % 2 = 0, date '2020-01-01' + i, timestamptz '2026-01-01 00:00:00Z' + i * interval '1 hour', CASE WHEN i % 3 = 0 THEN 'deep' ELSE 'shallow' END,
	ST_SetSRID(ST_MakePoint(545000 + (i % 100) * 50 + 0.1234, 1060000 + (i / 100) * 50), 959209) FROM generate_series(1, $N) AS i`

// openWells opens a house with n wells and a code list.
func openWells(t *testing.T, n int) *house {
	t.Helper()
	h := openHouse(t)
	must(t, pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error {
		return catalogue.WriteCodeList(t.Context(), tx, catalogue.CodeList{Slug: "well_kind", Title: haidang.Text{VI: "Loại giếng", EN: "Kinds of wells"}, Version: 1,
			Source: "test", RecordedBy: "test", Codes: []catalogue.Code{{Code: "deep", Label: haidang.Text{VI: "Sâu", EN: "Deep"}}, {Code: "shallow", Label: haidang.Text{VI: "Nông", EN: "Shallow"}}}})
	}))
	h.makeLayer(t, wellLayer(), strings.ReplaceAll(someWells, "$N", strconv.Itoa(n)))
	return h
}

// featureCollection is a page of features.
type featureCollection struct {
	Type     string
	Features []struct {
		ID         int64
		Geometry   struct{ Coordinates []float64 }
		Properties map[string]any
	}
	Links          []struct{ Href, Rel, Type string }
	NumberMatched  *int
	NumberReturned int
}

func (f featureCollection) link(rel string) string {
	for _, l := range f.Links {
		if l.Rel == rel {
			return l.Href
		}
	}
	return ""
}

// TestOGCPages asks one thing each and looks at status, words and heads.
func TestOGCPages(t *testing.T) {
	t.Parallel()
	h := openWells(t, 250)
	eventually(t, "the layer's extent is measured, which happens beside", func() bool {
		_, body := h.visitor(t).do("GET", "/ogc/collections/well/tiles/WebMercatorQuad", nil)
		return strings.Contains(body, "tileMatrixSetLimits")
	})
	const crs84, zone, epsg4326 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84", "http://www.opengis.net/def/crs/EPSG/0/9209", "http://www.opengis.net/def/crs/EPSG/0/4326"
	page := map[string]string{"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
	items := "/ogc/collections/well/items"
	for _, s := range []scenario{
		{name: "landing", path: "/ogc", status: 200, has: []string{`"rel":"service-desc","type":"application/vnd.oai.openapi+json;version=3.0"`, `"rel":"data","type":"application/json"`, h.URL() + "/ogc/collections"},
			heads: map[string]string{"Content-Type": "application/json", "Content-Language": "vi", "Access-Control-Allow-Origin": "*", "Link": "/ogc"}},
		{name: "landing with a slash", path: "/ogc/", status: 200, has: []string{`"links":`}},
		{name: "landing page", path: "/ogc", head: page, status: 200, has: []string{`<html lang="vi">`, "Địa chỉ để kết nối", "/ogc/assets/ogc.css"}, lacks: []string{"<script", "style="},
			heads: map[string]string{"Content-Type": "text/html"}},
		{name: "landing page in English", path: "/ogc?f=html&lang=en", status: 200, has: []string{`<html lang="en">`, "The address to connect to"}},
		{name: "JSON though a browser asks", path: "/ogc?f=json", head: page, status: 200, heads: map[string]string{"Content-Type": "application/json"}},
		{name: "conformance", path: "/ogc/conformance", status: 200, has: []string{"ogcapi-features-2/1.0/conf/crs"}},
		{name: "conformance page", path: "/ogc/conformance?f=html", status: 200, has: []string{"ogcapi-features-2/1.0/conf/crs"}},
		{name: "the style sheet", path: "/ogc/assets/ogc.css", status: 200, heads: map[string]string{"Content-Type": "text/css"}},
		{name: "openapi", path: "/ogc/api", status: 200, has: []string{`"openapi":"3.0.3"`, `"/collections/well/items"`, `"name":"depth"`, `"url":"` + h.URL() + `/ogc"`}, lacks: []string{"irrigation"},
			heads: map[string]string{"Content-Type": "application/vnd.oai.openapi+json;version=3.0"}},
		{name: "openapi for staff has closed layers", as: "operator", path: "/ogc/api", status: 200, has: []string{"irrigation"}},
		{name: "functions", path: "/ogc/functions", status: 200, has: []string{`"functions":[]`}},
		{name: "collections", path: "/ogc/collections", status: 200, has: []string{`"id":"well"`, `"title":"Giếng khoan"`, `"storageCrs":"` + zone + `"`, `"crs":["` + crs84 + `"`, `"itemType":"feature"`}, lacks: []string{"irrigation"}},
		{name: "collections for staff", as: "operator", path: "/ogc/collections", status: 200, has: []string{`"id":"irrigation"`}},
		{name: "collections page", path: "/ogc/collections?f=html", status: 200, has: []string{"Giếng khoan", "EPSG:9209", "Đăng nhập"}},
		{name: "collection", path: "/ogc/collections/well", status: 200, has: []string{`"rel":"items"`, `"rel":"http://www.opengis.net/def/rel/ogc/1.0/queryables"`, `"license":"CC-BY-4.0"`}},
		{name: "collection page", path: "/ogc/collections/well?f=html&lang=en", status: 200, has: []string{"<h1>Wells</h1>", "Depth", "EPSG:9209"}},
		{name: "a closed collection does not exist", path: "/ogc/collections/irrigation", status: 404, lacks: []string{"WWW-Authenticate"}},
		{name: "nor do its features", path: "/ogc/collections/irrigation/items", status: 404},
		{name: "nor its tiles", path: "/ogc/collections/irrigation/tiles/WebMercatorQuad/10/470/814", status: 404},
		{name: "for staff it does", as: "operator", path: "/ogc/collections/irrigation/items?limit=1", status: 200, has: []string{`"numberReturned":1`}, heads: map[string]string{"Cache-Control": "private"}},
		{name: "no such collection, as a page", path: "/ogc/collections/nothing?f=html", status: 404, has: []string{"<html", "nothing"}, heads: map[string]string{"Content-Type": "text/html"}},
		{name: "schema", path: "/ogc/collections/well/schema", status: 200, heads: map[string]string{"Content-Type": "application/schema+json"}, has: []string{
			`"$id":"` + h.URL() + `/ogc/collections/well/schema"`, `"format":"geometry-point"`, `"x-ogc-role":"primary-geometry"`, `"x-ogc-role":"id"`,
			`"x-ogc-unit":"m"`, `{"const":"deep","title":"Sâu"}`, `"required":["code"]`, `"additionalProperties":false`, `"format":"date-time"`}},
		{name: "queryables", path: "/ogc/collections/well/queryables", status: 200, has: []string{`"geometry":{"format":"geometry-point"`, `"depth":{"type":"number"`}, lacks: []string{`"required"`}},
		{name: "items", path: items, status: 200, has: []string{`"numberMatched":250`, `"numberReturned":100`, `"rel":"next"`, `"depth":1.5`, `"dug":"2020-01-02"`, `"measured":"2026-01-01T01:00:00Z"`, `"public":false`},
			heads: map[string]string{"Content-Type": "application/geo+json", "Content-Crs": "<" + crs84 + ">", "Link": "items", "Access-Control-Allow-Origin": "*"}},
		{name: "items in the layer's own system", path: items + "?limit=1&crs=" + zone, status: 200, has: []string{`[545050.1234,1060000]`}, heads: map[string]string{"Content-Crs": "<" + zone + ">"}},
		{name: "latitude first", path: items + "?limit=1&crs=" + epsg4326, status: 200, has: []string{`"coordinates":[9.58`}},
		{name: "a box", path: items + "?bbox=105.9,9.5,105.9105,9.6", status: 200, has: []string{`"numberMatched":`}},
		{name: "a box, latitude first", path: items + "?bbox=9.5,105.9,9.6,105.93&bbox-crs=" + epsg4326, status: 200, has: []string{`"numberMatched":`}},
		{name: "a box in metres", path: items + "?bbox=545040,1059990,545060,1060010&bbox-crs=" + zone, status: 200, has: []string{`"numberMatched":1,`, "G-000001"}},
		{name: "a box over the antimeridian", path: items + "?bbox=177,65,-177,70", status: 200, has: []string{`"numberMatched":0`, `"features":[]`}},
		{name: "text filter", path: items + "?filter=" + url.QueryEscape("depth > 240 AND kind = 'deep'"), status: 200, has: []string{`"numberMatched":4,`}},
		{name: "JSON filter", path: items + "?filter-lang=cql2-json&filter=" + url.QueryEscape(`{"op":"<","args":[{"property":"users"},4]}`), status: 200, has: []string{`"numberMatched":3,`}},
		{name: "spatial filter in metres", path: items + "?filter-crs=" + zone + "&filter=" + url.QueryEscape("S_INTERSECTS(geometry, POLYGON((545040 1059990,545060 1059990,545060 1060010,545040 1060010,545040 1059990)))"), status: 200, has: []string{`"numberMatched":1,`}},
		{name: "an attribute", path: items + "?code=G-000007", status: 200, has: []string{`"numberMatched":1,`, `"users":7`}},
		{name: "by number", path: items + "?fid=7", status: 200, has: []string{`"numberMatched":1,`}},
		{name: "two attributes", path: items + "?kind=deep&public=true", status: 200, has: []string{`"numberMatched":41,`}},
		{name: "an attribute that is no number", path: items + "?users=many", status: 400, has: []string{`"field":"users"`}},
		{name: "only how many", path: items + "?resultType=hits&kind=deep", status: 200, has: []string{`"numberMatched":83,`, `"features":[]`}},
		{name: "sorted", path: items + "?sortby=-depth&limit=1", status: 200, has: []string{`"code":"G-000250"`, `"numberMatched":250`, `sortby=-depth`}},
		{name: "sorted by two, with a plus", path: items + "?sortby=+kind,-code&limit=1", status: 200, has: []string{`"code":"G-000249"`}},
		{name: "sorted by what is not there", path: items + "?sortby=geom", status: 400, has: []string{`"field":"sortby"`, "fid, code, depth"}},
		{name: "sorted by nothing", path: items + "?sortby=", status: 400, has: []string{`"field":"sortby"`}},
		{name: "a cursor of another order", path: items + "?sortby=depth&cursor=Ag", status: 400, has: []string{`"field":"cursor"`}},
		{name: "a cursor with a value of another kind", path: items + "?sortby=depth&cursor=" + base64.RawURLEncoding.EncodeToString([]byte("\x02[\"deep\"]")), status: 400, has: []string{`"field":"cursor"`}},
		{name: "openapi lists what to sort by", path: "/ogc/api", status: 200, has: []string{`"-depth"`}},
		{name: "more than the most", path: items + "?limit=1000000", status: 200, has: []string{`"numberReturned":250`}},
		{name: "time on a layer that has none", path: items + "?datetime=2020-01-01/..", status: 200, has: []string{`"numberMatched":250`}},
		{name: "items page", path: items + "?f=html", status: 200, has: []string{"<table>", "Độ sâu (m)", "Sâu", "Trang sau", "250"}},
		{name: "item", path: items + "/7", status: 200, has: []string{`"id":7`, `"links":[`}, heads: map[string]string{"ETag": `"1-`, "Content-Type": "application/geo+json"}},
		{name: "item page", path: items + "/7?f=html", status: 200, has: []string{"G-000007", "08/01/2020"}},
		{name: "no item", path: items + "/999999", status: 404, has: []string{`"code":"not_found"`}},
		{name: "no number", path: items + "/seven", status: 404},
		{name: "unknown parameter", path: items + "?colour=red", status: 400, has: []string{`"field":"colour"`}, heads: map[string]string{"Content-Type": "application/problem+json"}},
		{name: "unknown parameter of the landing page", path: "/ogc?limit=3", status: 400},
		{name: "twice", path: items + "?limit=1&limit=2", status: 400, has: []string{`"field":"limit"`}},
		{name: "limit 0", path: items + "?limit=0", status: 400, has: []string{`"field":"limit"`}},
		{name: "limit empty", path: items + "?limit=", status: 400},
		{name: "bad box", path: items + "?bbox=1,2,3", status: 400, has: []string{`"field":"bbox"`}},
		{name: "box upside down", path: items + "?bbox=105,10,106,9", status: 400},
		{name: "box of nonsense", path: items + "?bbox=NaN,9,106,Inf", status: 400},
		{name: "unknown system", path: items + "?crs=http://www.opengis.net/def/crs/EPSG/0/32648", status: 400, has: []string{`"field":"crs"`}},
		{name: "unknown box system", path: items + "?bbox=1,2,3,4&bbox-crs=nonsense", status: 400, has: []string{`"field":"bbox-crs"`}},
		{name: "bad time", path: items + "?datetime=yesterday", status: 400, has: []string{`"field":"datetime"`}},
		{name: "time backwards", path: items + "?datetime=2026-01-01/2020-01-01", status: 400},
		{name: "bad filter", path: items + "?filter=" + url.QueryEscape("depth >"), status: 400, has: []string{`"code":"invalid"`}},
		{name: "filter by what the queryables do not declare", path: items + "?filter=" + url.QueryEscape("NOT geom IS NULL"), status: 400, has: []string{`"field":"filter"`}},
		{name: "filter by when", path: "/ogc/collections/unit/items?resultType=hits&filter=" + url.QueryEscape("T_INTERSECTS(period, DATE('2026-01-01'))"), status: 200, has: []string{`"numberMatched":43,`}},
		{name: "filter by what is not there", path: items + "?filter=" + url.QueryEscape("secret = 1"), status: 400},
		{name: "unknown filter language", path: items + "?filter=1&filter-lang=sql", status: 400, has: []string{`"field":"filter-lang"`}},
		{name: "bad cursor", path: items + "?cursor=!!", status: 400, has: []string{`"field":"cursor"`}},
		{name: "bad format", path: items + "?f=xml", status: 400, has: []string{`"field":"f"`, "json, html"}},
		{name: "broken query", path: items + "?filter=%zz", status: 400},
		{name: "tilesets", path: "/ogc/collections/well/tiles", status: 200, has: []string{`"tileMatrixSetURI":"http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"`, `"rel":"item"`, `{tileMatrix}/{tileRow}/{tileCol}`}},
		{name: "tileset", path: "/ogc/collections/well/tiles/WebMercatorQuad", status: 200, has: []string{`"tileMatrixSetLimits"`, `"geometryDimension":0`, `"id":"well"`}},
		{name: "tilejson", path: "/ogc/collections/well/tiles/WebMercatorQuad/tilejson", status: 200, has: []string{`"tiles":["` + h.URL() + `/ogc/collections/well/tiles/WebMercatorQuad/{z}/{y}/{x}"]`}},
		{name: "tile", path: "/ogc/collections/well/tiles/WebMercatorQuad/10/484/813", status: 200, has: []string{"well", "G-000001"}, heads: map[string]string{"Content-Type": "application/vnd.mapbox-vector-tile", "ETag": `"`}},
		{name: "styles", path: "/ogc/styles", status: 200, has: []string{`"id":"well"`, "/ogc/styles/well/legend"}, lacks: []string{"irrigation"}},
		{name: "style", path: "/ogc/styles/well", status: 200, has: []string{`"version":8`, `"source":"well"`, `"source-layer":"well"`, "/tiles/WebMercatorQuad/{z}/{y}/{x}"}, lacks: []string{"text-field"}},
		{name: "legend", path: "/ogc/styles/well/legend", status: 200, has: []string{`"entries":[{`}},
		{name: "no style of a closed layer", path: "/ogc/styles/irrigation", status: 404},
		{name: "no such grid", path: "/ogc/collections/well/tiles/Mine", status: 404},
		{name: "grid", path: "/ogc/tileMatrixSets/WebMercatorQuad", status: 200, has: []string{`"scaleDenominator":559082264.02`, `"cornerOfOrigin":"topLeft"`}},
		{name: "grids", path: "/ogc/tileMatrixSets", status: 200, has: []string{`"id":"WebMercatorQuad"`}},
		{name: "a dated layer", path: "/ogc/collections/unit", status: 200, has: []string{`"storageCrs":"http://www.opengis.net/def/crs/EPSG/0/3857"`, `"temporal":{"interval":[["`}},
		{name: "on a day", path: "/ogc/collections/unit/items?resultType=hits&datetime=2026-01-01", status: 200, has: []string{`"numberMatched":43,`}},
		{name: "at an instant", path: "/ogc/collections/unit/items?limit=1&datetime=2026-01-01T12:00:00%2B07:00", status: 200, has: []string{`"numberMatched":43,`, `"valid_from":"2025-07-01"`}},
		{name: "before it was", path: "/ogc/collections/unit/items?datetime=../1800-01-01", status: 200, has: []string{`"numberMatched":0`}},
		{name: "options", method: "OPTIONS", path: items, status: 200, heads: map[string]string{"Allow": "GET, HEAD, OPTIONS"}},
		{name: "post by nobody", method: "POST", path: items, status: 401},
	} {
		t.Run(s.name, func(t *testing.T) { h.runOGC(t, s) })
	}
}

func (h *house) runOGC(t *testing.T, s scenario) {
	c := h.visitor(t)
	if s.as != "" {
		c = h.as(t, s.as)
	}
	for k, v := range s.head {
		c.head.Set(k, v)
	}
	if s.method == "" {
		s.method = "GET"
	}
	answer := c.request(s.method, s.path, nil)
	body := read(t, answer)
	if answer.StatusCode != s.status {
		t.Fatalf("status %d, want %d: %s", answer.StatusCode, s.status, body)
	}
	if strings.Contains(answer.Header.Get("Content-Type"), "json") && !json.Valid([]byte(body)) {
		t.Errorf("not JSON: %.500s", body)
	}
	for _, part := range s.has {
		if !strings.Contains(body, part) {
			t.Errorf("answer lacks %q: %.1500s", part, body)
		}
	}
	for _, part := range s.lacks {
		if strings.Contains(body, part) {
			t.Errorf("answer has %q: %.800s", part, body)
		}
	}
	for k, part := range s.heads {
		if !strings.Contains(strings.Join(answer.Header.Values(k), ","), part) {
			t.Errorf("%s is %q, lacks %q", k, answer.Header.Values(k), part)
		}
	}
}

// TestOGCPaging follows next to the end and sees every feature once.
func TestOGCPaging(t *testing.T) {
	t.Parallel()
	h := openWells(t, 250)
	c := h.visitor(t)
	seen, pages := map[int64]bool{}, 0
	for next := h.URL() + "/ogc/collections/well/items?limit=60&filter=" + url.QueryEscape("users > 10"); next != ""; pages++ {
		var page featureCollection
		c.get(strings.TrimPrefix(next, h.URL()), &page)
		for _, f := range page.Features {
			if seen[f.ID] {
				t.Errorf("feature %d twice", f.ID)
			}
			seen[f.ID] = true
		}
		if page.NumberReturned != len(page.Features) || page.NumberMatched == nil || *page.NumberMatched != 240 {
			t.Errorf("returned %d of %v, there are %d", page.NumberReturned, page.NumberMatched, len(page.Features))
		}
		next = page.link("next")
	}
	if len(seen) != 240 || pages != 4 {
		t.Errorf("%d features on %d pages", len(seen), pages)
	}
}

// TestOGCTags: what has not changed is not sent again, and a change shows.
func TestOGCTags(t *testing.T) {
	t.Parallel()
	h := openWells(t, 10)
	for _, path := range []string{"/ogc/collections/well/items?limit=3", "/ogc/collections/well/items/1"} {
		c := h.visitor(t)
		first := c.request("GET", path, nil)
		c.head.Set("If-None-Match", first.Header.Get("ETag"))
		if again := c.request("GET", path, nil); again.StatusCode != http.StatusNotModified || first.Header.Get("ETag") == "" {
			t.Errorf("%s with its tag: %d", path, again.StatusCode)
		}
		_, err := h.pool.Exec(t.Context(), `UPDATE layer_well SET users = users + 1000 WHERE fid = 1`)
		must(t, err)
		if status, body := c.do("GET", path, nil); status != http.StatusOK || !strings.Contains(body, `001,"public"`) {
			t.Errorf("%s after a change: %d %.300s", path, status, body)
		}
	}
}

// tagOf is the tag of an answer, which has to be there.
func (c *client) tagOf(t *testing.T, path string) string {
	t.Helper()
	answer := c.request("GET", path, nil)
	body := read(t, answer)
	if answer.StatusCode != http.StatusOK || answer.Header.Get("ETag") == "" {
		t.Fatalf("%s: %d %.300s", path, answer.StatusCode, body)
	}
	return answer.Header.Get("ETag")
}

// TestOGCTagsTellOneStateFromAnother: whatever an answer shows, another of it has
// another tag.
func TestOGCTagsTellOneStateFromAnother(t *testing.T) {
	t.Parallel()
	h := openWells(t, 10)
	c, admin := h.visitor(t), h.as(t, "admin")
	const item, page, unit = "/ogc/collections/well/items/1", "/ogc/collections/well/items?f=html", "/ogc/collections/unit/items/1"
	change := func(do func(tx pgx.Tx) error) { t.Helper(); must(t, pgx.BeginFunc(t.Context(), h.pool, do)) }
	for _, s := range []struct {
		name, path string
		change     func()
	}{
		{"a feature of the base map ends", unit, func() {
			change(func(tx pgx.Tx) error {
				_, err := tx.Exec(t.Context(), `UPDATE base_unit SET period = daterange(lower(period), '2090-01-01') WHERE fid = 1`)
				return errors.Join(err, catalogue.Changed(t.Context(), tx, "unit"))
			})
		}},
		{"a code means something else", page, func() {
			change(func(tx pgx.Tx) error {
				return catalogue.WriteCodeList(t.Context(), tx, catalogue.CodeList{Slug: "well_kind", Title: haidang.Text{VI: "Loại giếng", EN: "Kinds of wells"}, Version: 2,
					Source: "test", RecordedBy: "test", Codes: []catalogue.Code{{Code: "deep", Label: haidang.Text{VI: "Rất sâu", EN: "Very deep"}}}})
			})
		}},
		{"a layer is made again", item, func() {
			change(func(tx pgx.Tx) error { return catalogue.Drop(t.Context(), tx, "well") })
			h.makeLayer(t, wellLayer(), strings.ReplaceAll(someWells, "$N", "11"))
		}},
	} {
		before := c.tagOf(t, s.path)
		if s.change(); c.tagOf(t, s.path) == before {
			t.Errorf("%s: the tag stays", s.name)
		}
	}
	if c.tagOf(t, page) == admin.tagOf(t, page) {
		t.Error("a page with a name on it has the tag of one without")
	}
}

// TestOGCTagIsKnownWithoutTheFeatures: who has the answer gets none, though nobody can
// read the table.
func TestOGCTagIsKnownWithoutTheFeatures(t *testing.T) {
	t.Parallel()
	h := openWells(t, 3)
	c := h.visitor(t)
	for _, path := range []string{"/ogc/collections/well/items/1", "/ogc/collections/well/items"} {
		c.head.Set("If-None-Match", c.tagOf(t, path))
		lock := h.lock(t, "layer_well")
		if status, body := c.do("GET", path, nil); status != http.StatusNotModified {
			t.Errorf("%s: %d %s", path, status, body)
		}
		must(t, lock.Rollback(t.Context()))
		c.head.Del("If-None-Match")
	}
	c.head.Set("If-None-Match", "*")
	for path, want := range map[string]int{"/ogc/collections/well/items/1": http.StatusNotModified, "/ogc/collections/well/items/99": http.StatusNotFound} {
		if status, _ := c.do("GET", path, nil); status != want {
			t.Errorf("%s, whatever is there: %d, want %d", path, status, want)
		}
	}
}

// TestPeriodIsMeasuredOnce: a description of a dated layer that has not changed needs
// no look at its features.
func TestPeriodIsMeasuredOnce(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	c := h.visitor(t)
	_, first := c.do("GET", "/ogc/collections/unit", nil)
	lock := h.lock(t, "base_unit")
	if status, again := c.do("GET", "/ogc/collections/unit", nil); status != http.StatusOK || again != first {
		t.Errorf("the second time: %d %s", status, again)
	}
	must(t, lock.Rollback(t.Context()))
	must(t, pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE base_unit SET period = daterange('1901-01-01', upper(period))`)
		return errors.Join(err, catalogue.Changed(t.Context(), tx, "unit"))
	}))
	if _, changed := c.do("GET", "/ogc/collections/unit", nil); !strings.Contains(changed, "1901-01-01") {
		t.Errorf("after a change: %s", changed)
	}
}

// TestOGCBasic: name and password open what the account may see, and no longer when the account changes.
func TestOGCBasic(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	as := func(name, password string) *client {
		c := h.visitor(t)
		c.head.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(name+":"+password)))
		return c
	}
	const closed = "/ogc/collections/irrigation/items?limit=1"
	viewer := as("viewer", "xem-thoi-nhe-2026")
	for range 3 {
		if status, body := viewer.do("GET", closed, nil); status != http.StatusOK {
			t.Fatalf("with the password: %d %s", status, body)
		}
	}
	answer := as("viewer", "wrong-password").request("GET", closed, nil)
	if answer.StatusCode != http.StatusUnauthorized || !strings.HasPrefix(answer.Header.Get("WWW-Authenticate"), "Basic ") {
		t.Errorf("with a wrong one: %d %q", answer.StatusCode, answer.Header.Get("WWW-Authenticate"))
	}
	if status, _ := viewer.do("GET", "/api/v1/devices", nil); status != http.StatusUnauthorized {
		t.Errorf("the password opens other doors: %d", status)
	}
	admin := h.as(t, "admin")
	if status, body := admin.do("PATCH", "/api/v1/accounts/viewer", map[string]any{"password": "mat-khau-moi-2027"}); status != http.StatusOK {
		t.Fatalf("change the password: %d %s", status, body)
	}
	if status, _ := viewer.do("GET", closed, nil); status != http.StatusUnauthorized {
		t.Errorf("the old password still works: %d", status)
	}
	fresh := as("viewer", "mat-khau-moi-2027")
	if status, _ := fresh.do("GET", closed, nil); status != http.StatusOK {
		t.Errorf("the new one does not: %d", status)
	}
	if status, _ := admin.do("PATCH", "/api/v1/accounts/viewer", map[string]any{"disabled": true}); status != http.StatusOK {
		t.Fatal("disable")
	}
	if status, _ := fresh.do("GET", closed, nil); status != http.StatusUnauthorized {
		t.Errorf("a disabled account reads: %d", status)
	}
}
