package imports

import "haidang/geo/tangle"

// How often a shape may cross itself. A polygon: more often than drawings do by mistake,
// less often than keeps PostGIS busy when it mends. A line may, and does where it was
// recorded on the way: less often than keeps PostGIS busy when it asks where the line lies.
const (
	mostCrossings     = 200
	mostCrossingsLine = 20_000
)

func (s shape) mostCrossings() int {
	if s.kind == wkbPolygon || s.kind == wkbMultiPolygon {
		return mostCrossings
	}
	return mostCrossingsLine
}

// tangled reports whether a shape crosses itself too often, or is drawn so that finding
// that out takes too long. b was walked before; room is reused.
func tangled(b []byte, s shape, room *tangle.Shape) bool {
	most := s.mostCrossings()
	if s.kind == wkbPoint || s.kind == wkbMultiPoint || s.vertices*s.vertices/2 <= most {
		return false
	}
	room.Empty()
	collect := &shape{extent: nowhere(), line: func(points []byte) {
		room.Line(len(points)/16, func(i int) (x, y float64) { return float(points[16*i:]), float(points[16*i+8:]) })
	}}
	_, _ = collect.geometry(b[s.body:], s.kind, false, 0)
	return room.Tangled(tangle.Cross, most)
}
