package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"haidang"
	"haidang/ingest/quality"
	"haidang/internal/bus"
)

// TestFlagsLeaveNoTraceOfBatches: however a datastream's readings are cut into
// batches, and in whatever order they arrive, each has the same flags as when
// every reading is a batch of its own.
func TestFlagsLeaveNoTraceOfBatches(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		limits := quality.Limits{StuckAfter: time.Hour, JumpStep: 2, Interval: 5 * time.Minute}
		var rows []row
		for i, minute := range rapid.SliceOfNDistinct(rapid.IntRange(0, 400), 1, 80, rapid.ID).Draw(t, "minutes") {
			at := begin.Add(time.Duration(minute) * time.Minute)
			id := haidang.DatastreamID(rapid.IntRange(1, 3).Draw(t, "stream"))
			rows = append(rows, row{stream: stream{id: id, limits: limits}, time: at, receivedAt: begin.Add(time.Duration(i) * time.Minute),
				value: float64(rapid.IntRange(0, 5).Draw(t, "value"))})
		}
		alone, together := rapid.Just(1), rapid.IntRange(1, 30)
		want, got := flagsOf(t, rows, alone), flagsOf(t, rows, together)
		if want != got {
			t.Fatalf("one by one:\n%s\nin batches:\n%s", want, got)
		}
	})
}

func flagsOf(t *rapid.T, rows []row, size *rapid.Generator[int]) string {
	s := &store{states: map[haidang.DatastreamID]quality.State{1: {}, 2: {}, 3: {}}} // known to be new: nothing is read
	var said []string
	for rest := slices.Clone(rows); len(rest) > 0; {
		n := min(size.Draw(t, "size"), len(rest))
		b := &batch{}
		for _, r := range rest[:n] {
			r.arrival = len(b.rows)
			b.rows = append(b.rows, r)
		}
		b.settleWithin()
		if err := s.judge(context.Background(), nil, b); err != nil {
			t.Fatal(err)
		}
		s.remember(b)
		for _, r := range b.rows {
			said = append(said, fmt.Sprint(r.time.Format("15:04"), r.stream.id, r.value, r.flags))
		}
		rest = rest[n:]
	}
	slices.Sort(said)
	return strings.Join(said, "\n")
}

func levelAt(t time.Time, value float64) string {
	return fmt.Sprintf(`{"time":%q,"values":{"water_level":%g}}`, t.UTC().Format(time.RFC3339Nano), value)
}

// restart ends ingest and begins it anew, as a new process would.
func (b *bundle) restart() {
	b.t.Helper()
	stop(b.t, b.service)
	b.service = NewService(ServiceConfig{Pool: b.pool, Bus: b.bus, Broker: b.broker})
	b.must(b.service.Start(b.t.Context()))
	service := b.service
	b.t.Cleanup(func() { stop(b.t, service) })
}

// flags lists the flags that ingest gave, by minutes after begin.
func (b *bundle) flags(begin time.Time) string {
	b.t.Helper()
	var all string
	b.must(b.pool.QueryRow(b.t.Context(), `SELECT coalesce(string_agg(extract(epoch FROM phenomenon_time - $1)::int / 60 || ' ' || flag, ', ' ORDER BY phenomenon_time, id), '')
		FROM observation_flag WHERE flagged_by = 'ingest'`, begin).Scan(&all))
	return all
}

// TestFlagsAtTheDoor sends a gauge's day through the whole chain, with a restart
// while its value stands still.
func TestFlagsAtTheDoor(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1")
	d := b.device("gauge1")
	begin := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	say := func(minute int, value float64) {
		b.publish(d, telemetryTopic("gauge1"), levelAt(begin.Add(time.Duration(minute)*time.Minute), value))
	}
	say(0, 1.2)
	say(5, 1.21)
	say(10, 3)    // a spike
	say(15, 1.2)  // and back
	say(60, 1.1)  // after silence
	say(30, 1.15) // late
	for m := 65; m < 770; m += 5 {
		say(m, 1.1)
	}
	eventually(t, "rows", 6+141, b.number(`SELECT count(*) FROM observation`))
	b.restart()
	d = b.device("gauge1")
	for m := 770; m <= 785; m += 5 {
		say(m, 1.1)
	}
	say(790, 1.11)
	eventually(t, "rows", 6+141+5, b.number(`SELECT count(*) FROM observation`))
	if got, want := b.flags(begin), "10 jump, 30 late, 60 gap, 780 stuck, 785 stuck"; got != want {
		t.Errorf("flags are %q, want %q", got, want)
	}
	b.wantNumber(0, `SELECT count(*) FROM observation_flag WHERE reason = ''`)
}

