package overview

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang/geo"
)

// lockID lets one process at a time build overviews.
const lockID = 0x6861_6964_616e_6f76 // "haidanov"

// Service keeps the overviews up to date.
type Service struct {
	pool    *pgxpool.Pool
	watcher *geo.Watcher
	cancel  context.CancelFunc
	ctx     context.Context
}

// New makes a service; Start runs it.
func New(pool *pgxpool.Pool) *Service { return &Service{pool: pool} }

// Start begins to watch the layers and returns at once: the first build may take
// minutes. It outlives ctx and ends with Stop.
func (s *Service) Start(ctx context.Context) error {
	s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	s.watcher = geo.NewWatcher(s.pool, s.look)
	return s.watcher.Start(ctx)
}

// Stop ends the work in progress, which loses nothing that is finished. It may be called twice.
func (s *Service) Stop(ctx context.Context) error {
	if s.watcher == nil {
		return nil
	}
	s.cancel()
	return s.watcher.Stop(ctx)
}

// look builds what is out of date, unless another process is at it.
func (s *Service) look(ctx context.Context) {
	if err := s.alone(s.ctx, Build); err != nil && s.ctx.Err() == nil {
		slog.Warn("overviews: not up to date; trying again in a few seconds", "error", err)
	}
}

// alone runs do under the lock, which lives on a connection of its own.
func (s *Service) alone(ctx context.Context, do func(context.Context, *pgxpool.Pool) error) error {
	wait, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := s.pool.Acquire(wait)
	if err != nil {
		return err
	}
	defer conn.Release()
	var mine bool
	if err := conn.QueryRow(wait, `SELECT pg_try_advisory_lock($1)`, int64(lockID)).Scan(&mine); err != nil || !mine {
		return err
	}
	defer func() {
		done, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if _, err := conn.Exec(done, `SELECT pg_advisory_unlock($1)`, int64(lockID)); err != nil {
			_ = conn.Conn().Close(done) // the lock goes with the connection
		}
	}()
	return do(ctx, s.pool)
}
