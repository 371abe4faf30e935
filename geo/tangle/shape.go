package tangle

import (
	"cmp"
	"slices"
)

// Shape is the edges of one shape and how its rings and lines go through their vertices.
// The zero value has none; it may be emptied and used again.
type Shape struct {
	edges  []Edge
	visits []visit
}

// visit is a strand that goes through a point, from another and on to a third.
type visit struct{ x, y, x1, y1, x2, y2 float64 }

// Empty takes everything out.
func (s *Shape) Empty() { s.edges, s.visits = s.edges[:0], s.visits[:0] }

// Line adds a ring, whose last vertex is its first, or a line, of n vertices.
func (s *Shape) Line(n int, at func(i int) (x, y float64)) {
	var x0, y0, x1, y1 float64 // the two before
	begun := 0
	add := func(x, y float64) {
		if begun > 0 && x == x1 && y == y1 {
			return
		}
		if begun > 0 {
			s.edges = Append(s.edges, x1, y1, x, y)
		}
		if begun > 1 {
			s.visits = append(s.visits, visit{x1, y1, x0, y0, x, y})
		}
		x0, y0, x1, y1, begun = x1, y1, x, y, begun+1
	}
	for i := range n {
		add(at(i))
	}
	if n == 0 {
		return
	}
	firstX, firstY := at(0)
	for i := 1; i < n && x1 == firstX && y1 == firstY; i++ { // a ring goes through its first vertex too
		if x, y := at(i); x != x1 || y != y1 {
			s.visits = append(s.visits, visit{x1, y1, x0, y0, x, y})
			return
		}
	}
}

// Tangled reports whether in more than most places pairs of edges are as they must not be
// (Meet or Cross) or strands pass through each other at a vertex, or they lie so that
// finding that out takes too long.
func (s *Shape) Tangled(pair func(a, b Edge) bool, most int) bool {
	found, room := 0, 4*len(s.edges)
	count := func(a, b Edge) bool {
		if pair(a, b) || len(s.visits) > room {
			found++
			return true
		}
		s.touch(a, b)
		s.touch(b, a)
		return false
	}
	return More(s.edges, count, most) || s.knots(most-found)
}

// touch notes that the edge b goes through ends of a that lie on it.
func (s *Shape) touch(a, b Edge) {
	for _, p := range [][2]float64{{a.X1, a.Y1}, {a.X2, a.Y2}} {
		within := p[0] >= b.X1 && p[0] <= b.X2 && p[1] >= min(b.Y1, b.Y2) && p[1] <= max(b.Y1, b.Y2)
		end := p[0] == b.X1 && p[1] == b.Y1 || p[0] == b.X2 && p[1] == b.Y2
		if within && !end && b.side(p[0], p[1]) == 0 {
			s.visits = append(s.visits, visit{p[0], p[1], b.X1, b.Y1, b.X2, b.Y2})
		}
	}
}

// knots reports whether strands pass through each other at points more often than most.
func (s *Shape) knots(most int) bool {
	slices.SortFunc(s.visits, visit.compare)
	all := slices.Compact(s.visits)
	steps := leastSteps
	for i, v := range all {
		for _, w := range all[i+1:] {
			if v.x != w.x || v.y != w.y {
				break
			}
			if steps--; v.through(w) {
				most--
			}
			if most < 0 || steps < 0 {
				return true
			}
		}
	}
	return false
}

func (v visit) compare(w visit) int {
	if c := cmp.Compare(v.x, w.x); c != 0 {
		return c
	}
	if c := cmp.Compare(v.y, w.y); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(v.x1, w.x1), cmp.Compare(v.y1, w.y1), cmp.Compare(v.x2, w.x2), cmp.Compare(v.y2, w.y2))
}

// through reports whether one strand comes from one side of the other and goes on to the
// other side, at the same point. Where one goes along the other they overlap instead.
func (v visit) through(w visit) bool {
	first, apart := v.left(w.x1, w.y1)
	second, apart2 := v.left(w.x2, w.y2)
	return apart && apart2 && first != second
}

// left reports whether a direction lies between the one that the strand goes on in and,
// counterclockwise, the one that it comes from; apart: it is neither of them.
func (v visit) left(x, y float64) (left, apart bool) {
	from, on, to := [2]float64{v.x1 - v.x, v.y1 - v.y}, [2]float64{v.x2 - v.x, v.y2 - v.y}, [2]float64{x - v.x, y - v.y}
	afterOn, beforeFrom := turn(on, to), turn(to, from)
	if afterOn == 0 && dot(on, to) > 0 || beforeFrom == 0 && dot(from, to) > 0 {
		return false, false
	}
	switch bend := turn(on, from); {
	case bend > 0:
		return afterOn > 0 && beforeFrom > 0, true
	case bend < 0:
		return afterOn > 0 || beforeFrom > 0, true
	}
	return afterOn > 0, dot(on, from) < 0 // straight on; back the way it came has no sides
}

func turn(a, b [2]float64) float64 { return a[0]*b[1] - a[1]*b[0] }
func dot(a, b [2]float64) float64  { return a[0]*b[0] + a[1]*b[1] }
