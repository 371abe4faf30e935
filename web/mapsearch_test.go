package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// found is what the search answers, by kind, layer and title.
func found(c *client, q string) (list []string) {
	var body struct{ Results []mapFound }
	c.get("/api/v1/map/search?q="+url.QueryEscape(q), &body)
	for _, f := range body.Results {
		list = append(list, f.Kind+" "+string(f.Layer)+" "+f.Title)
	}
	return list
}

// The public finds units and coordinates; only who is signed in finds what is not open.
func TestMapSearchByPerson(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	var name string
	must(t, h.pool.QueryRow(t.Context(), `SELECT name FROM layer_irrigation WHERE name <> '' ORDER BY fid LIMIT 1`).Scan(&name))
	public, viewer := h.visitor(t), h.as(t, "viewer")
	if got := found(public, name); slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "irrigation") }) {
		t.Errorf("the public finds %v", got)
	}
	if got := found(viewer, name); !slices.Contains(got, "feature irrigation "+name) {
		t.Errorf("a viewer finds %v for %s", got, name)
	}
	if got := found(public, "phu loi"); len(got) == 0 || got[0] != "unit unit Phường Phú Lợi" {
		t.Errorf("found %v", got)
	}
	if got := found(public, "X 1061987 Y 553214"); len(got) != 1 || !strings.HasPrefix(got[0], "place  X 1061987.00") {
		t.Errorf("found %v", got)
	}
	for path, want := range map[string]int{"?q=kenh&layer=irrigation": http.StatusNotFound, "?q=kenh&layer=water": http.StatusOK, "?layer=water": http.StatusBadRequest, "?q=a&limit=1000": http.StatusBadRequest} {
		if status, body := public.do("GET", "/api/v1/map/search"+path, nil); status != want {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}