// TestLateOutlierIsNoNews: it is stored and flagged, and neither the latest value
// nor a screen nor an alarm's model hears of it.
func TestLateOutlierIsNoNews(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1")
	d := b.device("gauge1")
	now := time.Now().Truncate(time.Second)
	b.publish(d, telemetryTopic("gauge1"), levelAt(now, 1))
	eventually(t, "rows", 1, b.number(`SELECT count(*) FROM observation_latest`))
	news := make(chan haidang.Event, 100)
	stopMoved, err := bus.Subscribe(b.bus, func(e haidang.LatestMoved) { news <- e })
	b.must(err)
	defer stopMoved()
	stopFlags, err := bus.Subscribe(b.bus, func(e haidang.FlagsChanged) { news <- e })
	b.must(err)
	defer stopFlags()
	for i := range 30 { // recent enough that an alarm would be raised, were it news
		b.publish(d, telemetryTopic("gauge1"), levelAt(now.Add(-time.Duration(i+1)*time.Second), 29))
	}
	eventually(t, "late flags", 30, b.number(`SELECT count(*) FROM observation_flag WHERE flag = 'late'`))
	b.wantNumber(1, `SELECT count(*) FROM observation_latest WHERE result = 1`)
	b.publish(d, telemetryTopic("gauge1"), levelAt(now.Add(time.Second), 1.01))
	select {
	case e := <-news:
		if moved, ok := e.(haidang.LatestMoved); !ok || len(moved.Observations) != 1 || moved.Observations[0].Result != 1.01 {
			t.Errorf("heard of %+v", e)
		}
	case <-time.After(patience):
		t.Error("the newer reading was no news")
	}
}

// TestFlagsOfTheLatestValueAreHeard, so that a screen need not wait.
func TestFlagsOfTheLatestValueAreHeard(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1")
	heard := make(chan haidang.ObservationFlag, 10)
	stopListening, err := bus.Subscribe(b.bus, func(e haidang.FlagsChanged) {
		for _, f := range e.Flags {
			heard <- f
		}
	})
	b.must(err)
	defer stopListening()
	b.publish(b.device("gauge1"), telemetryTopic("gauge1"), levelAt(time.Now().Add(2*time.Minute), 1))
	select {
	case f := <-heard:
		if f.Flag != haidang.QualityClockWrong || !f.Set || f.By != flaggedByIngest {
			t.Errorf("heard of %+v", f)
		}
	case <-time.After(patience):
		t.Error("nothing was heard of the wrong clock")
	}
	things, err := b.registry.Things(t.Context())
	b.must(err)
	for _, s := range things[0].Streams {
		if s.Property == "water_level" && s.Quality != haidang.QualityClockWrong {
			t.Errorf("quality is %q", s.Quality)
		}
	}
}

// TestResultsNeverChange: no statement changes a reading or a conflict, and a
// partition can be dropped all the same.
func TestResultsNeverChange(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1")
	d := b.device("gauge1")
	at := time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
	for _, value := range []float64{1, 2} {
		b.publish(d, telemetryTopic("gauge1"), salinityAt(at, value))
	}
	eventually(t, "the conflict", 1, b.number(`SELECT count(*) FROM observation_conflict`))
	var partition string
	b.must(b.pool.QueryRow(t.Context(), `SELECT tableoid::regclass::text FROM observation`).Scan(&partition))
	for _, sql := range []string{`UPDATE observation SET result = 3`, `DELETE FROM observation`, `UPDATE ` + partition + ` SET result = 3`,
		`DELETE FROM ` + partition, `UPDATE observation_conflict SET result = 3`, `DELETE FROM observation_conflict`, `DELETE FROM observation_flag`,
		`INSERT INTO observation SELECT * FROM observation ON CONFLICT (datastream, phenomenon_time) DO UPDATE SET result = 3`} {
		if _, err := b.pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s was allowed", sql)
		}
	}
	b.wantNumber(1, `SELECT count(*) FROM observation WHERE result = 1`)
	_, err := b.pool.Exec(t.Context(), `DROP TABLE `+partition)
	b.must(err)
	b.wantNumber(0, `SELECT count(*) FROM observation`)
}

func (b *bundle) streamOf(thing haidang.ThingID, property haidang.PropertyCode) (id haidang.DatastreamID) {
	b.t.Helper()
	b.must(b.pool.QueryRow(b.t.Context(), `SELECT id FROM datastream WHERE thing = $1 AND property = $2`, thing, property).Scan(&id))
	return id
}

