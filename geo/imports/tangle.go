package imports

import "haidang/geo/tangle"

// mostCrossings is how often a polygon may cross itself: more often than drawings do by
// mistake, less often than keeps PostGIS busy.
const mostCrossings = 200

// tangled reports whether a polygon crosses itself too often, or is drawn so that
// finding that out takes too long. b was walked before; room is reused.
func tangled(b []byte, s shape, room *[]tangle.Edge) bool {
	if s.kind != wkbPolygon && s.kind != wkbMultiPolygon || s.vertices*s.vertices/2 <= mostCrossings {
		return false
	}
	all := (*room)[:0]
	collect := &shape{extent: nowhere(), line: func(points []byte) { all = appendEdges(all, points) }}
	_, _ = collect.geometry(b[s.body:], s.kind, false, 0)
	*room = all
	return tangle.More(all, tangle.Cross, mostCrossings)
}

func appendEdges(all []tangle.Edge, points []byte) []tangle.Edge {
	for ; len(points) >= 32; points = points[16:] {
		all = tangle.Append(all, float(points), float(points[8:]), float(points[16:]), float(points[24:]))
	}
	return all
}
