package tiles

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/paulmach/orb"
)

// mostTold is how many tiles of a change open maps are told; of more they are told
// that any may be new.
const mostTold = 1_000

// change is one row of the outbox.
type change struct {
	version int64
	cover   cover
	wide    bool      // it may be anywhere
	bound   orb.Bound // of a change that is not wide, in metres of Web Mercator
}

// ledger knows which version of a layer each of its tiles last changed in. Two ledgers
// that have read the same outbox give the same answers, however they came to it.
type ledger struct {
	first, last int    // the layer's zooms; a tile beyond the last changes with its ancestor there
	table       uint32 // identity of the layer's table
	salt        uint64 // tells it from an earlier ledger in which the same numbers meant something else

	bounds atomic.Pointer[orb.Bound] // west, south, east, north; nil: to be measured

	mu      sync.RWMutex
	version int64 // of the layer, as far as it was read
	base    int64 // up to here changes are forgotten
	floors  [maxZoom + 1]int64
	tiles   map[place]int64
	holds   map[int64]int // by version: tiles and floors that show it
}

func newLedger(n *news) *ledger {
	return &ledger{first: n.first, last: n.last, table: n.table, tiles: map[place]int64{}, holds: map[int64]int{}}
}

// at returns the version a tile last changed in.
func (l *ledger) at(z, x, y uint32) int64 {
	v, _ := l.look(z, x, y)
	return v
}

// look returns the version a tile last changed in, by what was known of the layer up
// to the version read.
func (l *ledger) look(z, x, y uint32) (version, read int64) {
	if beyond := int(z) - l.last; beyond > 0 {
		z, x, y = z-uint32(beyond), x>>beyond, y>>beyond
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	return max(l.base, l.floors[z], l.tiles[placeOf(int(z), x, y)]), l.version
}

// known returns the layer's version and its base, as far as they were read.
func (l *ledger) known() (version, base int64) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.version, l.base
}

// continues reports whether what was found belongs to the layer that the ledger is of.
func (l *ledger) continues(n *news) bool {
	version, base := l.known()
	return l.first == n.first && l.last == n.last && l.table == n.table && n.version >= version && n.base >= base
}

// size is how many tiles have a version of their own.
func (l *ledger) size() int {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return len(l.tiles)
}

// apply takes in what was read of the outbox, in the order of versions, and the
// layer's own versions read with it. A version that no row explains is a change that
// may be anywhere. It returns the tiles that are new; nil stands for any.
func (l *ledger) apply(changes []change, version, base int64) []place {
	l.mu.Lock()
	defer l.mu.Unlock()
	covers := make([]cover, 0, len(changes)+1)
	explained := max(l.version, base)
	for _, c := range changes {
		covers = append(covers, c.cover)
		l.write(c.version, c.cover)
		explained = max(explained, c.version)
	}
	if explained < version {
		covers = append(covers, everything(l.first, l.last))
		l.write(version, everything(l.first, l.last))
	}
	l.version = version
	l.forget(base)
	return together(covers)
}

// together returns the tiles of all covers, nil when they are many or any.
func together(covers []cover) []place {
	all := map[place]struct{}{}
	for _, c := range covers {
		if c.whole <= c.last || len(all)+len(c.tiles) > mostTold {
			return nil
		}
		for _, p := range c.tiles {
			all[p] = struct{}{}
		}
	}
	list := make([]place, 0, len(all))
	for p := range all {
		list = append(list, p)
	}
	slices.Sort(list)
	return list
}

// write notes that the cover changed in the version.
func (l *ledger) write(version int64, c cover) {
	for _, p := range c.tiles {
		l.release(l.tiles[p])
		l.tiles[p] = version
		l.holds[version]++
	}
	if c.whole > c.last {
		return
	}
	for z := c.whole; z <= c.last; z++ {
		l.release(l.floors[z])
		l.floors[z] = version
		l.holds[version]++
	}
	l.drop(func(p place, _ int64) bool { return p.zoom() >= c.whole && p.zoom() <= c.last })
}

// forget takes the base for the version of everything older.
func (l *ledger) forget(base int64) {
	if base <= l.base {
		return
	}
	l.base = base
	l.drop(func(_ place, v int64) bool { return v <= base })
}

func (l *ledger) drop(which func(place, int64) bool) {
	for p, v := range l.tiles {
		if which(p, v) {
			l.release(v)
			delete(l.tiles, p)
		}
	}
}

// release says that one tile or floor less shows the version.
func (l *ledger) release(version int64) {
	if l.holds[version]--; l.holds[version] <= 0 {
		delete(l.holds, version)
	}
}

// holding returns the version read, and every version that a tile or a zoom shows.
func (l *ledger) holding() (version int64, list []int64) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.version, slices.Sorted(maps.Keys(l.holds))
}
