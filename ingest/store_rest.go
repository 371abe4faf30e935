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
func (s *store) writeRest(ctx context.Context, tx pgx.Tx, b *batch, newest []row, done *committed) error {
	q := &pgx.Batch{}
	queueLatest(q, newest, done)
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
func queueLatest(q *pgx.Batch, newest []row, done *committed) {
	if len(newest) == 0 {
		return
	}
	c := columnsOf(newest)
	q.Queue(`INSERT INTO observation_latest (datastream, phenomenon_time, received_at, result)
		SELECT * FROM unnest($1::integer[], $2::timestamptz[], $3::timestamptz[], $4::float8[])
		ON CONFLICT (datastream) DO UPDATE SET phenomenon_time = excluded.phenomenon_time,
			received_at = excluded.received_at, result = excluded.result
		WHERE excluded.phenomenon_time > observation_latest.phenomenon_time
		RETURNING datastream`, c.streams, c.times, c.received, c.values).Query(func(rows pgx.Rows) error {
		moved, err := pgx.CollectRows(rows, pgx.RowTo[haidang.DatastreamID])
		if err != nil {
			return err
		}
		slices.Sort(moved)
		for _, r := range newest {
			if _, ok := slices.BinarySearch(moved, r.stream.id); ok {
				done.moved = append(done.moved, r.observation())
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

func queueFlags(q *pgx.Batch, b *batch) {
	rows := where(b.rows, func(r row) bool { return r.outcome == outcomeStored && r.stream.outOfRange(r.value) })
	if len(rows) == 0 {
		return
	}
	c := columnsOf(rows)
	q.Queue(`INSERT INTO observation_flag (datastream, phenomenon_time, flag, flagged_by, reason)
		SELECT datastream, phenomenon_time, $3, 'ingest', 'beyond what a sensor of this property can measure'
		FROM unnest($1::integer[], $2::timestamptz[]) AS n (datastream, phenomenon_time)`,
		c.streams, c.times, haidang.QualityOutOfRange)
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

func where(rows []row, keep func(row) bool) []row {
	var kept []row
	for _, r := range rows {
		if keep(r) {
			kept = append(kept, r)
		}
	}
	return kept
}
