package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
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
	c, seen := h.visitor(t), 0
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
