package web

import (
	"strings"
	"testing"
	"time"

	"haidang"
	"haidang/ingest"
	"haidang/internal/auth"
)

// TestFlagsReachTheValueAtOnce: what the model says about the value on the screen
// is seen with the next step, not with the next reading of the database.
func TestFlagsReachTheValueAtOnce(t *testing.T) {
	t.Parallel()
	h := newHub(&Config{}, func() {})
	thing := ingest.Thing{ID: "TG-01", Streams: []ingest.Datastream{{ID: 7, Property: "water_level", Quality: haidang.QualityGood}}}
	h.learnStreams([]ingest.Thing{thing})
	h.board.put(ref{kindThing, "TG-01"}, auth.Scope{}, &thing)
	at := time.Date(2026, 3, 2, 7, 0, 0, 123_456_000, time.UTC)
	h.onLatest(haidang.LatestMoved{Observations: []haidang.Observation{{Datastream: 7, Thing: "TG-01", Property: "water_level", PhenomenonTime: at, Result: 9}}})
	flag := haidang.ObservationFlag{Datastream: 7, PhenomenonTime: at, Flag: haidang.QualitySuspect, Set: true}
	viewer := &auth.Principal{Grants: []auth.Grant{{Role: auth.RoleViewer}}}
	for _, c := range []struct {
		name    string
		change  func(*haidang.ObservationFlag)
		suspect bool
	}{
		{"a flag of an older reading", func(f *haidang.ObservationFlag) { f.PhenomenonTime = at.Add(-time.Second) }, false},
		{"a flag of another series", func(f *haidang.ObservationFlag) { f.Datastream = 8 }, false},
		{"the flag of this value", func(*haidang.ObservationFlag) {}, true},
	} {
		f, before := flag, h.board.now()
		c.change(&f)
		h.onFlags(haidang.FlagsChanged{Flags: []haidang.ObservationFlag{f}})
		news := h.board.since(before, viewer, everything)
		if seen := len(news.Things) == 1 && strings.Contains(string(news.Things[0]), `"quality":"suspect"`); seen != c.suspect {
			t.Errorf("%s: %s", c.name, news.Things)
		}
	}
	thing.Streams[0].Quality = haidang.QualityOutOfRange
	h.onFlags(haidang.FlagsChanged{Flags: []haidang.ObservationFlag{flag}})
	if q := thing.Streams[0].Quality; q != haidang.QualityOutOfRange {
		t.Errorf("an impossible value became %s", q)
	}
}
