package ingest

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
)

// writeRest sends everything beside observation in one round trip.
func (s *store) writeRest(ctx context.Context, tx pgx.Tx, b *batch, done *committed) error {
	q := &pgx.Batch{}
	queueLatest(q, b, done)
	queueAccounts(q, b)
	queueConflicts(q, b)
	queueFlags(q, b)
	queueDeadLetters(q, b.dead)
	for _, m := range b.statuses {
		queueStatus(q, m, done)
	}
	for _, m := range b.attributes {
		if err := queueAttributes(q, m); err != nil {
			return err
		}
	}
	return tx.SendBatch(ctx, q).Close()
}

// queueLatest moves latest values, forward only, and notes which ones moved.
func queueLatest(q *pgx.Batch, b *batch, done *committed) {
	newest := b.newest()
	if len(newest) == 0 {
		return
	}
	c := columnsOf(newest)
	m := b.memoryOf(newest)
	q.Queue(`INSERT INTO observation_latest (datastream, phenomenon_time, received_at, result, unchanged_since, steady_time, steady_result)
		SELECT * FROM unnest($1::integer[], $2::timestamptz[], $3::timestamptz[], $4::float8[], $5::timestamptz[], $6::timestamptz[], $7::float8[])
		ON CONFLICT (datastream) DO UPDATE SET phenomenon_time = excluded.phenomenon_time,
			received_at = excluded.received_at, result = excluded.result,
			unchanged_since = excluded.unchanged_since, steady_time = excluded.steady_time, steady_result = excluded.steady_result
		WHERE excluded.phenomenon_time > observation_latest.phenomenon_time
		RETURNING datastream`, c.streams, c.times, c.received, c.values, m.since, m.steadyTimes, m.steadyValues).Query(func(rows pgx.Rows) error {
		moved, err := pgx.CollectRows(rows, pgx.RowTo[haidang.DatastreamID])
		if err != nil {
			return err
		}
		slices.Sort(moved)
		for _, r := range newest {
			if _, ok := slices.BinarySearch(moved, r.stream.id); ok {
				done.moved = append(done.moved, r.observation())
				done.flags = append(done.flags, r.flagged()...)
			}
		}
		return nil
	})
}

func queueAccounts(q *pgx.Batch, b *batch) {
	var things []haidang.ThingID
	var messages, stored, duplicate, conflict, dead []int64
	var last []time.Time
	for thing, a := range b.accounts {
		things = append(things, thing)
		messages, stored, duplicate = append(messages, a.messages), append(stored, a.stored), append(duplicate, a.duplicate)
		conflict, dead, last = append(conflict, a.conflict), append(dead, a.dead), append(last, a.last)
	}
	q.Queue(`INSERT INTO device_account AS a (thing, messages, stored, duplicate, conflict, dead, last_received)
		SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::timestamptz[])
		ON CONFLICT (thing) DO UPDATE SET messages = a.messages + excluded.messages, stored = a.stored + excluded.stored,
			duplicate = a.duplicate + excluded.duplicate, conflict = a.conflict + excluded.conflict, dead = a.dead + excluded.dead,
			last_received = greatest(a.last_received, excluded.last_received)`,
		things, messages, stored, duplicate, conflict, dead, last)
}

// queueConflicts keeps the losers. A conflict that is handed over again after a
// crash is the same conflict.
func queueConflicts(q *pgx.Batch, b *batch) {
	rows := where(b.rows, func(r row) bool { return r.outcome == outcomeConflict })
	if len(rows) == 0 {
		return
	}
	c := columnsOf(rows)
	q.Queue(`INSERT INTO observation_conflict (datastream, phenomenon_time, received_at, result)
		SELECT DISTINCT ON (n.datastream, n.phenomenon_time, n.result) n.*
		FROM unnest($1::integer[], $2::timestamptz[], $3::timestamptz[], $4::float8[]) AS n (datastream, phenomenon_time, received_at, result)
		WHERE NOT EXISTS (SELECT 1 FROM observation_conflict o
			WHERE o.datastream = n.datastream AND o.phenomenon_time = n.phenomenon_time AND o.result = n.result)`,
		c.streams, c.times, c.received, c.values)
}

