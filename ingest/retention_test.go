package ingest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"haidang"
)

func date(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// A month expires when all of it is older than it is kept, not a moment before.
func TestExpiry(t *testing.T) {
	t.Parallel()
	of := leaf{12, monthOf(date("2025-10-31"))}
	for now, want := range map[string]bool{"2026-10-31": false, "2026-11-01": true, "2026-11-30": true, "2025-10-31": false, "2024-01-01": false} {
		if got := of.expired(date(now)); got != want {
			t.Errorf("on %s: expired %v", now, got)
		}
	}
	if (leaf{0, monthOf(date("1850-01-01"))}).expired(date("2026-11-01")) {
		t.Error("what is kept for ever expired")
	}
}

// What a month's readings are kept for follows from the policies alone.
func TestKeepingAt(t *testing.T) {
	t.Parallel()
	k := keeping{{0, 36}, {monthOf(date("2026-05-01")), 0}, {monthOf(date("2026-07-01")), 12}}
	for day, want := range map[string]int16{"1990-01-01": 36, "2026-04-30": 36, "2026-05-01": 0, "2026-06-30": 0, "2026-07-01": 12, "2030-01-01": 12} {
		if got := k.at(monthOf(date(day))); got != want {
			t.Errorf("%s is kept %d months, want %d", day, got, want)
		}
	}
	if l := (leaf{24, monthOf(date("2026-03-01"))}); l.table() != "observation_k24_y2026m03" {
		t.Error(l.table())
	} else if back, ok := parseLeaf(l.table()); !ok || back != l {
		t.Errorf("%s reads as %v", l.table(), back)
	}
}

// store writes a reading the way a lane does, whatever its age.
func (b *bundle) store(thing haidang.ThingID, property string, at time.Time, value float64) *batch {
	b.t.Helper()
	c := &catalogue{pool: b.pool}
	b.must(c.read(b.t.Context()))
	m := &message{topic: telemetryTopic(thing), kind: topicTelemetry, name: string(thing), receivedAt: time.Now().UTC(), payload: []byte("{}"),
		readings: []reading{{property: property, time: at, value: value}}}
	batch := resolve([]*message{m}, c, at)
	b.must((&partitions{pool: b.pool}).ensure(b.t.Context(), batch.leaves))
	s := &store{pool: b.pool}
	defer s.release()
	_, err := s.commit(b.t.Context(), batch)
	b.must(err)
	return batch
}

// Retention drops what is over, with all that was said about it, and nothing else.
func TestForgetDropsWholeMonths(t *testing.T) {
	t.Parallel()
	b := prepare(t, "gauge1")
	ctx := t.Context()
	b.must(b.registry.Register(ctx, []Registration{{ID: "old", Type: "replay", Name: "Cũ", Agency: "snnmt", Lon: 106, Lat: 9, History: true, Properties: []haidang.PropertyCode{"salinity"}}}))
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	b.store("gauge1", "salinity", date("2021-10-31").Add(24*time.Hour-time.Microsecond), 99) // the last instant that is kept no longer
	b.store("gauge1", "salinity", date("2021-11-01"), 99)
	b.store("gauge1", "salinity", date("2021-11-01"), 98)
	b.store("gauge1", "salinity", date("2021-10-31").Add(24*time.Hour-time.Microsecond), 98)
	b.store("gauge1", "salinity", date("2026-11-25"), 99)
	b.store("old", "salinity", date("1990-01-01"), 99)
	flags := b.number(`SELECT count(*) FROM observation_flag WHERE flag = 'out_of_range'`)
	if n, err := flags(); err != nil || n != 4 {
		t.Fatalf("%d flags, %v", n, err)
	}
	r := NewRetention(RetentionConfig{Pool: b.pool})
	b.must(r.forget(ctx, now)) // by a clock that nobody has known for a day
	_, err := b.pool.Exec(ctx, `INSERT INTO disk_sample (at, database, reserve) VALUES ($1, 1, 1)`, now.Add(-clockProbation))
	b.must(err)
	b.must(r.forget(ctx, now.AddDate(-1, 0, 0)))
	b.wantNumber(6, `SELECT (SELECT count(*) FROM observation) + (SELECT count(*) FROM observation_conflict)`)
	b.must(r.forget(ctx, now.AddDate(70, 0, 0))) // it has leapt: what was over before goes, and no more
	b.must(r.forget(ctx, now))                   // and again finds nothing
	b.wantNumber(3, `SELECT count(*) FROM observation`)
	b.wantNumber(0, `SELECT count(*) FROM observation WHERE phenomenon_time >= '2021-10-01Z' AND phenomenon_time < '2021-11-01Z'`)
	b.wantNumber(3, `SELECT count(*) FROM observation_flag WHERE flag = 'out_of_range'`)
	b.wantNumber(1, `SELECT count(*) FROM observation_conflict`)
	b.wantNumber(1, `SELECT count(*) FROM retention_event WHERE what = 'observation_k60_y2021m10'`)
	b.wantNumber(1, `SELECT count(*) FROM audit_log WHERE action = 'retention.drop' AND actor = ''`)
	b.wantNumber(5, `SELECT stored + conflict FROM device_account WHERE thing = 'gauge1'`)
	for _, sql := range []string{`DELETE FROM observation_flag`, `UPDATE observation_flag SET reason = 'x'`, `DELETE FROM observation_conflict`, `TRUNCATE observation_conflict`,
		`DELETE FROM observation`, `UPDATE observation_k60_y2021m11 SET result = 1`} {
		if _, err := b.pool.Exec(ctx, sql); err == nil {
			t.Errorf("%s: not refused", sql)
		}
	}
}

// A partition in use is dropped once it is free, and nobody waits for long meanwhile.
func TestForgetWaitsForReaders(t *testing.T) {
	t.Parallel()
	b := prepare(t, "gauge1")
	ctx := t.Context()
	b.store("gauge1", "salinity", date("2021-10-31"), 1)
	reader, err := b.pool.Begin(ctx)
	b.must(err)
	defer reader.Rollback(context.Background())
	if _, err := reader.Exec(ctx, `SELECT count(*) FROM observation`); err != nil {
		t.Fatal(err)
	}
	var g errgroup.Group
	r := NewRetention(RetentionConfig{Pool: b.pool})
	g.Go(func() error { return r.dropExpired(ctx, time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)) })
	eventually(t, "the drop waits", 1, b.number(`SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted AND relation = 'observation_k60'::regclass`))
	b.store("gauge1", "salinity", date("2026-11-25"), 1) // waits for a second at most
	b.must(reader.Rollback(ctx))
	b.must(g.Wait())
	b.wantNumber(1, `SELECT count(*) FROM observation`)
}

