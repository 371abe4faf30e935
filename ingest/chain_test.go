package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/internal/bus"
	"haidang/internal/mqttclient"
)

func TestReadingsReachTheTable(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1")
	moved := make(chan haidang.LatestMoved, 10)
	stopListening, err := bus.Subscribe(b.bus, func(e haidang.LatestMoved) { moved <- e })
	b.must(err)
	defer stopListening()
	d := b.device("gauge1")
	b.publish(d, telemetryTopic("gauge1"), `{"time":"2026-03-02T07:00:00Z","seq":12,"values":{"salinity":3.42,"water_level":null}}`)
	b.publish(d, telemetryTopic("gauge1"), `[{"time":"2026-03-02T14:05:00+07:00","values":{"salinity":3.5}},{"time":"2026-03-02T07:10:00Z","values":{"salinity":3.6}}]`)
	eventually(t, "rows", 3, b.number(`SELECT count(*) FROM observation`))
	b.wantNumber(0, `SELECT count(*) FROM observation o JOIN datastream d ON d.id = o.datastream WHERE d.property = 'water_level'`)
	b.wantNumber(1, `SELECT count(*) FROM observation WHERE phenomenon_time = '2026-03-02T07:05:00Z' AND result = 3.5`)
	select {
	case e := <-moved:
		if o := e.Observations[0]; o.Thing != "gauge1" || o.Property != "salinity" {
			t.Errorf("announced %+v", o)
		}
	case <-time.After(patience):
		t.Error("nothing was announced")
	}
	things, err := b.registry.Things(t.Context())
	b.must(err)
	if v := things[0].Streams[0].Value; v == nil || *v != 3.6 {
		t.Errorf("latest salinity is %v, want 3.6", v)
	}
	eventually(t, "backlog", 0, func() (int, error) { return b.service.Queue(t.Context()).Pending, nil })
}

func TestDuplicatesAndConflicts(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1")
	d := b.device("gauge1")
	at := time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
	for _, value := range []float64{1, 1, 2} { // first, again, another value
		b.publish(d, telemetryTopic("gauge1"), salinityAt(at, value))
	}
	eventually(t, "messages", 3, b.number(`SELECT messages FROM device_account WHERE thing = 'gauge1'`))
	for _, value := range []float64{1, 2, 3} { // in a later transaction
		b.publish(d, telemetryTopic("gauge1"), salinityAt(at, value))
	}
	eventually(t, "messages", 6, b.number(`SELECT messages FROM device_account WHERE thing = 'gauge1'`))
	accounts, _, err := b.ledger.Devices(t.Context(), time.Time{})
	b.must(err)
	if a := accounts[0]; a.Stored != 1 || a.Duplicate != 2 || a.Conflict != 3 || a.Dead != 0 {
		t.Errorf("account is %+v, want 1 stored, 2 duplicate, 3 conflict", a)
	}
	b.wantNumber(1, `SELECT count(*) FROM observation WHERE result = 1`)
	b.wantNumber(2, `SELECT count(*) FROM observation_conflict`) // 2 and 3, each once
}

func TestLateReadingsNeverMoveLatest(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1")
	d := b.device("gauge1")
	at := time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
	b.publish(d, telemetryTopic("gauge1"), salinityAt(at, 9))
	eventually(t, "rows", 1, b.number(`SELECT count(*) FROM observation`))
	var late []haidang.Observation
	stopListening, err := bus.Subscribe(b.bus, func(e haidang.LatestMoved) { late = append(late, e.Observations...) })
	b.must(err)
	for i := range 40 { // some in one batch, some over a year old
		b.publish(d, telemetryTopic("gauge1"), salinityAt(at.AddDate(0, -i, -1), 1))
	}
	eventually(t, "rows", 41, b.number(`SELECT count(*) FROM observation`))
	b.wantNumber(1, `SELECT count(*) FROM observation_latest WHERE result = 9`)
	stopListening()
	if len(late) > 0 {
		t.Errorf("late readings were announced as news: %+v", late)
	}
}

