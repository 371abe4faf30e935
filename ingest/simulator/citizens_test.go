package simulator

import (
	"image/jpeg"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"unicode/utf8"

	"haidang"
)

// desk takes reports as the public API does and keeps what it was given.
type desk struct {
	mu                     sync.Mutex
	reports, photos        int
	keys                   map[string]bool
	languages, unlabelled  map[string]int
	problems               []string
	category, refuseStatus string
}

func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r.URL.Path == "/api/v1/public/catalogue" {
		_, _ = w.Write([]byte(`{"demo":true,"categories":[{"code":"flood"},{"code":"road"},{"code":"` + d.category + `"}]}`))
		return
	}
	if d.refuseStatus != "" {
		http.Error(w, d.refuseStatus, http.StatusTooManyRequests)
		return
	}
	d.take(r)
	w.WriteHeader(http.StatusCreated)
	_, _ = w.Write([]byte(`{"code":"abc"}`))
}

func (d *desk) take(r *http.Request) {
	if err := r.ParseMultipartForm(1 << 20); err != nil {
		d.problems = append(d.problems, err.Error())
		return
	}
	d.reports++
	d.keys[r.Header.Get("Idempotency-Key")] = true
	d.languages[r.FormValue("language")]++
	d.unlabelled[r.Header.Get(haidang.SimulatedHeader)]++
	lon, _ := strconv.ParseFloat(r.FormValue("lon"), 64)
	lat, _ := strconv.ParseFloat(r.FormValue("lat"), 64)
	if lon < 105.5 || lon > 106.3 || lat < 9.2 || lat > 9.95 {
		d.problems = append(d.problems, "outside the province: "+r.FormValue("lon")+" "+r.FormValue("lat"))
	}
	if n := utf8.RuneCountInString(r.FormValue("description")); n < 10 {
		d.problems = append(d.problems, "too short: "+r.FormValue("description"))
	}
	photo, _, err := r.FormFile("photo")
	if err != nil {
		return
	}
	defer photo.Close()
	if _, err := jpeg.Decode(photo); err != nil {
		d.problems = append(d.problems, "photo: "+err.Error())
	}
	d.photos++
}

func TestCitizensReportThroughThePublicDoor(t *testing.T) {
	t.Parallel()
	d := &desk{keys: map[string]bool{}, languages: map[string]int{}, unlabelled: map[string]int{}, category: "street_light"}
	server := httptest.NewServer(d)
	defer server.Close()
	c := NewCitizens(CitizensConfig{Base: server.URL, Token: "token", Seed: 5})
	for n := range uint64(40) {
		if err := c.Report(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	if d.reports != 40 || len(d.keys) != 40 || d.photos < 5 || d.photos > 25 || len(d.languages) < 2 || len(d.problems) > 0 {
		t.Errorf("the desk got %d reports, %d keys, %d photos, languages %v; problems %v", d.reports, len(d.keys), d.photos, d.languages, d.problems)
	}
	if d.unlabelled["token"] != 40 {
		t.Errorf("marks of simulation: %v", d.unlabelled)
	}
	d.refuseStatus = "slow down"
	if err := c.Report(t.Context(), 99); err == nil {
		t.Error("a refused report counts as taken")
	}
}
