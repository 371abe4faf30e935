package ingest

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
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
	queueUnkept(q, b)
	queueForgetKeys(q, b)
	if s.book != nil {
		s.book.queue(q, b.messages)
	}
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

// queueAccounts adds to the devices' accounts, in order of their names: two
// transactions that meet wait for each other, not in a circle.
func queueAccounts(q *pgx.Batch, b *batch) {
	accounts := slices.SortedFunc(maps.Values(b.accounts), func(x, y *tallyOf) int { return cmp.Compare(x.thing, y.thing) })
	q.Queue(`INSERT INTO device_account AS a (thing, messages, stored, duplicate, conflict, dead, last_received,
			seq_last, seq_at, seq_since, seq_missing, seq_resets, seq_gaps, cut_until, cuts)
		SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::timestamptz[],
			$8::bigint[], $9::timestamptz[], $10::timestamptz[], $11::bigint[], $12::bigint[], $13::text[], $14::timestamptz[], $15::smallint[])
		ON CONFLICT (thing) DO UPDATE SET messages = a.messages + excluded.messages, stored = a.stored + excluded.stored,
			duplicate = a.duplicate + excluded.duplicate, conflict = a.conflict + excluded.conflict, dead = a.dead + excluded.dead,
			last_received = greatest(a.last_received, excluded.last_received),
			seq_last = coalesce(excluded.seq_last, a.seq_last), seq_at = coalesce(excluded.seq_at, a.seq_at), seq_since = coalesce(excluded.seq_since, a.seq_since),
			seq_missing = CASE WHEN excluded.seq_last IS NULL THEN a.seq_missing ELSE excluded.seq_missing END,
			seq_resets = CASE WHEN excluded.seq_last IS NULL THEN a.seq_resets ELSE excluded.seq_resets END,
			seq_gaps = CASE WHEN excluded.seq_gaps = '' THEN a.seq_gaps ELSE excluded.seq_gaps END,
			cut_until = coalesce(excluded.cut_until, a.cut_until),
			cuts = CASE WHEN excluded.cut_until IS NULL THEN a.cuts ELSE excluded.cuts END`, accountColumns(accounts)...)
}

// accountColumns turns accounts for unnest.
func accountColumns(accounts []*tallyOf) []any {
	n := len(accounts)
	things, last := make([]haidang.ThingID, n), make([]time.Time, n)
	messages, stored, duplicate, conflict, dead := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	seqLast, seqAt, seqSince := make([]*int64, n), make([]*time.Time, n), make([]*time.Time, n)
	seqMissing, seqResets, seqGaps := make([]int64, n), make([]int64, n), make([]string, n)
	cutUntil, cuts := make([]*time.Time, n), make([]int16, n)
	for i, a := range accounts {
		things[i], messages[i], stored[i], duplicate[i] = a.thing, a.messages, a.stored, a.duplicate
		conflict[i], dead[i], last[i], seqGaps[i] = a.conflict, a.dead, a.last, a.newGaps
		if s := a.sequence; s != nil && !s.Since.IsZero() {
			seqLast[i], seqAt[i], seqSince[i], seqMissing[i], seqResets[i] = &s.Last, &s.At, &s.Since, s.Missing, s.Resets
		}
		if a.cut != nil {
			cutUntil[i], cuts[i] = &a.cut.until, a.cut.inARow
		}
	}
	return []any{things, messages, stored, duplicate, conflict, dead, last, seqLast, seqAt, seqSince, seqMissing, seqResets, seqGaps, cutUntil, cuts}
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