// A reading of a month that is kept no longer is no partition but a dead letter.
func TestExpiredReadingsAreDeadLetters(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1")
	b.must(b.registry.Register(t.Context(), []Registration{{ID: "old", Type: "replay", Name: "Cũ", Agency: "snnmt", Lon: 106, Lat: 9, History: true,
		Properties: []haidang.PropertyCode{"salinity"}, Secret: secretOf("old")}}))
	late := monthOf(time.Now()).begin().AddDate(0, -61, 14)
	kept := monthOf(time.Now()).begin().AddDate(0, -60, 0)
	for _, thing := range []haidang.ThingID{"gauge1", "old"} {
		d := b.device(thing)
		b.publish(d, telemetryTopic(thing), salinityAt(late, 1))
		b.publish(d, telemetryTopic(thing), salinityAt(kept, 1))
	}
	eventually(t, "rows", 3, b.number(`SELECT count(*) FROM observation`))
	eventually(t, "dead letters", 1, b.number(`SELECT count(*) FROM dead_letter WHERE reason = 'expired' AND thing = 'gauge1' AND detail LIKE '%60 months%'`))
	b.wantNumber(0, fmt.Sprintf(`SELECT count(*) FROM pg_class WHERE relname = '%s'`, leaf{60, monthOf(late)}.table()))
}

// A new policy holds from a later month on; what comes again for a month that has
// begun still meets itself.
func TestPolicyChangeStoresNothingTwice(t *testing.T) {
	t.Parallel()
	b := prepare(t, "gauge1")
	ctx := t.Context()
	r := NewRetention(RetentionConfig{Pool: b.pool})
	now := time.Now().UTC().Truncate(time.Second)
	b.store("gauge1", "salinity", now, 1)
	b.must(r.Keep(ctx, "admin", "salinity", 12))
	b.must(r.Keep(ctx, "admin", "salinity", 24)) // thought better of it
	if again := b.store("gauge1", "salinity", now, 1); again.rows[0].outcome != outcomeDuplicate {
		t.Errorf("outcome %d", again.rows[0].outcome)
	}
	b.store("gauge1", "salinity", monthOf(now).begin().AddDate(0, 2, 3), 1)
	b.wantNumber(2, `SELECT count(*) FROM observation`)
	b.wantNumber(1, `SELECT count(*) FROM observation WHERE keep_months = 24`)
	b.must(ReferenceData(ctx, b.pool)) // as at a start
	view, err := r.View(ctx)
	b.must(err)
	for _, p := range view.Properties {
		if p.Code == "salinity" && (p.KeepMonths != 60 || p.Next == nil || p.Next.KeepMonths != 24 || !p.Next.From.After(now)) {
			t.Errorf("salinity: %+v", p)
		}
	}
	if haidang.CodeOf(r.Keep(ctx, "admin", "salinity", -1)) != haidang.ErrInvalid || haidang.CodeOf(r.Keep(ctx, "admin", "nothing", 1)) != haidang.ErrNotFound {
		t.Error("a bad policy is taken")
	}
	refused := b.registry.Register(ctx, []Registration{{ID: "gauge1", Type: "tide_gauge", Name: "x", Agency: "snnmt", History: true, Properties: []haidang.PropertyCode{"salinity"}}})
	if e, ok := errors.AsType[*haidang.Error](refused); !ok || e.Field != "history" {
		t.Errorf("a live device became a replayed one: %v", refused)
	}
}

