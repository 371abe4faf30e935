package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang/geo"
	"haidang/geo/catalogue"
)

// A layer is paged through as it was, while it goes on changing.
func TestOGCItemsAsTheyWere(t *testing.T) {
	t.Parallel()
	h := openWells(t, 10)
	var at time.Time
	must(t, h.pool.QueryRow(t.Context(), `SELECT max(applied_at) FROM changeset WHERE layer = 'well'`).Scan(&at))
	_, err := h.pool.Exec(t.Context(), `UPDATE layer_well SET users = 1000 WHERE fid <= 6`)
	must(t, err)
	then := "at=" + url.QueryEscape(at.Format(time.RFC3339Nano))
	items := "/ogc/collections/well/items"
	c, seen := h.as(t, "viewer"), 0
	for next := items + "?limit=4&" + then; next != ""; {
		var page featureCollection
		c.get(next, &page)
		for _, f := range page.Features {
			seen++
			if f.Properties["users"] == 1000.0 {
				t.Errorf("%d is as it became", f.ID)
			}
		}
		next = strings.TrimPrefix(page.link("next"), h.URL())
		_, err := h.pool.Exec(t.Context(), `DELETE FROM layer_well WHERE fid = $1`, 11-seen)
		must(t, err)
	}
	if seen != 10 {
		t.Errorf("%d features, want 10", seen)
	}
	for _, s := range []scenario{
		{path: items + "/1?" + then, status: 200, has: []string{`"users":1,`, then[:15]}},
		{path: items + "/1?f=html&lang=en&" + then, status: 200, has: []string{"As it was at", "Back to the present"}},
		{path: items + "?f=html&" + then, status: 200, has: []string{`type="hidden" name="at"`, "at=2", "Về hiện tại"}},
		{path: items + "?resultType=hits", status: 200, has: []string{`"numberMatched":7`}}, // remembered apart from that of then
		{path: items + "?resultType=hits&" + then, status: 200, has: []string{`"numberMatched":10`}},
		{path: items + "?at=2020-01-01T00:00:00Z", status: 400, has: []string{"chỉ có từ"}},
		{path: items + "?at=2200-01-01T00:00:00Z", status: 400, has: []string{"Chưa đến"}},
		{path: items + "/1?at=yesterday", status: 400, has: []string{"2026-11-30T09:00:00"}},
		{path: "/ogc/collections/unit/items?limit=1&" + then, status: 400, has: []string{"không có lịch sử"}},
		{path: "/ogc/collections/well/tiles/WebMercatorQuad/tilejson?" + then, status: 200, has: []string{"{x}?at=2"}},
		{path: "/tiles/well?" + then, status: 200, has: []string{"{y}?at=2"}},
		{path: "/tiles/well/6/50/30?at=2020-01-01T00:00:00Z", status: 400, has: []string{"chỉ có từ"}},
		{path: "/ogc/api", status: 200, has: []string{`"at":{"description":"The layer as it was`}},
	} {
		status, body := c.do(http.MethodGet, s.path, nil)
		if status != s.status {
			t.Errorf("%s: %d %.300s", s.path, status, body)
		}
		for _, has := range s.has {
			if !strings.Contains(body, has) {
				t.Errorf("%s lacks %s: %.1500s", s.path, has, body)
			}
		}
	}
}

// What a layer was before it was opened to everybody stays with those who sign in.
func TestPastIsNotForThePublic(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	closed := wellLayer()
	closed.Rights = append(catalogue.StaffRights(geo.AgencyEnvironment), catalogue.Right{Verb: catalogue.Export, Grantee: catalogue.Staff})
	h.makeLayer(t, closed, strings.ReplaceAll(someWells, "$N", "3"))
	var at time.Time
	must(t, h.pool.QueryRow(t.Context(), `SELECT max(applied_at) FROM changeset WHERE layer = 'well'`).Scan(&at))
	_, err := h.pool.Exec(t.Context(), `DELETE FROM layer_well WHERE fid = 2`)
	must(t, err)
	then := "at=" + url.QueryEscape(at.Format(time.RFC3339Nano))
	addresses := []string{"/ogc/collections/well/items/2?", "/ogc/collections/well/items?", "/ogc/collections/well/tiles/WebMercatorQuad/12/1925/3253?", "/ogc/collections/well/tiles/WebMercatorQuad/tilejson?",
		"/tiles/well/12/3253/1925?", "/tiles/well?", "/tiles/well,land?", "/api/v1/layers/well/export?"}
	public, staff := h.visitor(t), h.as(t, "viewer")
	for _, a := range addresses {
		if status, body := public.do(http.MethodGet, a+then, nil); status != http.StatusNotFound {
			t.Errorf("a staff layer, to the public: %s: %d %.200s", a, status, body)
		}
	}
	open := append(catalogue.OpenRights(geo.AgencyEnvironment), catalogue.Right{Verb: catalogue.Export, Grantee: catalogue.Public})
	must(t, pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error { return catalogue.SetRights(t.Context(), tx, "well", open) }))
	eventually(t, "tiles know that it is open", func() bool {
		status, _ := public.do(http.MethodGet, "/tiles/well", nil)
		return status == http.StatusOK
	})
	for _, a := range addresses {
		if status, body := public.do(http.MethodGet, a+then, nil); status != http.StatusUnauthorized || !strings.Contains(body, "Hãy đăng nhập") {
			t.Errorf("an open layer, to the public: %s: %d %.200s", a, status, body)
		}
		if a == "/tiles/well,land?" {
			continue // the land has no history
		}
		answer := staff.request(http.MethodGet, a+then, nil)
		if body := read(t, answer); answer.StatusCode >= 300 || strings.HasPrefix(answer.Header.Get("Cache-Control"), "public") {
			t.Errorf("to staff: %s: %d %s %.200s", a, answer.StatusCode, answer.Header.Get("Cache-Control"), body)
		}
	}
	if _, file := staff.do(http.MethodGet, "/api/v1/layers/well/export?"+then, nil); strings.Count(file, `"Feature"`) != 3 {
		t.Errorf("exported as it was: %s", file)
	}
}
