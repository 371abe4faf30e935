package analytics

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/internal/bus"
	"haidang/internal/postgres/pgtest"
)

// ear is an Alarmer and a Flagger that remembers what it was told.
type ear struct {
	mu      sync.Mutex
	raised  []haidang.AlarmReport
	cleared []string
	flags   []haidang.ObservationFlag
	deaf    bool // Raise fails
}

func (e *ear) Raise(_ context.Context, r haidang.AlarmReport) (haidang.Alarm, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.deaf {
		return haidang.Alarm{}, errors.New("the database is away")
	}
	e.raised = append(e.raised, r)
	return haidang.Alarm{}, nil
}

func (e *ear) Clear(_ context.Context, cause string, _ time.Time, _, _ string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.cleared = append(e.cleared, cause)
	return nil
}

func (e *ear) FlagObservations(_ context.Context, flags []haidang.ObservationFlag) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.flags = append(e.flags, flags...)
	return nil
}

func (e *ear) heard() (raised []haidang.AlarmReport, cleared []string, flags int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append(raised, e.raised...), append(cleared, e.cleared...), len(e.flags)
}

// bench is a database with two humidity sensors, one of long and one of short history, and a bus.
type bench struct {
	pool       *pgxpool.Pool
	bus        *bus.Bus
	ear        *ear
	runner     *Runner
	old, young haidang.DatastreamID
	clock      time.Time // of the next reading
}

func newBench(t *testing.T) *bench {
	t.Helper()
	local, err := bus.NewLocal()
	if err != nil {
		t.Fatal(err)
	}
	if err := local.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = local.Stop(context.Background()) })
	conn, err := local.InProcessConn()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	b := &bench{pool: pgtest.New(t), bus: bus.New(conn), ear: &ear{}, clock: time.Now().Add(-2 * time.Minute)}
	b.exec(t, `INSERT INTO agency VALUES ('a', 'A', 'A')`)
	b.exec(t, `INSERT INTO observed_property VALUES ('humidity', 'Độ ẩm', 'Humidity', '%', '%', 1, 0, 100)`)
	b.exec(t, `INSERT INTO device_type VALUES ('air_station', 'Trạm', 'Station', 'air', 'haidang-json', 300)`)
	b.exec(t, `CREATE TABLE observation_all PARTITION OF observation FOR VALUES IN (0)`)
	b.old, b.young = b.sensor(t, "old", 4*24*time.Hour), b.sensor(t, "young", 30*time.Hour)
	return b
}

func (b *bench) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := b.pool.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

// sensor registers a sensor and gives it a calm past around 60 %.
func (b *bench) sensor(t *testing.T, thing string, past time.Duration) (id haidang.DatastreamID) {
	t.Helper()
	b.exec(t, `INSERT INTO thing (id, type, name, agency, location) VALUES ($1, 'air_station', 'Trạm', 'a', ST_Point(106, 9.6, 4326))`, thing)
	err := b.pool.QueryRow(t.Context(), `INSERT INTO datastream (thing, property) VALUES ($1, 'humidity') RETURNING id`, thing).Scan(&id)
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]any
	for at := b.clock.Add(-past); at.Before(b.clock); at = at.Add(5 * time.Minute) {
		rows = append(rows, []any{id, 0, at, at, 60 + rand.NormFloat64()})
	}
	columns := []string{"datastream", "keep_months", "phenomenon_time", "received_at", "result"}
	if _, err := b.pool.CopyFrom(t.Context(), pgx.Identifier{"observation"}, columns, pgx.CopyFromRows(rows)); err != nil {
		t.Fatal(err)
	}
	return id
}

// start runs a runner until the long series is judged.
func (b *bench) start(t *testing.T) {
	t.Helper()
	b.runner = NewRunner(RunnerConfig{Pool: b.pool, Bus: b.bus, Alarms: b.ear, Flags: b.ear})
	if err := b.runner.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 2 { // the second time does nothing
			if err := b.runner.Stop(context.Background()); err != nil {
				t.Error(err)
			}
		}
	})
	eventually(t, "the long series is judged", func() bool { _, judged := b.runner.Watching(); return judged == 1 })
}

