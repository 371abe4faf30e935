package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	latencyTime = 10 * time.Second // of one run
	unlimited   = 1e9              // messages a second
)

// latencyBench measures how long a reading takes at half of the load that the path
// can carry, milliseconds, the 99th of a hundred. Its floor is the bare loop at the
// same load: from PUBLISH into a client's hand.
type latencyBench struct {
	*path
	bare   *bareLoop
	rate   float64 // messages a second: half of the most
	extras map[string][]float64
}

// prepareCommit measures from PUBLISH to COMMIT, by the commit times that
// PostgreSQL keeps of each transaction.
func prepareCommit(ctx context.Context) (*bench, error) {
	b, err := openLatency(ctx)
	if err != nil {
		return nil, err
	}
	return &bench{floor: b.floor, value: b.commit, close: b.close, extras: b.extras}, nil
}

func openLatency(ctx context.Context) (*latencyBench, error) {
	w, err := openWorkshop(ctx)
	if err != nil {
		return nil, err
	}
	if err := w.keepCommitTimes(ctx); err != nil {
		return nil, errors.Join(err, w.close())
	}
	p, err := openPath(ctx, w, publishers, publishers)
	if err != nil {
		return nil, err
	}
	b := &latencyBench{path: p, extras: map[string][]float64{}}
	if b.bare, err = openBareLoop(ctx, b.dir+"/bare", b.registry, b.names); err != nil {
		return nil, errors.Join(err, p.close())
	}
	most, err := b.most(ctx)
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	b.rate = most / 2
	return b, nil
}

// most is how many messages a second the path carries when each device publishes
// one at a time, as often as its window lets it.
func (b *latencyBench) most(ctx context.Context) (float64, error) {
	begin := time.Now()
	n, _, err := pourFor(ctx, pouring{links: b.links, names: b.names, rate: unlimited, payload: oneReading}, latencyTime)
	if err != nil {
		return 0, err
	}
	b.stored += int64(n)
	if err := b.awaitStored(ctx); err != nil {
		return 0, err
	}
	return float64(n) / time.Since(begin).Seconds(), nil
}

// load pours at half load into the path and waits until all is committed.
func (b *latencyBench) load(ctx context.Context, sent func(device int, at time.Time)) error {
	n, reached, err := pourFor(ctx, pouring{links: b.links, names: b.names, rate: b.rate, payload: oneReading, sent: sent}, latencyTime)
	if err != nil {
		return err
	}
	b.note("messages_per_s", reached)
	b.stored += int64(n)
	return b.awaitStored(ctx)
}

func (b *latencyBench) note(name string, v float64) { b.extras[name] = append(b.extras[name], v) }

func (b *latencyBench) commit(ctx context.Context) (p99 float64, err error) {
	since := time.Now().Truncate(time.Microsecond)
	if err := b.load(ctx, nil); err != nil {
		return 0, err
	}
	var p50 float64
	err = b.pool.QueryRow(ctx, `SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY ms), percentile_cont(0.99) WITHIN GROUP (ORDER BY ms)
		FROM (SELECT 1000 * extract(epoch FROM pg_xact_commit_timestamp(xmin) - phenomenon_time)::float8 AS ms
			FROM observation WHERE phenomenon_time >= $1) x`, since).Scan(&p50, &p99)
	b.note("p50", p50)
	return p99, err
}

// floor measures from PUBLISH into a bare client's hand.
func (b *latencyBench) floor(ctx context.Context) (float64, error) {
	var mu sync.Mutex
	var took []float64
	see := func(payload []byte) {
		now := time.Now()
		at, ok := timeIn(payload)
		mu.Lock()
		defer mu.Unlock()
		if ok {
			took = append(took, float64(now.Sub(at))/float64(time.Millisecond))
		}
	}
	b.bare.seen.Store(&see)
	defer b.bare.seen.Store(nil)
	goal := b.bare.handed.Load()
	n, _, err := pourFor(ctx, pouring{links: b.bare.links, names: b.names, rate: b.rate, payload: oneReading}, latencyTime)
	for end := time.Now().Add(time.Minute); err == nil && b.bare.handed.Load() < goal+int64(n); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			err = errors.New("the bare loop did not hand everything over within a minute")
		}
	}
	if err != nil {
		return 0, err
	}
	mu.Lock()
	defer mu.Unlock()
	b.note("floor_p50", percentile(took, 0.5))
	return percentile(took, 0.99), nil
}

// timeIn reads the time of a payload that begins with it.
func timeIn(payload []byte) (time.Time, bool) {
	text, found := bytes.CutPrefix(payload, []byte(`{"time":"`))
	if !found || len(text) < len("2006-01-02T15:04:05.000000Z") {
		return time.Time{}, false
	}
	text, _, _ = bytes.Cut(text, []byte(`"`))
	t, err := time.Parse(clock, string(text))
	return t, err == nil
}

func percentile(v []float64, p float64) float64 {
	if len(v) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(v))
	return sorted[int(p*float64(len(sorted)-1))]
}

func (b *latencyBench) close() error { return errors.Join(b.bare.close(), b.path.close()) }

// keepCommitTimes makes the server remember when each transaction was committed.
func (w *workshop) keepCommitTimes(ctx context.Context) error {
	if _, err := w.pool.Exec(ctx, `ALTER SYSTEM SET track_commit_timestamp = on`); err != nil {
		return err
	}
	w.pool.Close()
	if err := w.cluster.Stop(ctx); err != nil {
		return err
	}
	if err := w.startCluster(ctx); err != nil {
		return fmt.Errorf("start with commit times: %w", err)
	}
	return w.openPool(ctx)
}
