package tiles

import (
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// mostCovered is how many tiles of one zoom a change may touch before it voids that
// zoom and those after it instead.
const mostCovered = 512

// maxEdges is from how many edges on a figure is taken for its box.
const maxEdges = 20_000

// reach is how far around a tile a shape may lie and still show on it, in tiles: the
// buffer, a pixel for what is drawn larger than it is, and one unit for what is rounded
// onto its edge.
const reach = float64(buffer+extent/512+1) / extent

// place packs a tile's z, x and y.
type place uint64

func placeOf(z int, x, y uint32) place {
	return place(uint64(z)<<56 | uint64(x)<<28 | uint64(y))
}

func (p place) zoom() int { return int(p >> 56) }

func (p place) zxy() [3]uint32 {
	const low = 1<<28 - 1
	return [3]uint32{uint32(p >> 56), uint32(p >> 28 & low), uint32(p & low)}
}

// cover is what a change touches: tiles, and every tile of the zooms whole to last,
// which are none when whole is beyond last.
type cover struct {
	tiles       []place
	whole, last int
}

// nothing and everything are the covers of a change that shows nowhere, and of one
// that may show anywhere, in the zooms first to last.
func nothing(last int) cover           { return cover{whole: last + 1, last: last} }
func everything(first, last int) cover { return cover{whole: first, last: last} }

// coverOf finds the tiles of zooms first to last on which a shape shows, given in
// metres of Web Mercator. It goes down from the tile of the world, so that its time
// follows what it finds.
func coverOf(shape orb.Geometry, first, last int) cover {
	c := nothing(last)
	var level []node
	for _, f := range figures(nil, shape) {
		if n, ok := (node{figure: f, edges: f.edges}).within(0); ok {
			level = append(level, n)
		}
	}
	for z := 0; len(level) > 0; z++ {
		found := places(level, z)
		if len(found) > mostCovered {
			c.whole = max(z, first)
			return c
		}
		if z >= first {
			c.tiles = append(c.tiles, found...)
		}
		if z == last {
			return c
		}
		level = descend(level, z+1)
	}
	return c
}

// node is a tile that a figure reaches, with the edges that reach it: none when the
// tile lies inside the figure.
type node struct {
	figure *figure
	x, y   uint32
	edges  []edge
}

// descend returns the nodes of zoom z below those given.
func descend(level []node, z int) []node {
	var next []node
	for _, n := range level {
		for i := range uint32(4) {
			child := n
			child.x, child.y = 2*n.x+i&1, 2*n.y+i>>1
			if child, ok := child.within(z); ok {
				next = append(next, child)
			}
		}
	}
	return next
}

// within keeps of the parent's edges those that reach the tile, and reports whether
// the figure does.
func (n node) within(z int) (node, bool) {
	if n.edges == nil {
		return n, true
	}
	size := math.Ldexp(1, -z)
	b := box{(float64(n.x) - reach) * size, (float64(n.y) - reach) * size, (float64(n.x) + 1 + reach) * size, (float64(n.y) + 1 + reach) * size}
	var near []edge
	for _, e := range n.edges {
		if b.meets(e) {
			near = append(near, e)
		}
	}
	n.edges = near
	return n, near != nil || n.figure.area && n.figure.contains((b.x0+b.x1)/2, (b.y0+b.y1)/2)
}

// places lists the tiles of the nodes, each once.
func places(level []node, z int) []place {
	list := make([]place, len(level))
	for i, n := range level {
		list[i] = placeOf(z, n.x, n.y)
	}
	slices.Sort(list)
	return slices.Compact(list)
}
