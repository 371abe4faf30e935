package ingest

import (
	"fmt"
	"testing"
	"time"

	"haidang"
)

// TestReplay mends what made messages dead letters and plays them again.
func TestReplay(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1")
	letters := NewDeadLetters(b.pool, b.bus, nil)
	d := b.device("gauge1")
	at := time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
	b.publish(d, telemetryTopic("gauge1"), salinityAt(at, 1))
	eventually(t, "rows", 1, b.number(`SELECT count(*) FROM observation`))
	// Three of these four readings are of a property nobody knows yet, one of them twice.
	b.publish(d, telemetryTopic("gauge1"), `[{"time":"2026-03-02T07:00:00Z","values":{"salinity":1,"temp":20}},
		{"time":"2026-03-02T07:10:00Z","values":{"temp":21}},{"time":"2026-03-02T07:10:00Z","values":{"temp":21}}]`)
	b.publish(d, telemetryTopic("gauge1"), `{"time":"2026-03-02T07:10:00Z","values":{"temp":22}}`) // conflicts
	b.publish(d, telemetryTopic("gauge1"), `no JSON ever`)
	eventually(t, "dead letters", 3, b.number(`SELECT count(*) FROM dead_letter`))
	b.wantAccount("gauge1", DeviceAccount{Messages: 4, Stored: 1, Duplicate: 1, Dead: 5})

	again := func(want Replayed) {
		t.Helper()
		got, err := letters.Replay(t.Context(), "an", DeadLetterFilter{Limit: 100}, nil)
		b.must(err)
		if got != want {
			t.Errorf("replayed %+v, want %+v", got, want)
		}
	}
	again(Replayed{Letters: 3, Dead: 5}) // nothing was mended: all stays as it was
	b.wantAccount("gauge1", DeviceAccount{Messages: 4, Stored: 1, Duplicate: 1, Dead: 5})
	b.must(b.registry.AddProperty(t.Context(), "an", "gauge1", "water_temperature"))
	b.must(b.registry.AddAlias(t.Context(), "an", "salinity_station", "temp", "water_temperature"))
	again(Replayed{Letters: 3, Outcome: Outcome{Stored: 2, Duplicate: 1, Conflict: 1}, Dead: 1})
	b.wantAccount("gauge1", DeviceAccount{Messages: 4, Stored: 3, Duplicate: 2, Conflict: 1, Dead: 1})
	again(Replayed{Letters: 1, Dead: 1}) // the one that no mapping can help
	b.wantAccount("gauge1", DeviceAccount{Messages: 4, Stored: 3, Duplicate: 2, Conflict: 1, Dead: 1})
	b.wantNumber(2, `SELECT count(*) FROM observation o JOIN datastream d ON d.id = o.datastream WHERE d.property = 'water_temperature'`)
	b.wantNumber(1, `SELECT count(*) FROM observation_latest WHERE result = 21`)
	b.wantNumber(2, `SELECT count(*) FROM dead_letter WHERE resolved_by = 'an'`)
}

// TestReplayOfAStranger gives a device that nobody knew its account.
func TestReplayOfAStranger(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1")
	_, err := b.pool.Exec(t.Context(), `INSERT INTO dead_letter (topic, thing, reason, decoder, payload, readings)
		VALUES ('v1/things/gauge2/telemetry', 'gauge2', 'unknown_thing', 'haidang-json/1', $1, 2), ('v1/things/gauge2/status', 'gauge2', 'unknown_thing', 'haidang-json/1', '{"online":true}', 1)`,
		[]byte(`{"time":"2026-03-02T07:10:00Z","values":{"salinity":22,"water_level":1}}`))
	b.must(err)
	_, err = b.pool.Exec(t.Context(), `INSERT INTO device_account (thing, messages, dead) VALUES ('', 2, 3) ON CONFLICT (thing) DO UPDATE SET dead = 3`)
	b.must(err)
	b.must(b.registry.Register(t.Context(), []Registration{{ID: "gauge2", Type: "salinity_station", Name: "x", Agency: "snnmt",
		Lon: 106, Lat: 9.5, Properties: []haidang.PropertyCode{"salinity", "water_level"}, Secret: "s"}}))
	got, err := NewDeadLetters(b.pool, nil, nil).Replay(t.Context(), "an", DeadLetterFilter{Thing: "gauge2"}, nil)
	b.must(err)
	if want := (Replayed{Letters: 2, Outcome: Outcome{Stored: 3}}); got != want {
		t.Errorf("replayed %+v, want %+v", got, want)
	}
	b.wantNumber(0, `SELECT dead FROM device_account WHERE thing = ''`)
	b.wantNumber(2, `SELECT stored FROM device_account WHERE thing = 'gauge2'`)
	b.wantNumber(1, `SELECT count(*) FROM thing_status WHERE thing = 'gauge2' AND online`)
}