// Many make the same partitions at once, and all of them succeed.
func TestPartitionsRace(t *testing.T) {
	t.Parallel()
	b := prepare(t, "gauge1")
	var g errgroup.Group
	for range 8 {
		p := &partitions{pool: b.pool}
		g.Go(func() error {
			leaves := map[leaf]bool{}
			for m := range month(12) {
				leaves[leaf{7, monthOf(date("2026-01-01")) + m}] = true
			}
			return p.ensure(t.Context(), leaves)
		})
	}
	b.must(g.Wait())
	b.wantNumber(12, `SELECT count(*) FROM pg_partition_tree('observation_k7') WHERE isleaf`)
}

// Tables that would grow for ever are bounded, and it is written down.
func TestBoundTables(t *testing.T) {
	t.Parallel()
	b := prepare(t, "gauge1")
	ctx := t.Context()
	_, err := b.pool.Exec(ctx, `
		INSERT INTO dead_letter (received_at, topic, reason, payload, resolved_at)
			SELECT now() - interval '400 d', 't', 'bad_json', 'x', now() - make_interval(days => CASE WHEN n % 2 = 0 THEN 100 ELSE 10 END) FROM generate_series(1, 5000) n;
		INSERT INTO dead_letter (received_at, topic, reason, payload) SELECT now() - make_interval(days => n * 100), 't', 'bad_json', 'x' FROM generate_series(0, 9) n;
		INSERT INTO thing_status (thing, at, online) SELECT 'gauge' || n % 2, now() - make_interval(days => 700 + n / 2), n % 4 < 2 FROM generate_series(1, 4000) n;
		INSERT INTO mqtt_refusal (thing, kind, topic, last_at) SELECT 'x', 'publish', n::text, now() - make_interval(days => n) FROM generate_series(1, 300) n;
		INSERT INTO disk_sample (at, database, reserve) SELECT t, 1, 0 FROM generate_series(now() - interval '5 d', now(), '10 min') t`)
	b.must(err)
	_, err = b.pool.Exec(ctx, `INSERT INTO dead_letter (topic, thing, reason, payload) SELECT 't', 'gauge1', 'bad_json', 'x'::bytea FROM generate_series(1, 3)
		UNION ALL SELECT 't', 'noisy', 'bad_json', ''::bytea FROM generate_series(1, $1)`, mostOfOne+2100)
	b.must(err)
	b.must(NewRetention(RetentionConfig{Pool: b.pool}).boundTables(ctx, time.Now()))
	b.wantNumber(0, `SELECT count(*) FROM dead_letter WHERE resolved_at < now() - interval '91 d'`)
	b.wantNumber(2500, `SELECT count(*) FROM dead_letter WHERE resolved_at IS NOT NULL`)
	b.wantNumber(4, `SELECT count(*) FROM dead_letter WHERE resolved_at IS NULL AND thing = ''`)
	b.wantNumber(3, `SELECT count(*) FROM dead_letter WHERE thing = 'gauge1'`)
	b.wantNumber(mostOfOne, `SELECT count(*) FROM dead_letter WHERE thing = 'noisy'`)
	b.wantNumber(2, `SELECT count(DISTINCT thing) FROM thing_status`)
	b.wantNumber(0, `SELECT count(*) FROM thing_status WHERE at < now() - interval '731 d'`)
	b.wantNumber(179, `SELECT count(*) FROM mqtt_refusal`)
	b.wantNumber(0, `SELECT count(*) - count(DISTINCT date_trunc('hour', at)) FROM disk_sample WHERE at < now() - interval '49 h'`)
	view, err := NewRetention(RetentionConfig{Pool: b.pool}).View(ctx)
	b.must(err)
	var gone []string
	for _, g := range view.Gone {
		gone = append(gone, fmt.Sprint(g.Rows, " of ", g.What, " ", g.Reason))
	}
	if got := strings.Join(gone, "; "); !strings.Contains(got, "2500 of dead_letter resolved") || !strings.Contains(got, "6 of dead_letter not mended") {
		t.Errorf("let go: %s", got)
	}
}

// A clock that was ahead for a while does not end the samples, nor the snapshots.
func TestClockThatWasAhead(t *testing.T) {
	t.Parallel()
	b := prepare(t)
	ctx := t.Context()
	_, err := b.pool.Exec(ctx, `INSERT INTO disk_sample (at, database, reserve) VALUES ('2099-01-01', 1, 1);
		INSERT INTO account_snapshot VALUES ('2099-01-01', NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)`)
	b.must(err)
	b.must(NewRetention(RetentionConfig{Pool: b.pool}).sample(ctx))
	b.wantNumber(1, `SELECT count(*) FROM disk_sample WHERE at <= now()`)
	b.wantNumber(0, `SELECT count(*) FROM disk_sample WHERE at > now()`)
	b.must(b.ledger.keepSnapshot(ctx, nil))
	b.wantNumber(1, `SELECT count(*) FROM account_snapshot WHERE at <= now()`)
}
