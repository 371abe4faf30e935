package main

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
	"time"

	"haidang/internal/postgres"
)

const (
	watchEvery = time.Second
	tellEvery  = 10 * time.Second
)

// watch is what a long round's peaks were.
type watch struct {
	mu       sync.Mutex
	memory   int64 // resident bytes of haidang
	store    int64 // bytes of the broker's store
	pending  int   // messages between broker and COMMIT
	oldestS  float64
	why      string // why the broker last said that it takes nothing
	refusing int    // looks that found it so

	stop context.CancelFunc
	done chan struct{}
}

// watching looks at the house every second until stopped, and tells what it sees.
func (t *trial) watching(ctx context.Context) *watch {
	ctx, stop := context.WithCancel(ctx)
	w := &watch{stop: stop, done: make(chan struct{})}
	go func() {
		defer close(w.done)
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		told, acked := time.Now(), 0
		for ctx.Err() == nil {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			w.look(ctx, t.site)
			if since := time.Since(told); since >= tellEvery {
				s := t.fleet.status()
				progress("%s: acknowledged %d (%.0f a second), unacknowledged %d, connected %d, %s", t.round, s.acked,
					float64(s.acked-acked)/since.Seconds(), s.inFlight(), s.connected, w)
				told, acked = time.Now(), s.acked
			}
		}
	}()
	return w
}

func (w *watch) look(ctx context.Context, s *site) {
	memory, _ := resident(s.house.pid())
	store := size(filepath.Join(s.data, "messages"))
	b, err := s.administrate.books(ctx) // fails while the database is away
	w.mu.Lock()
	defer w.mu.Unlock()
	w.memory, w.store = max(w.memory, memory), max(w.store, store)
	if err != nil {
		return
	}
	w.pending, w.oldestS = max(w.pending, b.Queue.Pending), max(w.oldestS, b.Queue.OldestAgeS)
	if !b.Broker.Open && b.Broker.Why != nil {
		w.why = b.Broker.Why.EN
		w.refusing++
	}
}

// String is the peaks so far, as fields of a round's line.
func (w *watch) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return fmt.Sprintf("memory_peak=%dMB store_peak=%dMB pending_peak=%d oldest_peak=%.0fs", w.memory>>20, w.store>>20, w.pending, w.oldestS)
}

// refused says whether the house was seen to say that the broker takes nothing.
func (w *watch) refused() (why string, seen bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.why, w.refusing > 0
}

func (w *watch) end() {
	w.stop()
	<-w.done
}

// size is the sum of all files below a folder, in bytes.
func size(dir string) (n int64) {
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil {
			return nil // a file that has gone meanwhile
		}
		if info, err := e.Info(); err == nil && !e.IsDir() {
			n += info.Size()
		}
		return nil
	})
	return n
}

// ownPostgres is a server of the campaign's, which it may stop and start.
type ownPostgres struct {
	dir     string
	cluster *postgres.Cluster
}

func (p *ownPostgres) start(ctx context.Context) (err error) {
	p.cluster, err = postgres.StartCluster(ctx, postgres.ClusterConfig{Dir: p.dir})
	return err
}

func (p *ownPostgres) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return p.cluster.Stop(ctx)
}