// TestReplayAThousandBesideTheLane plays many again while the device goes on.
func TestReplayAThousandBesideTheLane(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1")
	d := b.device("gauge1")
	at := time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
	for i := range 1100 {
		d.Publish(telemetryTopic("gauge1"), 1, false, fmt.Sprintf(`{"time":%q,"values":{"ph":7,"water_level":1}}`, at.Add(time.Duration(i)*time.Second).Format(time.RFC3339)))
	}
	eventually(t, "dead letters", 1100, b.number(`SELECT count(*) FROM dead_letter`))
	b.must(b.registry.AddAlias(t.Context(), "an", "salinity_station", "ph", "salinity"))
	for i := range 300 {
		d.Publish(telemetryTopic("gauge1"), 1, false, salinityAt(at.Add(time.Duration(5000+i)*time.Second), 1))
	}
	letters := NewDeadLetters(b.pool, b.bus, nil)
	for _, want := range []int{1000, 100, 0} {
		got, err := letters.Replay(t.Context(), "an", DeadLetterFilter{Reason: ReasonProperty}, nil)
		b.must(err)
		if got.Letters != want || got.Stored != want {
			t.Errorf("replayed %+v, want %d", got, want)
		}
	}
	eventually(t, "stored", 1100+1100+300, b.number(`SELECT stored FROM device_account WHERE thing = 'gauge1'`))
	b.wantNumber(0, `SELECT dead FROM device_account WHERE thing = 'gauge1'`)
}

func TestFindDeadLetters(t *testing.T) {
	t.Parallel()
	b := prepare(t, "gauge1")
	_, err := b.pool.Exec(t.Context(), `INSERT INTO dead_letter (received_at, topic, thing, reason, payload, resolved_at) VALUES
		('2026-03-01', 'v1/things/gauge1/telemetry', 'gauge1', 'bad_json', '50% of {', NULL),
		('2026-03-02', 'v1/things/gauge2/telemetry', 'gauge2', 'unknown_thing', $1, NULL),
		('2026-03-03', 'v1/things/gauge1/telemetry', 'gauge1', 'future', '{}', now())`, append([]byte{0, 255}, make([]byte, 5000)...))
	b.must(err)
	letters := NewDeadLetters(b.pool, nil, nil)
	for _, c := range []struct {
		f    DeadLetterFilter
		want int
	}{
		{DeadLetterFilter{}, 3},
		{DeadLetterFilter{State: "open"}, 2},
		{DeadLetterFilter{State: "resolved"}, 1},
		{DeadLetterFilter{Reason: "bad_json"}, 1},
		{DeadLetterFilter{Thing: "gauge1"}, 2},
		{DeadLetterFilter{Text: "50%"}, 1},
		{DeadLetterFilter{Text: "GAUGE2/T"}, 1},
		{DeadLetterFilter{Text: "%"}, 1},
		{DeadLetterFilter{Since: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)}, 2},
		{DeadLetterFilter{Until: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)}, 1},
	} {
		c.f.Limit = 10
		got, err := letters.Find(t.Context(), c.f)
		b.must(err)
		if len(got) != c.want {
			t.Errorf("%+v found %d, want %d", c.f, len(got), c.want)
		}
	}
	found, err := letters.Find(t.Context(), DeadLetterFilter{Thing: "gauge2", Limit: 1})
	b.must(err)
	if l := found[0]; len(l.Payload) != shownPayload || l.Size != 5002 {
		t.Errorf("%d bytes of %d are shown", len(l.Payload), l.Size)
	}
	whole, err := letters.Payload(t.Context(), found[0].ID, true)
	b.must(err)
	if len(whole) != 5002 || whole[1] != 255 {
		t.Errorf("the payload came back with %d bytes", len(whole))
	}
	if _, err := letters.Payload(t.Context(), 99, false); haidang.CodeOf(err) != haidang.ErrNotFound {
		t.Errorf("no such letter: %v", err)
	}
	reasons, err := letters.Reasons(t.Context(), DeadLetterFilter{State: "open"})
	b.must(err)
	if len(reasons) != 2 {
		t.Errorf("reasons %+v", reasons)
	}
}

// wantAccount compares the counters of a device.
func (b *bundle) wantAccount(thing haidang.ThingID, want DeviceAccount) {
	b.t.Helper()
	accounts, _, err := b.ledger.Devices(b.t.Context(), time.Time{})
	b.must(err)
	for _, a := range accounts {
		if a.Thing != thing {
			continue
		}
		if got := [...]int64{a.Messages, a.Stored, a.Duplicate, a.Conflict, a.Dead}; got != [...]int64{want.Messages, want.Stored, want.Duplicate, want.Conflict, want.Dead} {
			b.t.Errorf("the account of %s (messages, stored, duplicate, conflict, dead) is %v", thing, got)
		}
		return
	}
	b.t.Errorf("%s has no account", thing)
}
