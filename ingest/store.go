package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
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
	book    *book                                  // what this lane commits; nil when it is no lane
	states  map[haidang.DatastreamID]quality.State // as last committed on this connection
	careful int                                    // so many batches more go by way of the staging table, as one that may bring what is stored must

	sequences map[haidang.ThingID]sequence // as last committed on this connection
}

// committed is what the world may hear about a batch.
type committed struct {
	moved  []haidang.Observation
	flags  []haidang.ObservationFlag // of those that moved
	things []haidang.ThingChanged
	after  []func() // of the reports
}

const createStage = `CREATE TEMPORARY TABLE IF NOT EXISTS observation_stage (LIKE observation) ON COMMIT DELETE ROWS`

// commit writes b in one transaction. A batch that brings again what is stored is
// undone and goes by way of the staging table, and so do those after it for a while:
// readings seldom come twice, but then many do.
func (s *store) commit(ctx context.Context, b *batch) (committed, error) {
	done, err := s.transact(ctx, b)
	if s.careful == 0 && storedBefore(err) {
		s.careful = carefulBatches
		done, err = s.transact(ctx, b)
	}
	s.careful = max(0, s.careful-1)
	return done, err
}

func (s *store) transact(ctx context.Context, b *batch) (done committed, err error) {
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
	if err := errors.Join(s.claimKeys(ctx, tx, b), s.countNumbers(ctx, tx, b)); err != nil {
		return done, err
	}
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
	s.rememberSequences(b)
	if s.book != nil {
		s.book.committed(b.messages)
	}
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
	s.states, s.sequences = nil, nil
	if s.conn != nil {
		s.conn.Release()
		s.conn = nil
	}
}

// carefulBatches is for how many batches a reading that was stored before makes us
// expect more of its kind.
const carefulBatches = 64

// storedBefore reports whether a reading was in observation already.
func storedBefore(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.Code == "23505" && strings.HasPrefix(pg.TableName, "observation_k")
}

const observationColumns = `(datastream, keep_months, phenomenon_time, received_at, result)`

// insert stores the rows that are new and settles the rest.
func (s *store) insert(ctx context.Context, tx pgx.Tx, b *batch) error {
	if b.staged == 0 {
		return nil
	}
	s.buffer = copyRows(s.buffer[:0], b.rows[:b.staged])
	if s.careful == 0 {
		return s.copyInto(ctx, tx, "observation")
	}
	if err := s.copyInto(ctx, tx, "observation_stage"); err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, `INSERT INTO observation `+observationColumns+`
		SELECT datastream, keep_months, phenomenon_time, received_at, result FROM observation_stage ON CONFLICT DO NOTHING`)
	if err != nil {
		return err
	}
	if tag.RowsAffected() == int64(b.staged) {
		return nil
	}
	return settleAgainstStored(ctx, tx, b)
}

func (s *store) copyInto(ctx context.Context, tx pgx.Tx, table string) error {
	_, err := tx.Conn().PgConn().CopyFrom(ctx, bytes.NewReader(s.buffer), `COPY `+table+` `+observationColumns+` FROM STDIN (FORMAT binary)`)
	return err
}

// settleAgainstStored finds the rows that were there before: those a row of
// another transaction stands for. One index look-up for each staged row is forced
// (a LIMIT inside LATERAL cannot be turned around): neither the staging table nor
// a partition that is filling has statistics. The bounds spare the planner all
// other partitions.
func settleAgainstStored(ctx context.Context, tx pgx.Tx, b *batch) error {
	if _, err := tx.Exec(ctx, `SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off`); err != nil {
		return err
	}
	keeps, first, last := b.extent()
	rows, err := tx.Query(ctx, `SELECT s.datastream, s.phenomenon_time, o.result FROM observation_stage s CROSS JOIN LATERAL (
			SELECT result, xmin AS by FROM observation o WHERE o.keep_months = s.keep_months AND o.datastream = s.datastream
				AND o.phenomenon_time = s.phenomenon_time AND o.keep_months = ANY ($1) AND o.phenomenon_time BETWEEN $2 AND $3 LIMIT 1) o
		WHERE o.by <> pg_current_xact_id()::xid`, keeps, first, last)
	if err != nil {
		return err
	}
	var key row
	var stored float64
	_, err = pgx.ForEachRow(rows, []any{&key.stream.id, &key.time, &stored}, func() error {
		if i, ok := slices.BinarySearchFunc(b.rows[:b.staged], key, byKey); ok {
			b.rows[i].outcome = against(b.rows[i].value, stored)
		}
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
