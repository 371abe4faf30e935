package imports

import "haidang/geo/tangle"

// mostCrossings is how often a polygon may cross itself: more often than drawings do by
// mistake, less often than keeps PostGIS busy.
const mostCrossings = 200

// tangled reports whether a polygon crosses itself too often, or is drawn so that
// finding that out takes too long. b was walked before; room is reused.
func tangled(b []byte, s shape, room *tangle.Shape) bool {
	if s.kind != wkbPolygon && s.kind != wkbMultiPolygon || s.vertices*s.vertices/2 <= mostCrossings {
		return false
	}
	room.Empty()
	collect := &shape{extent: nowhere(), line: func(points []byte) {
		room.Line(len(points)/16, func(i int) (x, y float64) { return float(points[16*i:]), float(points[16*i+8:]) })
	}}
	_, _ = collect.geometry(b[s.body:], s.kind, false, 0)
	return room.Tangled(tangle.Cross, mostCrossings)
}
