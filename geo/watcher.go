package geo

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// reread is how often the watcher calls even without a notice: notices are lost
// while its connection is down.
const reread = 5 * time.Second

// Watcher calls a function whenever units or layers may have changed, whichever
// process changed them. It holds one connection outside the pool.
type Watcher struct {
	pool   *pgxpool.Pool
	handle func(context.Context)
	wake   chan struct{} // notices that nobody has looked after; many are one
	cancel context.CancelFunc
	work   sync.WaitGroup
	once   sync.Once
}

// NewWatcher makes a watcher that calls handle, one call at a time, at once after a
// notice and every five seconds. Notices that come during a call are one call more.
func NewWatcher(pool *pgxpool.Pool, handle func(context.Context)) *Watcher {
	return &Watcher{pool: pool, handle: handle, wake: make(chan struct{}, 1)}
}

// Start begins to watch and returns at once. The watch outlives ctx and ends with Stop.
func (w *Watcher) Start(ctx context.Context) error {
	ctx, w.cancel = context.WithCancel(context.WithoutCancel(ctx))
	w.work.Go(func() { w.handleLoop(ctx) })
	w.work.Go(func() {
		for ctx.Err() == nil {
			if err := w.listen(ctx); err != nil && ctx.Err() == nil {
				slog.Warn("geo: no notices from the database; looking every few seconds instead", "error", err)
				w.pause(ctx)
			}
		}
	})
	return nil
}

func (w *Watcher) handleLoop(ctx context.Context) {
	again := time.NewTicker(reread)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.wake:
		case <-again.C:
		}
		w.handle(ctx)
	}
}

// Stop ends the watch and waits for a call in progress, or for ctx.
func (w *Watcher) Stop(ctx context.Context) error {
	if w.cancel == nil {
		return nil
	}
	w.once.Do(w.cancel)
	done := make(chan struct{})
	go func() { w.work.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *Watcher) listen(ctx context.Context) error {
	conn, err := w.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "LISTEN "+channelPlaces); err != nil {
		return err
	}
	for {
		w.notice() // also of what happened before we listened
		if err := w.wait(ctx, conn); err != nil {
			return err
		}
	}
}

func (w *Watcher) notice() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *Watcher) connect(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, reread)
	defer cancel()
	return pgx.ConnectConfig(ctx, w.pool.Config().ConnConfig.Copy())
}

// wait returns nil after a notice. Now and then it asks whether the connection is
// still one: a server that is gone says nothing.
func (w *Watcher) wait(ctx context.Context, conn *pgx.Conn) error {
	for {
		waiting, cancel := context.WithTimeout(ctx, 6*reread)
		_, err := conn.WaitForNotification(waiting)
		quiet := waiting.Err() == context.DeadlineExceeded // pgx keeps the connection then
		cancel()
		if err == nil || !quiet {
			return err
		}
		if err := w.ping(ctx, conn); err != nil {
			return err
		}
	}
}

func (w *Watcher) ping(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, reread)
	defer cancel()
	return conn.Ping(ctx)
}

func (w *Watcher) pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(reread):
	}
}
