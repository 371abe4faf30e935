package cql2

import (
	"fmt"

	"haidang/geo/tangle"
)

// maxCrossings is in how many places a shape may cross or run over itself. What the
// database does with it grows with the square of these places, not with the vertices:
// a ring of 3000 that does not cross itself takes 20 ms, a scribble of 100 half a second.
const maxCrossings = 200

// checkCrossings refuses a shape that would keep the database busy for nothing.
func (s Shape) checkCrossings(at Place) error {
	if !tangle.More(s.edges(nil), tangle.Meet, maxCrossings) {
		return nil
	}
	return refuse(at, s.Kind, fmt.Sprintf("Hình tự cắt hoặc tự chồng ở hơn %d chỗ. Hãy sửa hay đơn giản hoá hình rồi hỏi lại.", maxCrossings),
		fmt.Sprintf("The shape crosses or covers itself in more than %d places. Mend or simplify it, then ask again.", maxCrossings))
}

// edges appends all edges that have a length.
func (s Shape) edges(list []tangle.Edge) []tangle.Edge {
	for _, m := range s.Members {
		list = m.edges(list)
	}
	if depths[s.Kind] == 0 || s.Kind == "MultiPoint" {
		return list
	}
	return s.Coords.edges(list)
}

func (c Coords) edges(list []tangle.Edge) []tangle.Edge {
	var last []float64
	for _, part := range c.Parts {
		if part.Point == nil {
			list = part.edges(list)
			continue
		}
		if p := part.Point; last != nil {
			list = tangle.Append(list, last[0], last[1], p[0], p[1])
		}
		last = part.Point
	}
	return list
}
