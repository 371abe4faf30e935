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
	for _, khmer := range []string{"ឃ្លាំង", "ឃ្លាំ"} {
		if got := found(public, khmer); !slices.Contains(got, "unit unit Phường Sóc Trăng") {
			t.Errorf("found %v by the Khmer name %s", got, khmer)
		}
	}
	if got := found(public, "X 1061987 Y 553214 105-00"); len(got) != 1 || got[0] != "place  X 1061987.00  Y 553214.00 (VN-2000 105°00')" {
		t.Errorf("found %v in another zone", got)
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

// When all are busy searching a newcomer waits a while, then is told when to come back; it
// costs nothing but that.
func TestMapSearchIsBusy(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	var leaves []func()
	for range maxSearches {
		leave, err := h.searches.Enter(t.Context(), "others")
		must(t, err)
		leaves = append(leaves, leave)
	}
	c := h.visitor(t)
	answer := c.request("GET", "/api/v1/map/search?q=phu+loi&lang=en", nil)
	if body := read(t, answer); answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" || !strings.Contains(body, "in a few seconds") {
		t.Errorf("%d, Retry-After %q: %s", answer.StatusCode, answer.Header.Get("Retry-After"), body)
	}
	for _, leave := range leaves {
		leave()
	}
	if got := found(c, "phu loi"); len(got) == 0 {
		t.Error("nothing is found when the others have left")
	}
	if waiting, _ := h.searches.State(); waiting != 0 || h.searches.Free() != maxSearches {
		t.Errorf("%d wait, %d places are free", waiting, h.searches.Free())
	}
}