func TestDeadLettersDoNotBlock(t *testing.T) {
	t.Parallel()
	b := setup(t, sinkFunc(func(ctx context.Context, tx pgx.Tx, _ string, _ []byte) (func(), error) {
		_, err := tx.Exec(ctx, `SELECT 1 / 0`) // the database will never take it
		return nil, err
	}), "gauge1")
	d := b.device("gauge1")
	now := time.Now()
	bad := map[string]string{
		`not json`:                        ReasonJSON,
		`{"time":"2026-03-02T07:00:00Z"}`: ReasonJSON,
		`{"time":"2026-03-02T07:00:00Z","values":{"salinity":1e999}}`: ReasonJSON,
		`{"time":"yesterday","values":{"salinity":1}}`:                ReasonTime,
		`{"time":"1970-01-01T00:00:05Z","values":{"salinity":1}}`:     ReasonTime,
		`{"time":"2000-01-01T00:00:05Z","values":{"salinity":1}}`:     ReasonTime,
		salinityAt(now.Add(6*time.Minute), 1):                         ReasonFuture,
		`{"time":"2026-03-02T07:00:00Z","values":{"ph":7}}`:           ReasonProperty,
		`{"time":"2026-03-02T07:00:00Z","values":{"salinity":1e200}}`: ReasonValue,
	}
	for payload := range bad {
		b.publish(d, telemetryTopic("gauge1"), payload)
	}
	b.must(b.service.PublishReport(t.Context(), "web", []byte(`refused by the database`)))
	b.publish(d, telemetryTopic("gauge1"), salinityAt(now.Add(4*time.Minute), 2))
	eventually(t, "dead letters", int64(len(bad)+1), b.number(`SELECT count(*) FROM dead_letter`))
	eventually(t, "the good one", 1, b.number(`SELECT count(*) FROM observation`))
	letters, err := NewDeadLetters(b.pool, nil, nil).Find(t.Context(), DeadLetterFilter{Limit: 100})
	b.must(err)
	for _, l := range letters {
		want, thing := bad[string(l.Payload)], haidang.ThingID("gauge1")
		if want == "" {
			want, thing = ReasonDatabaseRefused, ""
		}
		if l.Reason != want || l.Thing != thing || l.Detail == "" || l.Size != len(l.Payload) {
			t.Errorf("%s became %q (%s), want %q", l.Payload, l.Reason, l.Detail, want)
		}
	}
	eventually(t, "backlog", 0, func() (int, error) { return b.service.Queue(t.Context()).Pending, nil })
}

func TestOutOfRangeIsStoredAndFlagged(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1")
	d := b.device("gauge1")
	at := time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
	b.publish(d, telemetryTopic("gauge1"), salinityAt(at, 500))
	b.publish(d, telemetryTopic("gauge1"), salinityAt(at, 500))
	eventually(t, "messages", 2, b.number(`SELECT messages FROM device_account WHERE thing = 'gauge1'`))
	b.wantNumber(1, `SELECT count(*) FROM observation_flag WHERE flag = 'out_of_range'`)
	things, err := b.registry.Things(t.Context())
	b.must(err)
	if q := things[0].Streams[0].Quality; q != haidang.QualityOutOfRange {
		t.Errorf("quality is %q", q)
	}
}

func TestStatusWillAndAttributes(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1")
	d := b.dial(b.options("gauge1").SetWill("v1/things/gauge1/status", `{"online":false}`, 1, false))
	b.publish(d, "v1/things/gauge1/status", `{"online":true}`)
	b.publish(d, "v1/things/gauge1/status", `{"online":true}`)
	b.publish(d, "v1/things/gauge1/attributes", `{"firmware":"1.2","cells":3}`)
	eventually(t, "attributes", 2, b.number(`SELECT count(*) FROM thing_attribute WHERE thing = 'gauge1'`))
	b.wantNumber(1, `SELECT count(*) FROM thing_status WHERE online`)
	b.must(b.registry.SetDisabled(t.Context(), "gauge1", true))
	eventually(t, "connection", false, func() (bool, error) { return d.IsConnectionOpen(), nil })
	eventually(t, "last will", 1, b.number(`SELECT count(*) FROM thing_status WHERE NOT online`))
	if err := mqttclient.Finish(t.Context(), newClient(b.options("gauge1")).Connect()); err == nil {
		t.Error("a disabled device signed in")
	}
}

// TestHostileAttributes sends what JSON allows and jsonb does not: the database must
// not be the first to see it, for what it refuses holds the other devices up.
func TestHostileAttributes(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1")
	d := b.device("gauge1")
	taken := []string{`{"half":"\ud800"}`, `{"h\ud800":1}`, "{\"bytes\":\"\xff\xfe\"}", `{"big":1e300}`, `{"serial":12345678901234567890}`, `{"a":true,"a":null}`}
	refused := []string{`{"nul":"a\u0000b"}`, `{"n\u0000":1}`, `{"big":1e9999999}`, `{"list":[]}`, `{"long":"` + strings.Repeat("x", longestValue) + `"}`}
	for _, payload := range append(taken, refused...) {
		b.publish(d, "v1/things/gauge1/attributes", payload)
	}
	eventually(t, "dead letters", int64(len(refused)), b.number(`SELECT count(*) FROM dead_letter WHERE reason = 'bad_json'`))
	eventually(t, "attributes", int64(len(taken)), b.number(`SELECT count(*) FROM thing_attribute`))
	b.wantNumber(0, `SELECT count(*) FROM dead_letter WHERE reason <> 'bad_json'`)
	b.wantNumber(1, `SELECT count(*) FROM thing_attribute WHERE name = 'serial' AND value::text = '12345678901234567890'`)
}

// TestAttributesAreBounded: a device that thinks of new names keeps the newest.
func TestAttributesAreBounded(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1")
	d := b.device("gauge1")
	const messages = mostKept/mostAttribute + 2
	for i := range messages {
		names := map[string]int{}
		for j := range mostAttribute {
			names[fmt.Sprintf("m%d-%d", i, j)] = j
		}
		payload, err := json.Marshal(names)
		b.must(err)
		b.publish(d, "v1/things/gauge1/attributes", string(payload))
	}
	eventually(t, "messages", messages, b.number(`SELECT messages FROM device_account WHERE thing = 'gauge1'`))
	b.wantNumber(mostKept, `SELECT count(*) FROM thing_attribute`)
	b.wantNumber(0, `SELECT count(*) FROM thing_attribute WHERE name LIKE 'm0-%' OR name LIKE 'm1-%'`)
}

