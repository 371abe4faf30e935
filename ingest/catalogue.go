package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"haidang/internal/foreign"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/ingest/quality"
)

// stream is a datastream as the writer needs it.
type stream struct {
	id       haidang.DatastreamID
	property haidang.PropertyCode
	limits   quality.Limits
	keep     keeping
}

// catalogue is the lanes' common copy of what is registered. A device that is not
// in it, or has a property that is not, is looked up, so a device may publish right
// after its registration. Only that device: one that keeps sending what nobody
// knows must not make us read a province again with every batch.
type catalogue struct {
	pool    *pgxpool.Pool
	reading sync.Mutex // held by who reads all of it

	mu      sync.RWMutex
	readAt  time.Time // all of it
	streams map[haidang.ThingID]map[string]stream
	history map[haidang.ThingID]bool
	limits  map[haidang.ThingID]limit // of those that have one
}

// catalogueAge bounds how long a change of a limit goes unnoticed.
const catalogueAge = 30 * time.Second

// forgotten is the age of a copy that nobody may go on with.
const forgotten = time.Hour

const selectCatalogue = `
	SELECT t.id, t.history, d.id, d.property, p.valid_min, p.valid_max,
		coalesce(p.stuck_after_s, 0), coalesce(p.jump_step, 0), coalesce(p.jump_per_hour, 0), k.interval_s, k.per_minute, k.burst
	FROM thing t JOIN datastream d ON d.thing = t.id JOIN observed_property p ON p.code = d.property JOIN device_type k ON k.code = t.type`

// read replaces the whole copy.
func (c *catalogue) read(ctx context.Context) error {
	begin := time.Now()
	all := catalogue{streams: map[haidang.ThingID]map[string]stream{}, history: map[haidang.ThingID]bool{}, limits: map[haidang.ThingID]limit{}}
	if err := all.load(ctx, c.pool, selectCatalogue); err != nil {
		return err
	}
	if err := all.loadAliases(ctx, c.pool, selectAliases); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.streams, c.history, c.limits, c.readAt = all.streams, all.history, all.limits, begin
	return nil
}

// look adds what has been registered for these things since.
func (c *catalogue) look(ctx context.Context, things []haidang.ThingID) error {
	some := catalogue{streams: map[haidang.ThingID]map[string]stream{}, history: map[haidang.ThingID]bool{}, limits: map[haidang.ThingID]limit{}}
	if err := some.load(ctx, c.pool, selectCatalogue+" WHERE t.id = ANY($1)", things); err != nil {
		return err
	}
	if err := some.loadAliases(ctx, c.pool, selectAliases+" WHERE t.id = ANY($1)", things); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.Copy(c.streams, some.streams)
	maps.Copy(c.history, some.history)
	maps.Copy(c.limits, some.limits)
	return nil
}

// selectAliases reads what devices call their properties by another name.
const selectAliases = `
	SELECT t.id, a.alias, d.property FROM property_alias a
	JOIN thing t ON t.type = a.device_type JOIN datastream d ON d.thing = t.id AND d.property = a.property`

// loadAliases gives a datastream its second names. A property's own code wins.
func (c *catalogue) loadAliases(ctx context.Context, pool *pgxpool.Pool, sql string, args ...any) error {
	rows, err := pool.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	var thing haidang.ThingID
	var alias, property string
	_, err = pgx.ForEachRow(rows, []any{&thing, &alias, &property}, func() error {
		if _, taken := c.streams[thing][alias]; !taken && c.streams[thing] != nil {
			c.streams[thing][alias] = c.streams[thing][property]
		}
		return nil
	})
	return err
}

func (c *catalogue) load(ctx context.Context, pool *pgxpool.Pool, sql string, args ...any) error {
	policies, err := readPolicies(ctx, pool)
	if err != nil {
		return err
	}
	rows, err := pool.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var thing haidang.ThingID
		var old bool
		var s stream
		var stuckAfterS, intervalS int
		var pace limit
		l := &s.limits
		if err := rows.Scan(&thing, &old, &s.id, &s.property, &l.Min, &l.Max, &stuckAfterS, &l.JumpStep, &l.JumpPerHour, &intervalS, &pace.perMinute, &pace.burst); err != nil {
			return err
		}
		l.StuckAfter, l.Interval, l.History = time.Duration(stuckAfterS)*time.Second, time.Duration(intervalS)*time.Second, old
		s.keep = keepingOf(policies, s.property, old)
		if c.streams[thing] == nil {
			c.streams[thing] = map[string]stream{}
		}
		c.streams[thing][string(s.property)] = s
		if c.history[thing] = old; pace.perMinute > 0 {
			c.limits[thing] = pace
		}
	}
	return rows.Err()
}