// queueFlags writes what is known of the readings now. What a device says is
// also taken when it sends a reading again, once.
func queueFlags(q *pgx.Batch, b *batch) {
	var flags []haidang.ObservationFlag
	for _, r := range b.rows {
		if r.outcome != outcomeConflict {
			flags = append(flags, r.flagged()...)
		}
	}
	if len(flags) == 0 {
		return
	}
	var streams []haidang.DatastreamID
	var times []time.Time
	var names, by, reasons []string
	for _, f := range flags {
		streams, times = append(streams, f.Datastream), append(times, f.PhenomenonTime)
		names, by, reasons = append(names, string(f.Flag)), append(by, f.By), append(reasons, f.Reason)
	}
	q.Queue(`INSERT INTO observation_flag (datastream, phenomenon_time, flag, flagged_by, reason)
		SELECT n.* FROM unnest($1::integer[], $2::timestamptz[], $3::text[], $4::text[], $5::text[]) AS n (datastream, phenomenon_time, flag, flagged_by, reason)
		WHERE n.flagged_by = $6 OR NOT EXISTS (SELECT FROM observation_flag o WHERE o.datastream = n.datastream
			AND o.phenomenon_time = n.phenomenon_time AND o.flag = n.flag AND o.flagged_by = n.flagged_by)`,
		streams, times, names, by, reasons, flaggedByIngest)
}

func queueDeadLetters(q *pgx.Batch, dead []DeadLetter) {
	for _, d := range dead {
		q.Queue(`INSERT INTO dead_letter (received_at, topic, thing, reason, detail, decoder, payload, account, readings, positions)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, d.ReceivedAt, d.Topic, d.Thing, d.Reason, d.Detail, d.Decoder,
			append([]byte{}, d.Payload...), d.account, d.Readings, d.positions)
	}
}

// queueStatus writes a change only: devices may repeat themselves.
func queueStatus(q *pgx.Batch, m *message, done *committed) {
	change := haidang.ThingChanged{Thing: m.thing(), Online: m.online}
	q.Queue(`INSERT INTO thing_status (thing, at, online)
		SELECT $1, $2, $3 WHERE $3 IS DISTINCT FROM (SELECT online FROM thing_status WHERE thing = $1 ORDER BY at DESC, id DESC LIMIT 1)
		RETURNING true`, m.thing(), m.receivedAt, m.online).Query(func(rows pgx.Rows) error {
		if rows.Next() {
			done.things = append(done.things, change)
		}
		rows.Close()
		return rows.Err()
	})
}

// mostKept bounds the attributes of one device, which may think of new names for ever.
const mostKept = 4 * mostAttribute

// queueAttributes writes what a device says about itself; the newest mostKept stay.
func queueAttributes(q *pgx.Batch, m *message) error {
	attributes, err := json.Marshal(m.attributes)
	if err != nil {
		return err
	}
	q.Queue(`INSERT INTO thing_attribute (thing, name, value, updated_at) SELECT $1, key, value, $3 FROM jsonb_each($2::jsonb)
		ON CONFLICT (thing, name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at
		WHERE thing_attribute.updated_at <= excluded.updated_at`, m.thing(), string(attributes), m.receivedAt)
	q.Queue(`DELETE FROM thing_attribute WHERE thing = $1 AND name IN (SELECT name FROM thing_attribute WHERE thing = $1
		ORDER BY updated_at DESC, name OFFSET $2)`, m.thing(), mostKept)
	return nil
}

// columns is rows turned for unnest.
type columns struct {
	streams         []haidang.DatastreamID
	times, received []time.Time
	values          []float64
}

func columnsOf(rows []row) columns {
	var c columns
	for _, r := range rows {
		c.streams = append(c.streams, r.stream.id)
		c.times, c.received = append(c.times, r.time), append(c.received, r.receivedAt)
		c.values = append(c.values, r.value)
	}
	return c
}

// memory is what quality remembers of the newest rows, turned for unnest.
type memory struct {
	since, steadyTimes []*time.Time
	steadyValues       []*float64
}

// memoryOf leaves out what quality remembers of a reading that is gone since: a
// deleted one was newer than the one that is the newest now.
func (b *batch) memoryOf(newest []row) memory {
	var m memory
	for _, r := range newest {
		var since, steady *time.Time
		var value *float64
		if s := b.states[r.stream.id]; s.Time.Equal(r.time) {
			since, steady, value = &s.Since, &s.SteadyTime, &s.SteadyValue
		}
		m.since, m.steadyTimes, m.steadyValues = append(m.since, since), append(m.steadyTimes, steady), append(m.steadyValues, value)
	}
	return m
}

func where(rows []row, keep func(row) bool) []row {
	var kept []row
	for _, r := range rows {
		if keep(r) {
			kept = append(kept, r)
		}
	}
	return kept
}
