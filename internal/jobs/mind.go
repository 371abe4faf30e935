package jobs

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
)

// Each process holds an advisory lock under its own name on a connection of its
// own for as long as it lives; the server drops it when that connection goes. So
// a job whose process is gone is known within seconds, where River alone would
// wait for an hour.
const (
	lifeLock     = 0x6a6f6262 // the first half of the lock; the second is made of the name
	minding      = 10 * time.Second
	keptStatuses = "90 days"
)

func (q *Queue) startMinding(ctx context.Context) error {
	conn, err := q.live(ctx)
	if err != nil {
		return err
	}
	if err := q.rescue(ctx); err != nil {
		return err
	}
	q.minding.Go(func() { q.mind(conn) })
	return nil
}

// live connects and takes the lock.
func (q *Queue) live(ctx context.Context) (*pgx.Conn, error) {
	config := q.config.Pool.Config().ConnConfig.Copy()
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1, hashtext($2))`, lifeLock, q.id); err != nil {
		_ = conn.Close(ctx)
		return nil, err
	}
	return conn, nil
}

func (q *Queue) mind(conn *pgx.Conn) {
	tick := time.NewTicker(minding)
	defer tick.Stop()
	for {
		select {
		case <-q.stopping.Done():
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			defer cancel()
			if conn != nil {
				_ = conn.Close(ctx)
			}
			return
		case <-tick.C:
		}
		conn = q.once(conn)
	}
}

// once looks after our own lock, then after others' jobs.
func (q *Queue) once(conn *pgx.Conn) *pgx.Conn {
	ctx, cancel := context.WithTimeout(q.stopping, minding)
	defer cancel()
	if conn != nil && conn.Ping(ctx) != nil {
		_ = conn.Close(ctx)
		conn = nil
	}
	if conn == nil {
		var err error
		if conn, err = q.live(ctx); err != nil {
			return nil // the database is away; the next turn tries again
		}
	}
	if err := q.rescue(ctx); err != nil && q.stopping.Err() == nil {
		slog.Warn("jobs: cannot look for jobs that others left", "error", err)
	}
	return conn
}

// rescue hands the jobs of dead processes out again, or ends those that were begun
// too often, settles statuses that lag behind, and forgets old ones.
func (q *Queue) rescue(ctx context.Context) error {
	_, err := q.config.Pool.Exec(ctx, `
		WITH owner AS (
			SELECT DISTINCT attempted_by[array_upper(attempted_by, 1)] AS id FROM river_job WHERE state = 'running'
		), dead AS (
			SELECT id FROM owner WHERE id <> $1 AND NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory'
				AND classid = $2::bigint::oid AND objid = (hashtext(id)::bigint & 4294967295)::oid AND granted
				AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
		), back AS (
			UPDATE river_job SET state = CASE WHEN attempt >= max_attempts THEN 'discarded' ELSE 'available' END::river_job_state,
				scheduled_at = now(), finalized_at = CASE WHEN attempt >= max_attempts THEN now() END
			WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] IN (SELECT id FROM dead)
			RETURNING id, state
		)
		UPDATE job SET state = CASE WHEN back.state = 'discarded' THEN 'failed' ELSE 'waiting' END, updated_at = now(),
			text_vi = CASE WHEN back.state = 'discarded' THEN $3 ELSE '' END, text_en = CASE WHEN back.state = 'discarded' THEN $4 ELSE '' END
		FROM back WHERE back.id = job.id`, q.id, lifeLock, killedText.VI, killedText.EN)
	if err != nil {
		return err
	}
	if err := q.settle(ctx); err != nil {
		return err
	}
	_, err = q.config.Pool.Exec(ctx, `DELETE FROM job WHERE updated_at < now() - $1::interval AND state IN ('done', 'failed', 'cancelled')`, keptStatuses)
	return err
}

// settle ends the statuses of jobs that River has ended by itself: it cancels one that
// was between two attempts when somebody asked, and no worker hears of that. A worker
// writes the status before River knows of the end, so none is ended here too early.
func (q *Queue) settle(ctx context.Context) error {
	_, err := q.config.Pool.Exec(ctx, `
		UPDATE job SET updated_at = now(), state = CASE WHEN r.state = 'cancelled' THEN 'cancelled' ELSE 'failed' END,
			text_vi = CASE WHEN r.state = 'cancelled' THEN $1 ELSE $3 END, text_en = CASE WHEN r.state = 'cancelled' THEN $2 ELSE $4 END
		FROM river_job r WHERE r.id = job.id AND r.state IN ('cancelled', 'discarded') AND job.state IN ('waiting', 'running')`,
		cancelledText.VI, cancelledText.EN, brokenText.VI, brokenText.EN)
	return err
}
