package web

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"haidang"
	"haidang/internal/bus"
	"haidang/tiles"
)

// The bounds of what is remembered for those who listen to the map.
const (
	rememberedChanges = 256
	mapHealEvery      = 5 * time.Second // a lost event is healed after the second look
)

// mapFeed remembers the newest changes of the map. Whoever listens keeps nothing but
// the number of the last change sent: one who is too slow, or was away, learns which
// layers changed instead of a queue of tiles.
type mapFeed struct {
	tiles *tiles.Service
	epoch string // new with every start: numbers of another life mean nothing

	stop func() // the subscription
	end  context.CancelFunc
	work sync.WaitGroup

	mu      sync.Mutex
	last    uint64 // number of the newest change
	ring    []mapChange
	newest  map[haidang.LayerSlug]mapChange
	behind  map[haidang.LayerSlug]int64 // versions of which the last look had heard nothing
	moved   chan struct{}               // closed when there is news
	closing bool
}

// mapChange is one change as it is sent.
type mapChange struct {
	number  uint64
	layer   haidang.LayerSlug
	version int64
	data    []byte
}

func newMapFeed(t *tiles.Service) *mapFeed {
	return &mapFeed{tiles: t, epoch: newID(), newest: map[haidang.LayerSlug]mapChange{}, behind: map[haidang.LayerSlug]int64{}, moved: make(chan struct{})}
}

// Start listens to the bus, and looks from time to time for what the bus lost.
func (f *mapFeed) Start(ctx context.Context, b *bus.Bus) (err error) {
	for _, l := range f.tiles.Layers() {
		f.newest[l.Slug] = mapChange{layer: l.Slug, version: l.Version}
	}
	if f.stop, err = bus.Subscribe(b, f.add); err != nil {
		return fmt.Errorf("changes of the map: %w", err)
	}
	run, end := context.WithCancel(context.WithoutCancel(ctx))
	f.end = end
	f.work.Go(func() { f.healLoop(run) })
	return nil
}

// Stop sends the listeners away. It may be called twice.
func (f *mapFeed) Stop() {
	if f.end == nil {
		return
	}
	f.stop()
	f.end()
	f.mu.Lock()
	if !f.closing {
		f.closing = true
		close(f.moved)
	}
	f.mu.Unlock()
	f.work.Wait()
}

func (f *mapFeed) add(e haidang.TilesChanged) {
	data, err := json.Marshal(e)
	if err != nil {
		slog.Error("map: change not told", "layer", e.Layer, "error", err)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closing {
		return
	}
	f.last++
	c := mapChange{f.last, e.Layer, e.Version, data}
	f.newest[e.Layer] = mapChange{c.number, e.Layer, max(e.Version, f.newest[e.Layer].version), data} // events may overtake each other
	f.ring = append(f.ring, c)
	if len(f.ring) > rememberedChanges {
		f.ring = append(f.ring[:0:0], f.ring[1:]...)
	}
	close(f.moved)
	f.moved = make(chan struct{})
}

// since returns what changed after a number, and the number to ask with next. What is
// no longer remembered is told by layer.
func (f *mapFeed) since(number uint64) ([]mapChange, uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if missed := f.last - number; missed <= uint64(len(f.ring)) {
		return f.ring[len(f.ring)-int(missed):], f.last // nobody writes to what it holds
	}
	var list []mapChange
	for _, c := range f.newest {
		if c.number > number {
			c.data = whole(c)
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b mapChange) int { return cmp.Compare(a.number, b.number) })
	return list, f.last
}

// whole is the change that may be anywhere in the layer.
func whole(c mapChange) []byte {
	data, _ := json.Marshal(haidang.TilesChanged{Layer: c.layer, Version: c.version}) // always possible
	return data
}

// movedAfter returns a channel that is closed when there is news, and whether the feed has ended.
func (f *mapFeed) movedAfter() (<-chan struct{}, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.moved, f.closing
}

// id names a change for whoever comes back; number reads it, and says whether it
// means anything here and now.
func (f *mapFeed) id(number uint64) string { return f.epoch + "-" + strconv.FormatUint(number, 10) }

func (f *mapFeed) number(id string) (uint64, bool) {
	epoch, n, _ := strings.Cut(id, "-")
	number, err := strconv.ParseUint(n, 10, 64)
	f.mu.Lock()
	defer f.mu.Unlock()
	if epoch != f.epoch || err != nil || number > f.last {
		return f.last, false
	}
	return number, true
}

func (f *mapFeed) healLoop(ctx context.Context) {
	tick := time.NewTicker(mapHealEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			f.heal()
		}
	}
}

// heal tells of layers that are newer than the last event about them: twice in a row,
// because the event may be on its way.
func (f *mapFeed) heal() {
	var lost []haidang.TilesChanged
	behind := map[haidang.LayerSlug]int64{}
	f.mu.Lock()
	for _, l := range f.tiles.Layers() {
		if f.newest[l.Slug].version >= l.Version {
			continue
		}
		behind[l.Slug] = l.Version
		if seen, ok := f.behind[l.Slug]; ok && f.newest[l.Slug].version < seen {
			lost = append(lost, haidang.TilesChanged{Layer: l.Slug, Version: l.Version})
		}
	}
	f.behind = behind
	f.mu.Unlock()
	for _, e := range lost {
		f.add(e)
	}
}