// cover makes sure that what is missing for these messages is missing in the
// database too.
func (c *catalogue) cover(ctx context.Context, messages []*message) error {
	if err := c.refresh(ctx); err != nil {
		return err
	}
	if missing := c.missing(messages); len(missing) > 0 {
		return c.look(ctx, missing)
	}
	return nil
}

// refresh reads an old copy again. The lanes go on with what there is meanwhile:
// with a hundred thousand devices it takes seconds. One that was forgotten is
// waited for.
func (c *catalogue) refresh(ctx context.Context) error {
	age := c.age()
	if age < catalogueAge || !c.reading.TryLock() {
		return nil
	}
	if age > forgotten {
		defer c.reading.Unlock()
		return c.read(ctx)
	}
	go func() {
		defer c.reading.Unlock()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitPatience)
		defer cancel()
		if err := c.read(ctx); err != nil {
			slog.Warn("ingest: cannot read the catalogue again", "error", err)
		}
	}()
	return nil
}

func (c *catalogue) age() time.Duration {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return time.Since(c.readAt)
}

// forget makes the next batch read all of it.
func (c *catalogue) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readAt = time.Time{}
}

func (c *catalogue) missing(messages []*message) []haidang.ThingID {
	c.mu.RLock()
	defer c.mu.RUnlock()
	missing := map[haidang.ThingID]bool{}
	for _, m := range messages {
		if !m.redelivered && !c.readAt.After(m.receivedAt) && c.misses(m) {
			missing[m.thing()] = true
		}
	}
	return slices.Collect(maps.Keys(missing))
}

// resolve sorts decoded messages into a batch.
func (c *catalogue) resolve(messages []*message, r rates) *batch {
	c.mu.RLock()
	defer c.mu.RUnlock()
	r.weigh(messages, c)
	return resolve(messages, c, time.Now())
}

func (c *catalogue) misses(m *message) bool {
	if m.kind == topicReports || m.kind == topicUnknown {
		return false
	}
	streams, known := c.streams[m.thing()]
	if !known {
		return true
	}
	for _, r := range m.readings {
		if _, known := streams[r.property]; !known {
			return true
		}
	}
	return false
}

const (
	// futureAllowed is how far a device's clock may be ahead of ours.
	futureAllowed = 5 * time.Minute

	// A clock that was never set says 1970, 1980 or 2000, a receiver that lost count
	// of GPS weeks says 1999. Each month that is taken costs a partition, so what
	// no device of ours can have seen is refused. Series replayed as recorded may be
	// older.
	earliestLive    = 2020
	earliestHistory = 1850

	// largestValue is beyond every property and far below where the sum of a
	// thousand squares ends: one absurd value must not cost a whole chart.
	largestValue = 1e15
)

// find returns the datastream of a reading, or why there is none.
func (c *catalogue) find(thing haidang.ThingID, r reading, now time.Time) (stream, *refused) {
	s, known := c.streams[thing][r.property]
	earliest := earliestLive
	if c.history[thing] {
		earliest = earliestHistory
	}
	switch {
	case !known:
		return s, &refused{ReasonProperty, fmt.Sprintf("property %q is not registered for this device", foreign.Clip(r.property, 80))}
	case math.Abs(r.value) > largestValue:
		return s, &refused{ReasonValue, fmt.Sprintf("%g is more than anything measures", r.value)}
	case r.time.After(now.Add(futureAllowed)):
		return s, &refused{ReasonFuture, fmt.Sprintf("%s is more than %s ahead", r.time.Format(time.RFC3339), futureAllowed)}
	case r.time.Year() < earliest:
		return s, &refused{ReasonTime, fmt.Sprintf("%s is before %d: the clock was not set", r.time.Format(time.RFC3339), earliest)}
	}
	return s, s.expired(r.time, now)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
