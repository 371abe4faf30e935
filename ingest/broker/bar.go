package broker

import (
	"time"

	"haidang"
)

// mostBarred bounds how many things are remembered as cut. Registered things
// alone are, so a store with more of them lets the ones that are soonest free in early.
const mostBarred = 100_000

// bar cuts a thing's connections and remembers until when it may not come back.
func (g *gate) bar(thing haidang.ThingID, until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.barred) >= mostBarred {
		g.forgetBarred(time.Now())
	}
	if len(g.barred) < mostBarred {
		g.barred[thing] = until
	}
	for id, c := range g.seen {
		if c.thing == thing && g.live != nil {
			go g.live.disconnect(id)
		}
	}
}

// isBarred reports whether a thing must stay away still.
func (g *gate) isBarred(thing haidang.ThingID, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	until, barred := g.barred[thing]
	if barred && !now.Before(until) {
		delete(g.barred, thing)
		return false
	}
	return barred
}

// forgetBarred drops those whose time is over. The gate is locked.
func (g *gate) forgetBarred(now time.Time) {
	for thing, until := range g.barred {
		if !now.Before(until) {
			delete(g.barred, thing)
		}
	}
}
