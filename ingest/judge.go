package ingest

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/ingest/quality"
)

// judge gives each stored row its flags, in the order in which the readings
// arrived, so that batches leave no trace. What is to be remembered lies in
// b.states until remember is called, after the COMMIT.
func (s *store) judge(ctx context.Context, tx pgx.Tx, b *batch) error {
	stored := b.storedByStream()
	if err := s.recall(ctx, tx, b, stored); err != nil {
		return err
	}
	for _, i := range stored {
		r := &b.rows[i]
		at := r.time
		if r.late() { // its time is only that of our receipt
			at = b.states[r.stream.id].Time
		}
		r.flags, b.states[r.stream.id] = quality.Judge(r.stream.limits, b.states[r.stream.id],
			quality.Reading{Time: at, Received: r.receivedAt, Value: r.value, OverRate: r.overRate})
	}
	return nil
}

// storedByStream lists the stored rows by datastream, each as its readings arrived.
func (b *batch) storedByStream() []int {
	var stored []int
	inOrder := true
	for i, r := range b.rows[:b.staged] {
		if r.outcome != outcomeStored {
			continue
		}
		if n := len(stored); n > 0 {
			last := b.rows[stored[n-1]]
			inOrder = inOrder && (last.stream.id != r.stream.id || last.arrival <= r.arrival)
		}
		stored = append(stored, i)
	}
	if !inOrder {
		slices.SortStableFunc(stored, func(x, y int) int {
			return cmp.Or(cmp.Compare(b.rows[x].stream.id, b.rows[y].stream.id), cmp.Compare(b.rows[x].arrival, b.rows[y].arrival))
		})
	}
	return stored
}

// recall puts what is remembered of the batch's datastreams into b.states, and
// reads what this lane does not know yet.
func (s *store) recall(ctx context.Context, tx pgx.Tx, b *batch, stored []int) error {
	b.states = map[haidang.DatastreamID]quality.State{}
	var unknown []haidang.DatastreamID
	for _, i := range stored {
		id := b.rows[i].stream.id
		if _, seen := b.states[id]; seen {
			continue
		}
		state, known := s.states[id]
		if b.states[id] = state; !known {
			unknown = append(unknown, id)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, `SELECT datastream, phenomenon_time, received_at, result, coalesce(unchanged_since, phenomenon_time),
			coalesce(steady_time, phenomenon_time), coalesce(steady_result, result)
		FROM observation_latest WHERE datastream = ANY ($1)`, unknown)
	if err != nil {
		return err
	}
	var id haidang.DatastreamID
	var q quality.State
	_, err = pgx.ForEachRow(rows, []any{&id, &q.Time, &q.Received, &q.Value, &q.Since, &q.SteadyTime, &q.SteadyValue}, func() error {
		b.states[id] = q
		return nil
	})
	return err
}

// remember keeps the states of a batch that is committed.
func (s *store) remember(b *batch) {
	if s.states == nil {
		s.states = map[haidang.DatastreamID]quality.State{}
	}
	maps.Copy(s.states, b.states)
}
