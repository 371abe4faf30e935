package ingest

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang/ingest/broker"
	"haidang/internal/wait"
)

// RetentionConfig is what a Retention works with.
type RetentionConfig struct {
	Pool        *pgxpool.Pool
	Broker      *broker.Broker // the embedded broker; nil without one
	DataDir     string         // the data folder, whose disk is watched
	DatabaseDir string         // the private server's folder; empty with an external database
}

// Retention lets old readings go, bounds what else would grow for ever, and
// watches the disk. Several processes may run one: each job is done by one of them.
// Without Start it only answers.
type Retention struct {
	config RetentionConfig

	mu      sync.Mutex
	leave   context.CancelFunc
	running sync.WaitGroup
}

// NewRetention makes a Retention on a migrated database.
func NewRetention(config RetentionConfig) *Retention { return &Retention{config: config} }

const (
	// sampleInterval is how often the disk is looked at.
	sampleInterval = 10 * time.Minute

	// forgetInterval is how often old readings are let go.
	forgetInterval = 24 * time.Hour

	// boundInterval is how often tables are bounded: within it a device can write
	// what its rate limit allows, and no more than that is over the bounds.
	boundInterval = time.Hour

	// forgetDelay leaves a start to the messages that wait.
	forgetDelay = 5 * time.Minute
)

// Start begins the jobs and returns at once.
func (r *Retention) Start(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	life, leave := context.WithCancel(context.WithoutCancel(ctx))
	r.leave = leave
	r.running.Go(func() { r.run(life) })
	return nil
}

// Stop ends a job where it is: each of its steps stands alone.
func (r *Retention) Stop(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.leave == nil {
		return nil
	}
	r.leave()
	return wait.For(ctx, r.running.Wait)
}

func (r *Retention) run(ctx context.Context) {
	sample, bound, forget := time.NewTicker(sampleInterval), time.NewTicker(boundInterval), time.NewTimer(forgetDelay)
	defer sample.Stop()
	defer bound.Stop()
	defer forget.Stop()
	r.alone(ctx, "sample", r.sample)
	for {
		select {
		case <-ctx.Done():
			return
		case <-sample.C:
			r.alone(ctx, "sample", r.sample)
		case now := <-bound.C:
			r.alone(ctx, "bound", func(ctx context.Context) error { return r.boundTables(ctx, now) })
		case now := <-forget.C:
			forget.Reset(forgetInterval)
			r.alone(ctx, "forget", func(ctx context.Context) error { return r.forget(ctx, now) })
		}
	}
}

// alone does a job unless another process is at it. A job that fails is done
// again at its next time.
func (r *Retention) alone(ctx context.Context, name string, job func(context.Context) error) {
	conn, err := r.config.Pool.Acquire(ctx)
	if err == nil {
		defer conn.Release()
		var free bool
		err = conn.QueryRow(ctx, `SELECT pg_try_advisory_lock(hashtext('haidang retention'), hashtext($1))`, name).Scan(&free)
		if err == nil && !free {
			return
		}
	}
	if err == nil {
		err = job(ctx)
		unlock, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if _, err := conn.Exec(unlock, `SELECT pg_advisory_unlock(hashtext('haidang retention'), hashtext($1))`, name); err != nil {
			_ = conn.Conn().Close(unlock) // which unlocks too
		}
	}
	if err != nil && ctx.Err() == nil {
		slog.Warn("retention: job not finished, it will be tried again", "job", name, "error", err)
	}
}
