package tiles

import (
	"context"
	"sync"
	"time"
)

// lingering is how long a cut goes on that has begun and that nobody waits for any
// more: most are done by then, and whoever comes next has the tile.
const lingering = 2 * time.Second

// flights are the loads under way, one for each tile however many ask for it.
type flights struct {
	mu      sync.Mutex
	open    map[key]*flight
	work    sync.WaitGroup
	closing bool
}

// flight is one load. Those who wait for it count; without any it ends.
type flight struct {
	asker   string // who came first: it waits at this one's turn
	waiting int
	begun   bool // it holds a connection
	landed  chan struct{}
	cancel  context.CancelFunc
	last    *time.Timer // ends it unless somebody comes

	// written before landed is closed
	result result
	err    error
}

// result is a tile with the key it is kept under, which may be a newer one than was asked for.
type result struct {
	tile tile
	key  key
	hit  bool // it was kept, in memory or on the disk
}

// join waits for the load of k, which begins if nobody has begun it.
func (f *flights) join(ctx context.Context, k key, asker string, load func(context.Context, *flight) (result, error)) (result, error) {
	fl, err := f.board(ctx, k, asker, load)
	if err != nil {
		return result{}, err
	}
	select {
	case <-fl.landed:
		return fl.result, fl.err
	case <-ctx.Done():
		f.leave(k, fl)
		return result{}, ctx.Err()
	}
}

func (f *flights) board(ctx context.Context, k key, asker string, load func(context.Context, *flight) (result, error)) (*flight, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closing {
		return nil, tooBusy(nil)
	}
	if fl := f.open[k]; fl != nil {
		fl.waiting++
		if fl.last != nil {
			fl.last.Stop()
			fl.last = nil
		}
		return fl, nil
	}
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	fl := &flight{asker: asker, waiting: 1, landed: make(chan struct{}), cancel: cancel}
	f.open[k] = fl
	f.work.Go(func() {
		defer cancel()
		fl.result, fl.err = load(run, fl)
		f.forget(k, fl)
		close(fl.landed)
	})
	return fl, nil
}

// leave counts one who waited out. Without any a load that waits ends at once, and one
// that has begun after a while.
func (f *flights) leave(k key, fl *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl.waiting--; fl.waiting > 0 {
		return
	}
	if fl.begun {
		fl.last = time.AfterFunc(lingering, func() { f.end(k, fl) })
		return
	}
	f.drop(k, fl)
}

// end cancels a load that nobody has come back to.
func (f *flights) end(k key, fl *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl.waiting == 0 {
		f.drop(k, fl)
	}
}

func (f *flights) drop(k key, fl *flight) {
	fl.cancel()
	if f.open[k] == fl {
		delete(f.open, k)
	}
}

// begin says that the load has its turn.
func (f *flights) begin(fl *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fl.begun = true
}

func (f *flights) forget(k key, fl *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.open[k] == fl {
		delete(f.open, k)
	}
}

// stop ends all loads and waits for them, or for ctx.
func (f *flights) stop(ctx context.Context) error {
	f.mu.Lock()
	f.closing = true
	for _, fl := range f.open {
		fl.cancel()
	}
	f.mu.Unlock()
	done := make(chan struct{})
	go func() { f.work.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
