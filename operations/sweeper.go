package operations

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// How long what never became a report is kept.
const (
	orphanAge     = 24 * time.Hour      // a photo, or a report the broker never took
	unfiledAge    = 30 * 24 * time.Hour // a report the broker took and ingest refused: its photo helps to file it by hand
	sweepInterval = time.Hour
)

// Start runs the sweeper, which removes photos that no report shows, at once and
// then every hour. It returns when the sweeper runs; a second Start does nothing.
func (r *Requests) Start(context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stop != nil {
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	r.sweeping.Go(func() { r.sweepOften(ctx) })
	return nil
}

// Stop ends the sweeper and waits for it, at most until ctx ends. It may be called twice.
func (r *Requests) Stop(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stop == nil {
		return nil
	}
	r.stop()
	done := make(chan struct{})
	go func() { r.sweeping.Wait(); close(done) }()
	select {
	case <-done:
		r.stop = nil
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop the photo sweeper: %w", ctx.Err())
	}
}

func (r *Requests) sweepOften(ctx context.Context) {
	tick := time.NewTicker(sweepInterval)
	defer tick.Stop()
	for {
		if gone, err := r.sweep(ctx); err != nil && ctx.Err() == nil {
			slog.Warn("operations: sweeping photos", "error", err)
		} else if gone > 0 {
			slog.Info("operations: swept photos that no report shows", "photos", gone)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// sweep removes old notes of submissions, then the photos that neither a report nor
// a submission on its way needs.
func (r *Requests) sweep(ctx context.Context) (gone int, err error) {
	now := r.now()
	if _, err := r.pool.Exec(ctx, `DELETE FROM service_submission WHERE submitted_at < CASE WHEN published THEN $1::timestamptz ELSE $2 END`,
		now.Add(-unfiledAge), now.Add(-orphanAge)); err != nil {
		return 0, fmt.Errorf("sweep submissions: %w", err)
	}
	return r.photos.sweep(now.Add(-orphanAge), func(sha256hex string) (needed bool, err error) {
		err = r.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM service_request WHERE photo = $1) OR EXISTS (SELECT FROM service_submission WHERE photo = $1)`,
			sha256hex).Scan(&needed)
		return needed, err
	})
}
