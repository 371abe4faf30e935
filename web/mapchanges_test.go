package web

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"haidang"
)

// mapEvent is one event of the stream.
type mapEvent struct {
	id, name string
	change   haidang.TilesChanged
}

// listenToMap opens a stream and returns its events; the channel is closed at its end.
func (c *client) listenToMap(from string) <-chan mapEvent {
	c.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/api/v1/map/changes", nil)
	must(c.t, err)
	r.Header = c.head.Clone()
	r.Header.Set("Accept", "text/event-stream")
	if from != "" {
		r.Header.Set("Last-Event-ID", from)
	}
	if c.cookie != "" {
		r.AddCookie(&http.Cookie{Name: sessionCookie, Value: c.cookie})
	}
	answer, err := http.DefaultClient.Do(r)
	must(c.t, err)
	if answer.StatusCode != http.StatusOK {
		c.t.Fatalf("%s: %s", answer.Status, read(c.t, answer))
	}
	events := make(chan mapEvent, 1000)
	go func() {
		defer close(events)
		defer answer.Body.Close()
		var e mapEvent
		for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
			field, value, _ := strings.Cut(lines.Text(), ": ")
			switch field {
			case "id":
				e.id = value
			case "event":
				e.name = value
			case "data":
				_ = json.Unmarshal([]byte(value), &e.change)
			case "":
				events <- e
				e = mapEvent{}
			}
		}
	}()
	return events
}

// next returns the next event that is no beat.
func next(t *testing.T, events <-chan mapEvent) mapEvent {
	t.Helper()
	for {
		select {
		case e, open := <-events:
			if !open {
				t.Fatal("the stream ended")
			}
			if e.name != "beat" {
				return e
			}
		case <-time.After(time.Minute):
			t.Fatal("no event")
		}
	}
}

// changeLayer does what every edit does to a layer's version.
func (h *house) changeLayer(t *testing.T, slug string) {
	t.Helper()
	_, err := h.pool.Exec(t.Context(), `UPDATE layer SET version = version + 1 WHERE slug = $1`, slug)
	must(t, err)
	_, err = h.pool.Exec(t.Context(), `SELECT pg_notify('haidang_places', '')`)
	must(t, err)
}

// Those who listen hear of the layers they may see, and of no others.
func TestMapChangesAreToldToWhoMaySee(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	public, staff := h.visitor(t).listenToMap(""), h.as(t, "viewer").listenToMap("")
	for _, events := range []<-chan mapEvent{public, staff} {
		if e := next(t, events); e.name != "hello" {
			t.Fatalf("first came %+v", e)
		}
	}
	h.changeLayer(t, "irrigation") // for staff only
	if e := next(t, staff); e.name != "tiles" || e.change.Layer != "irrigation" {
		t.Errorf("staff heard %+v", e)
	}
	h.changeLayer(t, "water")
	for who, events := range map[string]<-chan mapEvent{"public": public, "staff": staff} {
		if e := next(t, events); e.name != "tiles" || e.change.Layer != "water" {
			t.Errorf("%s heard %+v", who, e)
		}
	}
}

// Whoever comes back with the last id hears what was missed; with an id of another life, that anything may be new.
func TestMapChangesResume(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	first := h.visitor(t).listenToMap("")
	id := next(t, first).id
	h.changeLayer(t, "water")
	if e := next(t, first); e.name != "tiles" {
		t.Fatalf("heard %+v", e)
	}
	again := h.visitor(t).listenToMap(id)
	if e := next(t, again); e.name != "hello" {
		t.Errorf("came back to %+v", e)
	}
	if e := next(t, again); e.name != "tiles" || e.change.Layer != "water" {
		t.Errorf("heard %+v of what was missed", e)
	}
	for _, stranger := range []string{"0123-1", id + "999", "x"} {
		if e := next(t, h.visitor(t).listenToMap(stranger)); e.name != "resync" {
			t.Errorf("%q came back to %+v", stranger, e)
		}
	}
}

// A listener that missed more than is remembered hears of layers, not of tiles.
func TestSlowMapListenerHearsOfLayers(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	for i := range 2 * rememberedChanges {
		h.mapFeed.add(haidang.TilesChanged{Layer: haidang.LayerSlug([]string{"water", "land"}[i%2]), Version: int64(i), Tiles: [][3]uint32{{1, 0, 0}}})
	}
	if list, _ := h.mapFeed.since(rememberedChanges); len(list) != rememberedChanges {
		t.Errorf("%d changes, want each that is remembered", len(list))
	}
	list, now := h.mapFeed.since(0)
	if len(list) != 2 || now != 2*rememberedChanges || list[0].number >= list[1].number {
		t.Fatalf("%d changes, next %d", len(list), now)
	}
	for _, c := range list {
		if want := fmt.Sprintf(`{"layer":%q,"version":%d,"tiles":null}`, c.layer, c.version); string(c.data) != want {
			t.Errorf("%s, want %s", c.data, want)
		}
	}
}

// A page whose rights change looks at everything anew and then hears of what it may see.
func TestMapChangesFollowRights(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	c := h.as(t, "viewer")
	events := c.listenToMap("")
	next(t, events)
	if status, body := c.do("DELETE", "/api/v1/session", nil); status != http.StatusNoContent && status != http.StatusOK {
		t.Fatalf("sign out: %d %s", status, body)
	}
	if e := next(t, events); e.name != "resync" {
		t.Errorf("after signing out: %+v", e)
	}
	h.changeLayer(t, "irrigation")
	h.changeLayer(t, "water")
	if e := next(t, events); e.change.Layer != "water" {
		t.Errorf("heard %+v", e)
	}
}

// What the bus lost is told all the same.
func TestLostMapChangeIsHealed(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.mapFeed.stop() // the bus delivers nothing from here on
	events := h.visitor(t).listenToMap("")
	next(t, events)
	h.changeLayer(t, "water")
	if e := next(t, events); e.name != "tiles" || e.change.Layer != "water" || e.change.Tiles != nil {
		t.Errorf("heard %+v", e)
	}
}

func TestMapListenersAreBounded(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.listeners.each = 2
	c := h.visitor(t)
	c.listenToMap("")
	c.listenToMap("")
	c.head.Set("Accept", "text/event-stream")
	if status, body := c.do("GET", "/api/v1/map/changes", nil); status != http.StatusTooManyRequests {
		t.Errorf("the third: %d %s", status, body)
	}
}