// TestLongDeadLetterIsShownInPart looks that a list does not carry megabytes.
func TestLongDeadLetterIsShownInPart(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1")
	b.publish(b.device("gauge1"), telemetryTopic("gauge1"), strings.Repeat("x", 100_000))
	eventually(t, "dead letters", 1, b.number(`SELECT count(*) FROM dead_letter WHERE octet_length(payload) = 100000`))
	letters, err := NewDeadLetters(b.pool, nil, nil).Find(t.Context(), DeadLetterFilter{Limit: 10})
	b.must(err)
	if l := letters[0]; len(l.Payload) != shownPayload || l.Size != 100_000 {
		t.Errorf("%d bytes of %d are shown, want %d of 100000", len(l.Payload), l.Size, shownPayload)
	}
}

// sinkFunc is a ReportSink for tests.
type sinkFunc func(ctx context.Context, tx pgx.Tx, channel string, payload []byte) (func(), error)

func (f sinkFunc) AcceptReport(ctx context.Context, tx pgx.Tx, channel string, payload []byte, _ time.Time) (func(), error) {
	return f(ctx, tx, channel, payload)
}

func TestReportsShareTheTransaction(t *testing.T) {
	t.Parallel()
	filed := make(chan string, 10)
	flaky := 2
	b := setup(t, sinkFunc(func(ctx context.Context, tx pgx.Tx, channel string, payload []byte) (func(), error) {
		_, err := tx.Exec(ctx, `INSERT INTO agency VALUES ($1, 'x', 'x')`, string(payload))
		switch {
		case err != nil:
			return nil, err
		case string(payload) == "bad":
			return nil, haidang.RefuseField("category", "sai", "wrong")
		case string(payload) == "flaky" && flaky > 0:
			flaky--
			return nil, errors.New("a part is down")
		}
		return func() { filed <- fmt.Sprint(channel, " ", string(payload)) }, nil
	}))
	for _, payload := range []string{"bad", "flaky", "good"} {
		b.must(b.service.PublishReport(t.Context(), "web", []byte(payload)))
	}
	for _, want := range []string{"web flaky", "web good"} {
		select {
		case got := <-filed:
			if got != want {
				t.Errorf("filed %q, want %q", got, want)
			}
		case <-time.After(patience):
			t.Fatalf("%q was never filed", want)
		}
	}
	b.wantNumber(2, `SELECT count(*) FROM agency WHERE code IN ('flaky', 'good', 'bad')`)
	b.wantNumber(1, `SELECT count(*) FROM dead_letter WHERE reason = 'bad_report' AND payload = 'bad'`)
	if err := b.service.PublishReport(t.Context(), "a/b", nil); haidang.CodeOf(err) != haidang.ErrInvalid {
		t.Errorf("a channel with a slash: %v", err)
	}
}

func TestRegisterAndSeries(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1")
	err := b.registry.Register(t.Context(), []Registration{{ID: "x", Type: "toaster", Name: "x", Agency: "snnmt", Properties: []haidang.PropertyCode{"rain"}}})
	if e, ok := errors.AsType[*haidang.Error](err); !ok || e.Field != "type" {
		t.Errorf("unknown type: %v", err)
	}
	err = b.registry.Register(t.Context(), []Registration{{ID: "x", Type: "tide_gauge", Name: "x", Agency: "snnmt", Lat: math.NaN(), Properties: []haidang.PropertyCode{"rain"}}})
	if e, ok := errors.AsType[*haidang.Error](err); !ok || e.Field != "location" {
		t.Errorf("a latitude that is no number: %v", err)
	}
	d := b.device("gauge1")
	begin := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	for i := range 10 {
		b.publish(d, telemetryTopic("gauge1"), salinityAt(begin.Add(time.Duration(i)*time.Minute), float64(i)))
	}
	eventually(t, "rows", 10, b.number(`SELECT count(*) FROM observation`))
	things, err := b.registry.Things(t.Context())
	b.must(err)
	series, err := b.registry.Series(t.Context(), things[0].Streams[0].ID, begin, begin.Add(time.Hour), 12)
	b.must(err)
	want := []Bucket{{Time: begin, Min: 0, Avg: 2, Max: 4, N: 5}, {Time: begin.Add(5 * time.Minute), Min: 5, Avg: 7, Max: 9, N: 5}}
	if len(series) != 2 || series[0] != want[0] || series[1] != want[1] {
		t.Errorf("series is %+v, want %+v", series, want)
	}
	raw, err := b.registry.Raw(t.Context(), things[0].Streams[0].ID, begin, begin.Add(time.Hour), 3)
	b.must(err)
	if len(raw) != 3 || raw[0].Result != 7 || raw[2].Result != 9 {
		t.Errorf("raw is %+v", raw)
	}
}
