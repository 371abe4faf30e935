package tangle

import (
	"cmp"
	"math"
	"slices"
)

const (
	countSteps = 400_000_000 // comparisons that one Count may take: about a second
	fewPairs   = 200         // are compared sooner than sorted
)

// Outline is the edges of one shape and the box about them; NewOutline makes one.
type Outline struct {
	Edges                    []Edge
	West, South, East, North float64
}

// NewOutline is an outline without edges.
func NewOutline() Outline {
	return Outline{West: math.Inf(1), South: math.Inf(1), East: math.Inf(-1), North: math.Inf(-1)}
}

// Add adds the edge between two vertices, if it has a length.
func (o *Outline) Add(x1, y1, x2, y2 float64) {
	o.Edges = Append(o.Edges, x1, y1, x2, y2)
	o.West, o.East = min(o.West, x1, x2), max(o.East, x1, x2)
	o.South, o.North = min(o.South, y1, y2), max(o.North, y1, y2)
}

// Count counts in how many places the outlines of shapes cross each other, until there
// are more than Most or it takes too long.
type Count struct {
	Most  int
	found int
	steps int
	a, b  []Edge // room for those of a pair
}

// Over reports whether there are more than Most, or so many edges side by side that
// nobody would wait until that is known.
func (c *Count) Over() bool { return c.found > c.Most || c.steps > countSteps }

// Between adds the places where edges of one outline pass through edges of the other.
// Where they touch or run along each other, as neighbours do, they do not.
func (c *Count) Between(a, b Outline) {
	c.steps++
	west, south, east, north := max(a.West, b.West), max(a.South, b.South), min(a.East, b.East), min(a.North, b.North)
	if west > east || south > north {
		return
	}
	c.steps += len(a.Edges) + len(b.Edges)
	common := Outline{West: west, South: south, East: east, North: north}
	c.a, c.b = common.within(a.Edges, c.a[:0]), common.within(b.Edges, c.b[:0])
	if len(c.a)*len(c.b) > fewPairs {
		byWest := func(a, b Edge) int { return cmp.Compare(a.X1, b.X1) }
		slices.SortFunc(c.a, byWest)
		slices.SortFunc(c.b, byWest)
		c.sweep(c.a, c.b)
		return
	}
	for _, e := range c.a {
		c.against(e, c.b)
	}
}

// within are the edges that reach into the box; into a tall one, in which they would lie
// above each other, with the axes exchanged.
func (o Outline) within(edges, in []Edge) []Edge {
	tall := o.North-o.South > o.East-o.West
	for _, e := range edges {
		switch {
		case e.X2 < o.West || e.X1 > o.East || max(e.Y1, e.Y2) < o.South || min(e.Y1, e.Y2) > o.North:
		case tall:
			in = Append(in, e.Y1, e.X1, e.Y2, e.X2)
		default:
			in = append(in, e)
		}
	}
	return in
}

// sweep takes the edge that begins first again and again, of whichever list, and looks
// at those of the other that begin before it ends.
func (c *Count) sweep(a, b []Edge) {
	for len(a) > 0 && len(b) > 0 && !c.Over() {
		if a[0].X1 > b[0].X1 {
			a, b = b, a
		}
		end := 0
		for end < len(b) && b[end].X1 <= a[0].X2 {
			end++
		}
		c.against(a[0], b[:end])
		a = a[1:]
	}
}

// against compares an edge with others.
func (c *Count) against(first Edge, others []Edge) {
	low, high := min(first.Y1, first.Y2), max(first.Y1, first.Y2)
	c.steps += len(others)
	for _, e := range others {
		if max(e.Y1, e.Y2) >= low && min(e.Y1, e.Y2) <= high && through(first, e) {
			c.found++
		}
	}
}

// through reports whether two edges cross between their ends.
func through(a, b Edge) bool {
	return a.side(b.X1, b.Y1)*a.side(b.X2, b.Y2) < 0 && b.side(a.X1, a.Y1)*b.side(a.X2, a.Y2) < 0
}
