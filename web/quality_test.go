package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"haidang"
	"haidang/ingest"
	"haidang/internal/bus"
)

// gaugeWith registers a device with a reading of each value, a minute apart.
func (h *house) gaugeWith(t *testing.T, begin time.Time, values ...float64) haidang.DatastreamID {
	t.Helper()
	id := h.device(t, "TG-01")
	_, err := h.pool.Exec(t.Context(), `SELECT make_observation_partition(0::smallint, $1)`, begin)
	must(t, err)
	for i, v := range values {
		_, err := h.pool.Exec(t.Context(), `INSERT INTO observation (datastream, keep_months, phenomenon_time, received_at, result) VALUES ($1, 0, $2, $2, $3)`, id, begin.Add(time.Duration(i)*time.Minute), v)
		must(t, err)
	}
	_, err = h.pool.Exec(t.Context(), `INSERT INTO observation_latest (datastream, phenomenon_time, received_at, result)
		SELECT datastream, phenomenon_time, received_at, result FROM observation ORDER BY phenomenon_time DESC LIMIT 1`)
	must(t, err)
	must(t, h.hub.load(t.Context()))
	return id
}

// TestDeleteAReading: the live screen falls back to the value before, the list says
// who took it away and why, and what was taken away comes back.
func TestDeleteAReading(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	begin := time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
	id := h.gaugeWith(t, begin, 1.25, 1.5, 99)
	c := h.as(t, "operator")
	heard := make(chan haidang.FlagsChanged, 10)
	stopListening, err := bus.Subscribe(h.bus, func(e haidang.FlagsChanged) { heard <- e })
	must(t, err)
	defer stopListening()
	s := h.screen(c)
	ctx, stop := context.WithCancel(t.Context())
	var watching sync.WaitGroup
	watching.Go(func() { s.watch(ctx) })
	defer watching.Wait()
	defer stop()
	shows := func(text string) func() bool {
		return func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return strings.Contains(s.state[ref{kindThing, "TG-01"}], text)
		}
	}
	eventually(t, "the false value is shown", shows(`"value":99,`))
	path := fmt.Sprintf("/api/v1/datastreams/%d", id)
	flag := map[string]any{"time": begin.Add(2 * time.Minute), "flag": "deleted", "set": true, "reason": "thợ thử máy"}
	if status, body := c.do("POST", path+"/flags", flag); status != http.StatusOK || !strings.Contains(body, `"deleted":true`) {
		t.Fatalf("delete: %d %s", status, body)
	}
	if e := <-heard; e.Flags[0].Flag != haidang.QualityDeleted || e.Flags[0].By != "operator" {
		t.Errorf("the bus heard %+v", e)
	}
	eventually(t, "the value before is shown", shows(`"value":1.5,`))
	var list struct{ Readings []ingest.Reading }
	c.get(path+"/readings?from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z", &list)
	if r := list.Readings; len(r) != 3 || !r[0].Deleted || r[0].Result != 99 || r[0].Flags[0].Reason != "thợ thử máy" || r[1].Deleted {
		t.Errorf("the list is %+v", r)
	}
	var chart series
	c.get(path+"/observations?from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z&buckets=1", &chart)
	if len(chart.Buckets) != 1 || chart.Buckets[0].N != 2 || chart.Buckets[0].Max != 1.5 {
		t.Errorf("the chart is %+v", chart.Buckets)
	}
	flag["set"] = false
	if status, body := c.do("POST", path+"/flags", flag); status != http.StatusOK {
		t.Fatalf("give back: %d %s", status, body)
	}
	eventually(t, "the value is back", shows(`"value":99,`))
}

// TestFlagDoor: who may not, and what is refused with the field's name.
func TestFlagDoor(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	begin := time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
	path := fmt.Sprintf("/api/v1/datastreams/%d/flags", h.gaugeWith(t, begin, 1))
	flag := func(change map[string]any) map[string]any {
		f := map[string]any{"time": begin, "flag": "suspect", "set": true, "reason": "lệch"}
		for k, v := range change {
			f[k] = v
		}
		return f
	}
	operator := h.as(t, "operator")
	for name, c := range map[string]struct {
		client *client
		path   string
		body   map[string]any
		status int
		says   string
	}{
		"nobody":         {h.visitor(t), path, flag(nil), http.StatusUnauthorized, ""},
		"viewer":         {h.as(t, "viewer"), path, flag(nil), http.StatusForbidden, ""},
		"another agency": {h.scoped(t), path, flag(nil), http.StatusForbidden, ""},
		"no reason":      {operator, path, flag(map[string]any{"reason": " "}), http.StatusBadRequest, `"reason"`},
		"no such flag":   {operator, path, flag(map[string]any{"flag": "good"}), http.StatusBadRequest, `"flag"`},
		"no such time":   {operator, path, flag(map[string]any{"time": begin.Add(time.Second)}), http.StatusNotFound, ""},
		"no such stream": {operator, "/api/v1/datastreams/999999/flags", flag(nil), http.StatusNotFound, ""},
		"operator":       {operator, path, flag(nil), http.StatusOK, `"suspect"`},
	} {
		if status, body := c.client.do("POST", c.path, c.body); status != c.status || !strings.Contains(body, c.says) {
			t.Errorf("%s: %d %s, want %d", name, status, body, c.status)
		}
	}
}