// TestDeletedReading: it leaves charts and the latest value, stays in the list, and
// comes back.
func TestDeletedReading(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1")
	d := b.device("gauge1")
	begin := time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
	id := b.streamOf("gauge1", "salinity")
	minute := func(m int) time.Time { return begin.Add(time.Duration(m) * time.Minute) }
	for m := range 3 {
		b.publish(d, telemetryTopic("gauge1"), salinityAt(minute(m), float64(m)))
	}
	eventually(t, "rows", 3, b.number(`SELECT count(*) FROM observation`))
	flag := func(m int, q haidang.Quality, set bool) Reading {
		t.Helper()
		r, err := b.registry.FlagReading(t.Context(), haidang.ObservationFlag{Datastream: id, PhenomenonTime: minute(m), Flag: q, Set: set, By: "lan", Reason: "thử"})
		b.must(err)
		return r
	}
	latest := func(want float64) {
		t.Helper()
		b.wantNumber(1, `SELECT count(*) FROM observation_latest WHERE datastream = $1 AND result = $2`, id, want)
	}
	if r := flag(2, haidang.QualityDeleted, true); !r.Deleted || len(r.Flags) != 1 || r.Flags[0].By != "lan" || r.Flags[0].Reason != "thử" {
		t.Errorf("deleted reading is %+v", r)
	}
	latest(1)
	flag(2, haidang.QualityDeleted, true) // says what stands
	b.wantNumber(1, `SELECT count(*) FROM audit_log WHERE action = 'telemetry.flag' AND actor = 'lan' AND object = $1`, fmt.Sprintf("datastream/%d", id))
	series, err := b.registry.Series(t.Context(), id, begin, minute(10), 10)
	b.must(err)
	if len(series) != 2 {
		t.Errorf("the chart shows %+v", series)
	}
	raw, err := b.registry.Raw(t.Context(), id, begin, minute(10), 10)
	b.must(err)
	if len(raw) != 2 {
		t.Errorf("raw shows %+v", raw)
	}
	b.publish(d, telemetryTopic("gauge1"), salinityAt(minute(2).Add(-30*time.Second), 1.5)) // older than the deleted one, newer than the latest
	eventually(t, "the latest value", 1, b.number(`SELECT count(*) FROM observation_latest WHERE datastream = $1 AND result = 1.5`, id))
	if r := flag(2, haidang.QualityDeleted, false); r.Deleted || len(r.Flags) != 0 {
		t.Errorf("given back reading is %+v", r)
	}
	latest(2)
	flag(2, haidang.QualitySuspect, true)
	for m := range 3 {
		flag(m, haidang.QualityDeleted, true)
	}
	latest(1.5)
	_, err = b.registry.FlagReading(t.Context(), haidang.ObservationFlag{Datastream: id, PhenomenonTime: minute(2).Add(-30 * time.Second), Flag: haidang.QualityDeleted, Set: true, By: "lan"})
	b.must(err)
	b.wantNumber(0, `SELECT count(*) FROM observation_latest WHERE datastream = $1`, id)
	b.publish(d, telemetryTopic("gauge1"), salinityAt(minute(2), 8)) // a conflict with a deleted one
	eventually(t, "the conflict", 1, b.number(`SELECT count(*) FROM observation_conflict`))
	readings, err := b.registry.Readings(t.Context(), id, begin, minute(10), 10)
	b.must(err)
	if len(readings) != 4 || readings[0].Result != 2 || !readings[0].Deleted || len(readings[0].Conflicts) != 1 || readings[0].Conflicts[0].Result != 8 ||
		len(readings[0].Flags) != 2 || readings[0].Flags[1].Flag != haidang.QualitySuspect || readings[1].Result != 1.5 {
		text, _ := json.Marshal(readings)
		t.Errorf("readings are %s", text)
	}
	_, err = b.pool.Exec(t.Context(), `INSERT INTO observation_conflict (datastream, phenomenon_time, received_at, result)
		SELECT $1, $2, now(), n FROM generate_series(9, 999) n`, id, minute(2))
	b.must(err)
	readings, err = b.registry.Readings(t.Context(), id, begin, minute(10), 10)
	b.must(err)
	if got := readings[0].Conflicts; len(got) != mostConflicts || got[0].Result != 8 || got[1].Result != 9 {
		t.Errorf("of a thousand conflicts %d are shown, the first %+v", len(got), got[:2])
	}
	_, err = b.registry.FlagReading(t.Context(), haidang.ObservationFlag{Datastream: id, PhenomenonTime: minute(7), Flag: haidang.QualitySuspect, Set: true, By: "lan"})
	if haidang.CodeOf(err) != haidang.ErrNotFound {
		t.Errorf("a flag without a reading: %v", err)
	}
	b.wantNumber(0, `SELECT count(*) FROM observation_flag WHERE phenomenon_time = $1`, minute(7))
}