func eventually(t *testing.T, what string, true func() bool) {
	t.Helper()
	for range 2400 {
		if true() {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatalf("not within a minute: %s", what)
}

// say publishes n readings of a value, a second apart, that were taken some time ago.
func (b *bench) say(t *testing.T, id haidang.DatastreamID, n int, value float64, ago time.Duration) {
	t.Helper()
	for range n {
		b.clock = b.clock.Add(time.Second)
		o := haidang.Observation{Datastream: id, PhenomenonTime: b.clock.Add(-ago), ReceivedAt: b.clock, Result: value}
		if err := b.bus.Publish(haidang.LatestMoved{Observations: []haidang.Observation{o}}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRunnerRaisesAndClears(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.start(t)
	var told atomic.Int64
	stop, err := bus.Subscribe(b.bus, func(e haidang.FlagsChanged) { told.Add(int64(len(e.Flags))) })
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	b.say(t, b.old, 20, 5, 3*24*time.Hour) // a backlog: late, so not alarmed
	b.say(t, b.young, 20, 5, 0)            // too little history to say anything
	b.say(t, b.old, 6, 90, 0)
	eventually(t, "the alarm is raised", func() bool { r, _, _ := b.ear.heard(); return len(r) > 0 })
	raised, _, flags := b.ear.heard()
	a := raised[0]
	if len(raised) != 1 || a.Datastream != b.old || a.Thing != "old" || a.Priority != 4 || a.Detail["value"] != 90.0 {
		t.Errorf("raised %+v", raised)
	}
	if !strings.HasPrefix(a.Title.VI, "Độ ẩm 90,0%, thường 5") || !strings.HasPrefix(a.Title.EN, "Humidity 90.0%, usually 5") {
		t.Errorf("titles %q and %q", a.Title.VI, a.Title.EN)
	}
	if flags == 0 {
		t.Error("no reading was flagged")
	}
	eventually(t, "the live bus hears of the flags", func() bool { return told.Load() > 0 })
	b.say(t, b.old, b.runner.config.Rule.Calm+5, 60, 0)
	eventually(t, "the alarm is cleared", func() bool { _, c, _ := b.ear.heard(); return len(c) > 0 })
	if _, cleared, _ := b.ear.heard(); len(cleared) != 1 || cleared[0] != a.Cause {
		t.Errorf("cleared %v, raised %s", cleared, a.Cause)
	}
}

func TestRunnerTellsAgainWhatCouldNotBeTold(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.ear.deaf = true
	b.start(t)
	b.say(t, b.old, 6, 90, 0)
	eventually(t, "readings are flagged", func() bool { _, _, flags := b.ear.heard(); return flags == 6 })
	b.ear.mu.Lock()
	b.ear.deaf = false
	b.ear.mu.Unlock()
	b.say(t, b.old, 6, 90, 0)
	eventually(t, "the alarm is raised after all", func() bool { r, _, _ := b.ear.heard(); return len(r) == 1 })
}

func TestRunnerClearsWhatStoodBeforeItStarted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.exec(t, `INSERT INTO alarm (cause, priority, state, title_vi, title_en, datastream, raised_at, changed_at)
		VALUES ($1, 4, 'acked', 'v', 'e', $2, $3, $3)`, causeOf(b.old), b.old, b.clock.Add(-time.Hour))
	b.start(t)
	b.say(t, b.old, b.runner.config.Rule.Calm+5, 60, 0)
	eventually(t, "the old alarm is cleared", func() bool { _, c, _ := b.ear.heard(); return len(c) == 1 && c[0] == causeOf(b.old) })
}

// A fault that already stood when the model learnt needs one fresh reading only,
// even when it has stood for most of the day from which the level is taken.
func TestRunnerSeesAFaultThatIsUnderWay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.exec(t, `ALTER TABLE observation DISABLE TRIGGER USER`) // results never change but here
	b.exec(t, `UPDATE observation SET result = 90 WHERE datastream = $1 AND phenomenon_time > $2`, b.old, b.clock.Add(-14*time.Hour))
	b.start(t)
	b.say(t, b.old, 1, 90, 0)
	eventually(t, "the alarm is raised", func() bool { r, _, _ := b.ear.heard(); return len(r) == 1 })
}
