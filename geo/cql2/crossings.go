package cql2

import (
	"cmp"
	"fmt"
	"slices"
)

// maxCrossings is in how many places a shape may cross or run over itself. What the
// database does with it grows with the square of these places, not with the vertices:
// a ring of 3000 that does not cross itself takes 20 ms, a scribble of 100 half a second.
const maxCrossings = 200

// segment is one edge; its first end is not east of the other.
type segment struct{ x1, y1, x2, y2 float64 }

// checkCrossings refuses a shape that would keep the database busy for nothing.
func (s Shape) checkCrossings(at Place) error {
	if !crossesMore(s.segments(nil), maxCrossings) {
		return nil
	}
	return refuse(at, s.Kind, fmt.Sprintf("Hình tự cắt hoặc tự chồng ở hơn %d chỗ. Hãy sửa hay đơn giản hoá hình rồi hỏi lại.", maxCrossings),
		fmt.Sprintf("The shape crosses or covers itself in more than %d places. Mend or simplify it, then ask again.", maxCrossings))
}

// segments appends all edges that have a length.
func (s Shape) segments(list []segment) []segment {
	for _, m := range s.Members {
		list = m.segments(list)
	}
	if depths[s.Kind] == 0 || s.Kind == "MultiPoint" {
		return list
	}
	return s.Coords.segments(list)
}

func (c Coords) segments(list []segment) []segment {
	var last []float64
	for _, part := range c.Parts {
		if part.Point == nil {
			list = part.segments(list)
			continue
		}
		if p := part.Point; last != nil && (p[0] != last[0] || p[1] != last[1]) {
			list = append(list, newSegment(last, p))
		}
		last = part.Point
	}
	return list
}

func newSegment(a, b []float64) segment {
	if a[0] > b[0] {
		a, b = b, a
	}
	return segment{a[0], a[1], b[0], b[1]}
}

// crossesMore sweeps from west to east and stops as soon as it knows.
func crossesMore(list []segment, most int) bool {
	slices.SortFunc(list, func(a, b segment) int { return cmp.Compare(a.x1, b.x1) })
	for i, a := range list {
		for _, b := range list[i+1:] {
			if b.x1 > a.x2 {
				break
			}
			if !a.meets(b) {
				continue
			}
			if most--; most < 0 {
				return true
			}
		}
	}
	return false
}

// meets reports whether two edges have more in common than one end of each.
func (a segment) meets(b segment) bool {
	if max(a.y1, a.y2) < min(b.y1, b.y2) || max(b.y1, b.y2) < min(a.y1, a.y2) {
		return false
	}
	b1, b2 := a.side(b.x1, b.y1), a.side(b.x2, b.y2)
	if b1 == 0 && b2 == 0 {
		return a.overlaps(b)
	}
	return !a.joins(b) && b1*b2 <= 0 && b.side(a.x1, a.y1)*b.side(a.x2, a.y2) <= 0
}

// side is 1 to the left of the edge, -1 to the right, 0 on its line.
func (a segment) side(x, y float64) int {
	return cmp.Compare((a.x2-a.x1)*(y-a.y1), (a.y2-a.y1)*(x-a.x1))
}

// joins reports whether an end of one is an end of the other.
func (a segment) joins(b segment) bool {
	same := func(x, y float64) bool { return x == b.x1 && y == b.y1 || x == b.x2 && y == b.y2 }
	return same(a.x1, a.y1) || same(a.x2, a.y2)
}

// overlaps reports whether two edges on one line share a length.
func (a segment) overlaps(b segment) bool {
	if a.x1 == a.x2 {
		return min(max(a.y1, a.y2), max(b.y1, b.y2)) > max(min(a.y1, a.y2), min(b.y1, b.y2))
	}
	return min(a.x2, b.x2) > max(a.x1, b.x1)
}
