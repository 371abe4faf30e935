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
	var outline tangle.Shape
	if s.outline(&outline); !outline.Tangled(tangle.Meet, maxCrossings) {
		return nil
	}
	return refuse(at, s.Kind, fmt.Sprintf("Hình tự cắt hoặc tự chồng ở hơn %d chỗ. Hãy sửa hay đơn giản hoá hình rồi hỏi lại.", maxCrossings),
		fmt.Sprintf("The shape crosses or covers itself in more than %d places. Mend or simplify it, then ask again.", maxCrossings))
}

// outline adds all lines and rings.
func (s Shape) outline(into *tangle.Shape) {
	for _, m := range s.Members {
		m.outline(into)
	}
	if depths[s.Kind] > 0 && s.Kind != "MultiPoint" {
		s.Coords.outline(into)
	}
}

func (c Coords) outline(into *tangle.Shape) {
	if len(c.Parts) > 0 && c.Parts[0].Point != nil {
		into.Line(len(c.Parts), func(i int) (x, y float64) { return c.Parts[i].Point[0], c.Parts[i].Point[1] })
		return
	}
	for _, part := range c.Parts {
		part.outline(into)
	}
}
