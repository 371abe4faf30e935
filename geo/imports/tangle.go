package imports

import (
	"cmp"
	"math"
	"slices"
)

// PostGIS mends a ring that crosses itself by building all the faces in between, which
// takes seconds at a thousand crossings, gigabytes and hours at a few more, and cannot
// be interrupted. So what crosses itself more often than drawings do by mistake is
// found out here, before PostGIS sees it.
const (
	mostCrossings = 200
	leastSteps    = 200_000_000 // comparisons that any shape may take: about half a second
	mostSteps     = 2000        // and for each segment of a larger one
)

// segment is a piece of a ring; its first end has the lesser x.
type segment struct{ ax, ay, bx, by float64 }

// tangled reports whether a polygon crosses itself too often, or is drawn so that
// finding that out takes too long. b was walked before; room is reused.
func tangled(b []byte, s shape, room *[]segment) bool {
	if s.kind != wkbPolygon && s.kind != wkbMultiPolygon || s.vertices*s.vertices/2 <= mostCrossings {
		return false
	}
	all := (*room)[:0]
	collect := &shape{extent: nowhere(), line: func(points []byte) { all = appendSegments(all, points) }}
	_, _ = collect.geometry(b[s.body:], s.kind, false, 0)
	*room = all
	slices.SortFunc(all, func(a, b segment) int { return cmp.Compare(a.ax, b.ax) })
	return !straight(all)
}

func appendSegments(all []segment, points []byte) []segment {
	for ; len(points) >= 32; points = points[16:] {
		s := segment{float(points), float(points[8:]), float(points[16:]), float(points[24:])}
		if s.ax > s.bx {
			s = segment{s.bx, s.by, s.ax, s.ay}
		}
		if s.ax != s.bx || s.ay != s.by {
			all = append(all, s)
		}
	}
	return all
}

// straight compares each segment with those that begin before it ends, from west to east.
func straight(all []segment) bool {
	crossings, steps := 0, max(leastSteps, mostSteps*len(all))
	for i, a := range all {
		low, high := min(a.ay, a.by), max(a.ay, a.by)
		for _, b := range all[i+1:] {
			if b.ax > a.bx {
				break
			}
			if steps--; steps < 0 {
				return false
			}
			if min(b.ay, b.by) <= high && max(b.ay, b.by) >= low && a.crosses(b) {
				if crossings++; crossings > mostCrossings {
					return false
				}
			}
		}
	}
	return true
}

// crosses reports whether two segments cross, or lie on each other for a stretch.
// Touching is neither: holes may touch their shell as often as they like.
func (s segment) crosses(o segment) bool {
	a, b := o.side(s.ax, s.ay), o.side(s.bx, s.by)
	c, d := s.side(o.ax, o.ay), s.side(o.bx, o.by)
	if a != 0 || b != 0 || c != 0 || d != 0 {
		return a*b < 0 && c*d < 0
	}
	along := math.Min(s.bx, o.bx) - math.Max(s.ax, o.ax)
	across := math.Min(math.Max(s.ay, s.by), math.Max(o.ay, o.by)) - math.Max(math.Min(s.ay, s.by), math.Min(o.ay, o.by))
	return along > 0 || across > 0
}

// side is the sign of where a point lies from the segment's line.
func (s segment) side(x, y float64) float64 {
	switch v := (s.bx-s.ax)*(y-s.ay) - (s.by-s.ay)*(x-s.ax); {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}
