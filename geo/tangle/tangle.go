// Package tangle tells shapes that cross themselves or each other again and again from drawn ones,
// before PostGIS sees them: it mends a ring by building all the faces in between, which
// takes seconds at a thousand crossings, gigabytes and hours at a few more, and cannot
// be interrupted.
//
// In: the edges of a shape. Out: whether more pairs of them meet, or cross, than may.
// It is pure: it must never do I/O, and never take longer than its bound of steps.
package tangle

import (
	"cmp"
	"slices"
)

const (
	leastSteps = 200_000_000 // comparisons that any shape may take: about half a second
	edgeSteps  = 2000        // and for each edge of a larger one
)

// Edge is a straight piece of a ring or line; its first end is not east of the other.
type Edge struct{ X1, Y1, X2, Y2 float64 }

// Append adds the edge between two vertices, if it has a length.
func Append(list []Edge, x1, y1, x2, y2 float64) []Edge {
	switch {
	case x1 == x2 && y1 == y2:
		return list
	case x1 > x2:
		return append(list, Edge{x2, y2, x1, y1})
	}
	return append(list, Edge{x1, y1, x2, y2})
}

// More reports whether more pairs of edges than most are as they must not be (Meet or
// Cross), or the edges lie so that finding that out takes too long. It sorts the list.
func More(list []Edge, pair func(a, b Edge) bool, most int) bool {
	slices.SortFunc(list, func(a, b Edge) int { return cmp.Compare(a.X1, b.X1) })
	steps := max(leastSteps, edgeSteps*len(list))
	for i, a := range list {
		low, high := min(a.Y1, a.Y2), max(a.Y1, a.Y2)
		for _, b := range list[i+1:] { // those that begin before a ends
			if b.X1 > a.X2 {
				break
			}
			if steps--; steps < 0 {
				return true
			}
			if min(b.Y1, b.Y2) > high || max(b.Y1, b.Y2) < low || !pair(a, b) {
				continue
			}
			if most--; most < 0 {
				return true
			}
		}
	}
	return false
}

// Meet reports whether two edges have more in common than one end of each. The database
// must look at each such place of a filter's shape, also where they only touch.
func Meet(a, b Edge) bool {
	b1, b2 := a.side(b.X1, b.Y1), a.side(b.X2, b.Y2)
	if b1 == 0 && b2 == 0 {
		return overlap(a, b)
	}
	return !joined(a, b) && b1*b2 <= 0 && b.side(a.X1, a.Y1)*b.side(a.X2, a.Y2) <= 0
}

// Cross reports whether two edges cross, or lie on each other for a stretch. Touching
// is neither: holes may touch their shell as often as they like.
func Cross(a, b Edge) bool {
	b1, b2 := a.side(b.X1, b.Y1), a.side(b.X2, b.Y2)
	a1, a2 := b.side(a.X1, a.Y1), b.side(a.X2, a.Y2)
	if a1 == 0 && a2 == 0 && b1 == 0 && b2 == 0 {
		return overlap(a, b)
	}
	return a1*a2 < 0 && b1*b2 < 0
}

// side is 1 to the left of the edge, -1 to the right, 0 on its line. Two products are
// compared: their difference could be rounded to something where they are the same.
func (e Edge) side(x, y float64) int {
	left, right := (e.X2-e.X1)*(y-e.Y1), (e.Y2-e.Y1)*(x-e.X1)
	switch {
	case left > right:
		return 1
	case left < right:
		return -1
	}
	return 0
}

// joined reports whether an end of one is an end of the other.
func joined(a, b Edge) bool {
	end := func(x, y float64) bool { return x == b.X1 && y == b.Y1 || x == b.X2 && y == b.Y2 }
	return end(a.X1, a.Y1) || end(a.X2, a.Y2)
}

// overlap reports whether two edges on one line share a length.
func overlap(a, b Edge) bool {
	along := min(a.X2, b.X2) - max(a.X1, b.X1)
	across := min(max(a.Y1, a.Y2), max(b.Y1, b.Y2)) - max(min(a.Y1, a.Y2), min(b.Y1, b.Y2))
	return along > 0 || across > 0
}
