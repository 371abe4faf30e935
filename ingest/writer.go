package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"haidang"
	"haidang/internal/bus"
)

// writer turns messages into committed transactions, one after the other.
type writer struct {
	partition  int // of its lane
	store      *store
	catalogue  *catalogue
	partitions *partitions
	bus        *bus.Bus // may be nil
	metrics    *metrics
	counter    Counter // nil when the broker is not in this process
	cutter     Cutter  // nil when nobody can cut a device
	rates      rates
	trouble    atomic.Pointer[error] // what the database says while it takes nothing
}

const (
	// commitPatience bounds one transaction, and what is asked for a new connection.
	commitPatience = 30 * time.Second

	shortestBackOff = 100 * time.Millisecond
	longestBackOff  = 5 * time.Second
)

// reach asks whether the database answers.
func (w *writer) reach(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, commitPatience)
	defer cancel()
	return w.store.pool.Ping(ctx)
}

// open reads what the lane committed and whom it cut, for a new connection.
func (w *writer) open(ctx context.Context, partition int) (t *tail, err error) {
	ctx, cancel := context.WithTimeout(ctx, commitPatience)
	defer cancel()
	if t, w.store.book, err = loadTail(ctx, w.store.pool, partition, w.counter); err != nil {
		return nil, err
	}
	if w.rates == nil {
		w.rates, err = loadRates(ctx, w.store.pool)
	}
	return t, err
}

// write commits the messages, or returns only because ctx ended or with errFenced:
// then nothing of what is not committed has been acknowledged.
func (w *writer) write(ctx context.Context, messages []*message) error {
	backOff := shortestBackOff
	for {
		err := w.try(ctx, messages)
		if err == nil {
			w.trouble.Store(nil)
			return nil
		}
		if errors.Is(err, errFenced) {
			w.rates.giveBack(messages)
			return err
		}
		if permanent(err) {
			if len(messages) > 1 {
				return w.bisect(ctx, messages)
			}
			if messages[0].refused == nil {
				messages[0].refused = &refused{ReasonDatabaseRefused, err.Error()}
				continue
			}
		}
		w.metrics.retries.Inc()
		if crossed(err) && backOff == shortestBackOff {
			backOff *= 2
			continue
		}
		err = explained(err)
		w.trouble.Store(&err)
		slog.Warn("ingest: trying a batch again", "messages", len(messages), "in", backOff, "error", err)
		select {
		case <-ctx.Done():
			w.rates.giveBack(messages)
			return ctx.Err()
		case <-time.After(backOff):
		}
		backOff = min(2*backOff, longestBackOff)
	}
}

// bisect narrows down to the message that the database will never take.
func (w *writer) bisect(ctx context.Context, messages []*message) error {
	half := len(messages) / 2
	if err := w.write(ctx, messages[:half]); err != nil {
		return err
	}
	return w.write(ctx, messages[half:])
}

// permanent reports whether the data is at fault (SQLSTATE classes 22 and 23), so
// that trying again cannot help.
func permanent(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (strings.HasPrefix(pg.Code, "22") || strings.HasPrefix(pg.Code, "23"))
}

func (w *writer) try(ctx context.Context, messages []*message) error {
	begin := time.Now()
	limited, cancel := context.WithTimeout(ctx, commitPatience)
	defer cancel()
	if err := w.catalogue.cover(limited, messages); err != nil {
		return fmt.Errorf("read catalogue: %w", err)
	}
	b := w.catalogue.resolve(messages, w.rates)
	if err := w.partitions.ensure(limited, b.leaves); err != nil {
		return err
	}
	done, err := w.store.commit(limited, b)
	if err != nil {
		w.forget(err)
		return err
	}
	w.metrics.committed(w.partition, b, len(messages), time.Since(begin))
	if w.cutter != nil {
		b.cut(w.cutter)
	}
	done.announce(w.bus)
	return nil
}

// forget drops what may be the reason of a refusal: a device deleted, a
// partition dropped.
func (w *writer) forget(err error) {
	if permanent(err) {
		w.catalogue.forget()
		w.partitions.forget()
	}
}

// mostMoved keeps an announcement far below what the bus can carry.
const mostMoved = 2000

// announce tells the world what a transaction changed, once it is committed. The
// bus may be nil.
func (done committed) announce(live *bus.Bus) {
	for _, f := range done.after {
		f()
	}
	if live == nil {
		return
	}
	for moved := range slices.Chunk(done.moved, mostMoved) {
		publishOn(live, haidang.LatestMoved{Observations: moved})
	}
	for flags := range slices.Chunk(done.flags, mostMoved) {
		publishOn(live, haidang.FlagsChanged{Flags: flags})
	}
	for _, change := range done.things {
		publishOn(live, change)
	}
}

func publishOn(live *bus.Bus, e haidang.Event) {
	if err := live.Publish(e); err != nil {
		slog.Warn("ingest: the live bus did not take an event", "subject", e.Subject(), "error", err)
	}
}
