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
	cancel context.CancelFunc
	done   chan struct{}
	once   sync.Once
}

// NewWatcher makes a watcher that calls handle, one call at a time, after every
// notice and every five seconds.
func NewWatcher(pool *pgxpool.Pool, handle func(context.Context)) *Watcher {
	return &Watcher{pool: pool, handle: handle, done: make(chan struct{})}
}

// Start begins to watch and returns at once. The watch outlives ctx and ends with Stop.
func (w *Watcher) Start(ctx context.Context) error {
	ctx, w.cancel = context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer close(w.done)
		for ctx.Err() == nil {
			if err := w.listen(ctx); err != nil && ctx.Err() == nil {
				slog.Warn("geo: no notices from the database; looking every few seconds instead", "error", err)
				w.pause(ctx)
			}
		}
	}()
	return nil
}

// Stop ends the watch and waits for a call in progress, or for ctx.
func (w *Watcher) Stop(ctx context.Context) error {
	if w.cancel == nil {
		return nil
	}
	w.once.Do(w.cancel)
	select {
	case <-w.done:
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
		w.handle(ctx)
		if err := w.wait(ctx, conn); err != nil {
			return err
		}
	}
}

func (w *Watcher) connect(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, reread)
	defer cancel()
	return pgx.ConnectConfig(ctx, w.pool.Config().ConnConfig.Copy())
}

// wait returns nil after a notice or when it is time to look anyway.
func (w *Watcher) wait(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, reread)
	defer cancel()
	_, err := conn.WaitForNotification(ctx)
	if pgconnTimeout(ctx, err) {
		return nil
	}
	return err
}

func (w *Watcher) pause(ctx context.Context) {
	w.handle(ctx)
	select {
	case <-ctx.Done():
	case <-time.After(reread):
	}
}

// pgconnTimeout says that nothing came in time and the connection is still good:
// pgx keeps it open when only the wait for a notification ran out.
func pgconnTimeout(ctx context.Context, err error) bool {
	return err != nil && ctx.Err() == context.DeadlineExceeded
}
