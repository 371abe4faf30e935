package ingest

import (
	"testing"
	"time"

	"haidang"
	"haidang/internal/bus"
)

// A device that said online before a start and is not there afterwards is
// offline; one that came back, and one that has said something since, is not.
func TestWhoDidNotComeBackIsOffline(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gone", "back", "fresh")
	changed := make(chan haidang.ThingChanged, 10)
	stopListening, err := bus.Subscribe(b.bus, func(e haidang.ThingChanged) { changed <- e })
	b.must(err)
	defer stopListening()
	_, err = b.pool.Exec(t.Context(), `INSERT INTO thing_status (thing, at, online) VALUES ('gone', now() - interval '1 day', true),
		('back', now() - interval '1 day', true), ('fresh', now(), true)`)
	b.must(err)
	before := time.Now().Add(-time.Minute)
	b.device("back")
	for _, want := range []int{1, 0} { // the second look finds nobody
		if n, err := b.service.markAbsent(t.Context(), before); err != nil || n != want {
			t.Fatalf("%d are absent (error %v), want %d", n, err, want)
		}
	}
	select {
	case e := <-changed:
		if e.Thing != "gone" || e.Online {
			t.Errorf("announced %+v", e)
		}
	case <-time.After(patience):
		t.Error("nothing was announced")
	}
	b.wantNumber(1, `SELECT count(*) FROM thing_status WHERE NOT online AND thing = 'gone'`)
}
