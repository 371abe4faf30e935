package jobs

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// maxAttempts is how often a job is begun before it is given up. A job that ends
// the process by its hunger must not do so for ever.
const maxAttempts = 3

// Config is what a queue stands on.
type Config struct {
	Pool    *pgxpool.Pool
	Workers int // jobs at once in this process; 0: 2
}

// Queue is the queue and its workers in this process.
type Queue struct {
	config   Config
	id       string // of this process, for the lock that says it lives
	workers  *river.Workers
	client   *river.Client[pgx.Tx]
	stopping context.Context //nolint:containedctx // tells running jobs apart from cancelled ones
	stop     context.CancelFunc
	minding  sync.WaitGroup
}

// New makes a queue that runs nothing yet. Register kinds of work with Handle.
func New(c Config) *Queue {
	if c.Workers <= 0 {
		c.Workers = 2
	}
	q := &Queue{config: c, id: "haidang-" + rand.Text(), workers: river.NewWorkers()}
	q.stopping, q.stop = context.WithCancel(context.Background())
	return q
}

// migrationLock lets one process at a time bring River's tables up to date.
const migrationLock = 0x6a6f6273

// Migrate makes or updates River's tables. Start does it too.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, migrationLock); err != nil {
		return fmt.Errorf("wait for the job queue's tables: %w", err)
	}
	defer func() { _, _ = conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, migrationLock) }()
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: quiet})
	if err != nil {
		return err
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("make the job queue's tables: %w", err)
	}
	return nil
}

// Start brings the tables up to date, takes back what dead processes left, and
// returns once jobs are worked on.
func (q *Queue) Start(ctx context.Context) error {
	if err := Migrate(ctx, q.config.Pool); err != nil {
		return err
	}
	client, err := river.NewClient(riverpgxv5.New(q.config.Pool), &river.Config{
		ID: q.id, Workers: q.workers, Logger: quiet, JobTimeout: -1, MaxAttempts: maxAttempts, FetchOnlyKnownKinds: true, SkipUnknownJobCheck: true,
		RescueStuckJobsAfter: 10 * 365 * 24 * time.Hour, // we know better which process is dead: see mind
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: q.config.Workers}},
		FetchCooldown:        100 * time.Millisecond, FetchPollInterval: time.Second,
	})
	if err != nil {
		return fmt.Errorf("job queue: %w", err)
	}
	q.client = client
	if err := q.startMinding(ctx); err != nil {
		return err
	}
	return q.client.Start(context.WithoutCancel(ctx))
}

// Stop interrupts running jobs, which go on at the next start, and waits for them
// until ctx ends. It may be called twice.
func (q *Queue) Stop(ctx context.Context) error {
	q.stop()
	var err error
	if q.client != nil {
		err = q.client.StopAndCancel(ctx)
	}
	q.minding.Wait()
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("some jobs do not end")
	}
	return err
}

// quiet passes on what is grave: River is talkative.
var quiet = slog.New(grave{})

type grave struct{}

func (grave) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }
func (grave) Handle(ctx context.Context, r slog.Record) error {
	r.Message = "jobs: " + r.Message
	return slog.Default().Handler().Handle(ctx, r)
}
func (g grave) WithAttrs([]slog.Attr) slog.Handler { return g }
func (g grave) WithGroup(string) slog.Handler      { return g }
