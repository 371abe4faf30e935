package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/ingest/quality"
)

// store writes batches on one connection, which keeps a staging table.
type store struct {
	pool    *pgxpool.Pool
	reports ReportSink
	conn    *pgxpool.Conn
	buffer  []byte
	states  map[haidang.DatastreamID]quality.State // as last committed on this connection
}

// committed is what the world may hear about a batch.
type committed struct {
	moved  []haidang.Observation
	flags  []haidang.ObservationFlag // of those that moved
	things []haidang.ThingChanged
	after  []func() // of the reports
}

const createStage = `CREATE TEMPORARY TABLE IF NOT EXISTS observation_stage (
	ordinal integer, datastream integer, phenomenon_time timestamptz, received_at timestamptz, result double precision
) ON COMMIT DELETE ROWS`

// commit writes b in one transaction.
func (s *store) commit(ctx context.Context, b *batch) (done committed, err error) {
	if err := s.connect(ctx); err != nil {
		return done, err
	}
	tx, err := s.conn.Begin(ctx)
	if err != nil {
		s.release()
		return done, err
	}
	defer func() {
		if err != nil {
			s.abandon(tx)
		}
	}()
	if err := s.insert(ctx, tx, b); err != nil {
		return done, err
	}
	b.settle()
	if done, err = s.fileReports(ctx, tx, b); err != nil {
		return done, err
	}
	if err := s.judge(ctx, tx, b); err != nil {
		return done, err
	}
	if err := s.writeRest(ctx, tx, b, &done); err != nil {
		return done, err
	}
	if err := tx.Commit(ctx); err != nil {
		return done, err
	}
	s.remember(b)
	return done, nil
}

// abandon undoes a transaction and gives the connection back; the pool closes
// it when it is broken.
func (s *store) abandon(tx pgx.Tx) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = tx.Rollback(ctx) // a broken connection is rolled back by the server
	s.release()
}

func (s *store) connect(ctx context.Context) error {
	if s.conn != nil {
		return nil
	}
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, createStage); err != nil {
		conn.Release()
		return err
	}
	s.conn = conn
	return nil
}

// release gives the connection back and forgets the states: another process may
// have this lane next.
func (s *store) release() {
	s.states = nil
	if s.conn != nil {
		s.conn.Release()
		s.conn = nil
	}
}

// insert stages the rows, stores what is new, and settles the rest.
func (s *store) insert(ctx context.Context, tx pgx.Tx, b *batch) error {
	if b.staged == 0 {
		return nil
	}
	s.buffer = copyRows(s.buffer[:0], b.rows[:b.staged])
	const stage = `COPY observation_stage FROM STDIN (FORMAT binary)`
	if _, err := tx.Conn().PgConn().CopyFrom(ctx, bytes.NewReader(s.buffer), stage); err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, `INSERT INTO observation (datastream, phenomenon_time, received_at, result)
		SELECT datastream, phenomenon_time, received_at, result FROM observation_stage ON CONFLICT DO NOTHING`)
	if err != nil {
		return err
	}
	if tag.RowsAffected() == int64(b.staged) {
		return nil
	}
	return settleAgainstStored(ctx, tx, b)
}

// settleAgainstStored finds the rows that were there before: those a row of
// another transaction stands for. Index look-ups are forced, for the staging
// table has no statistics and observation may be huge.
func settleAgainstStored(ctx context.Context, tx pgx.Tx, b *batch) error {
	if _, err := tx.Exec(ctx, `SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off`); err != nil {
		return err
	}
	rows, err := tx.Query(ctx, `SELECT s.ordinal, o.result FROM observation_stage s
		JOIN observation o ON o.datastream = s.datastream AND o.phenomenon_time = s.phenomenon_time
		WHERE o.xmin <> pg_current_xact_id()::xid`)
	if err != nil {
		return err
	}
	var ordinal int
	var stored float64
	_, err = pgx.ForEachRow(rows, []any{&ordinal, &stored}, func() error {
		r := &b.rows[ordinal]
		r.outcome = against(r.value, stored)
		return nil
	})
	return err
}

// fileReports hands each report to the sink behind a savepoint.
func (s *store) fileReports(ctx context.Context, tx pgx.Tx, b *batch) (done committed, err error) {
	for _, m := range b.reports {
		after, err := s.fileReport(ctx, tx, m)
		if no, ok := errors.AsType[*haidang.Error](err); ok {
			b.bury(m, &refused{ReasonReport, no.Error()}, 1, b.account(m, false))
			continue
		}
		if err != nil {
			return done, fmt.Errorf("file report: %w", err)
		}
		if after != nil {
			done.after = append(done.after, after)
		}
	}
	return done, nil
}

func (s *store) fileReport(ctx context.Context, tx pgx.Tx, m *message) (after func(), err error) {
	if s.reports == nil {
		return nil, haidang.Refuse(haidang.ErrUnavailable, "Nơi này không nhận phản ánh.", "Reports are not taken here.")
	}
	err = pgx.BeginFunc(ctx, tx, func(savepoint pgx.Tx) error {
		after, err = s.reports.AcceptReport(ctx, savepoint, m.name, m.payload, m.receivedAt)
		return err
	})
	return after, err
}
