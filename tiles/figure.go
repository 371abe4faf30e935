package tiles

import (
	"math"

	"github.com/paulmach/orb"
)

// halfWorld is half the width of the Web Mercator map in metres.
const halfWorld = 20037508.342789244

// edge is a stretch of a line, in units of the whole map from its north-west corner. A
// point is an edge without length.
type edge struct{ x0, y0, x1, y1 float64 }

// figure is a point, a line or a polygon with its holes.
type figure struct {
	edges []edge
	area  bool
}

// figures appends the parts of a shape. What has no coordinates is left out.
func figures(list []*figure, shape orb.Geometry) []*figure {
	switch g := shape.(type) {
	case orb.Point:
		return lines(list, false, orb.LineString{g})
	case orb.MultiPoint:
		for _, p := range g {
			list = figures(list, p)
		}
	case orb.LineString:
		return lines(list, false, g)
	case orb.MultiLineString:
		for _, l := range g {
			list = lines(list, false, l)
		}
	case orb.Polygon:
		rings := make([]orb.LineString, len(g))
		for i, r := range g {
			rings[i] = orb.LineString(r)
		}
		return lines(list, true, rings...)
	case orb.MultiPolygon:
		for _, p := range g {
			list = figures(list, p)
		}
	case orb.Collection:
		for _, part := range g {
			list = figures(list, part)
		}
	}
	return list
}

// lines appends one figure made of the lines.
func lines(list []*figure, area bool, all ...orb.LineString) []*figure {
	f := &figure{area: area}
	for _, l := range all {
		for i, p := range l {
			if q := l[max(i-1, 0)]; i > 0 || len(l) == 1 {
				f.add(q, p)
			}
		}
	}
	if len(f.edges) > maxEdges {
		f = f.box()
	}
	if f.edges == nil {
		return list
	}
	return append(list, f)
}

func (f *figure) add(p, q orb.Point) {
	e := edge{mapX(p[0]), mapY(p[1]), mapX(q[0]), mapY(q[1])}
	if !math.IsNaN(e.x0 + e.y0 + e.x1 + e.y1) { // the coordinates of an empty point
		f.edges = append(f.edges, e)
	}
}

func mapX(metres float64) float64 { return (metres + halfWorld) / (2 * halfWorld) }
func mapY(metres float64) float64 { return (halfWorld - metres) / (2 * halfWorld) }

// box is the figure's bounding box, filled.
func (f *figure) box() *figure {
	b := box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, e := range f.edges {
		b = box{min(b.x0, e.x0, e.x1), min(b.y0, e.y0, e.y1), max(b.x1, e.x0, e.x1), max(b.y1, e.y0, e.y1)}
	}
	return &figure{area: true, edges: []edge{{b.x0, b.y0, b.x1, b.y0}, {b.x1, b.y0, b.x1, b.y1}, {b.x1, b.y1, b.x0, b.y1}, {b.x0, b.y1, b.x0, b.y0}}}
}

// contains counts the edges east of a point that lies on none.
func (f *figure) contains(x, y float64) bool {
	inside := false
	for _, e := range f.edges {
		if e.y0 > y != (e.y1 > y) && x < e.x0+(y-e.y0)/(e.y1-e.y0)*(e.x1-e.x0) {
			inside = !inside
		}
	}
	return inside
}

// box is a rectangle; its borders belong to it.
type box struct{ x0, y0, x1, y1 float64 }

// meets reports whether any point of the edge lies in the box: it shortens the edge
// side by side (Liang and Barsky) until nothing or something is left.
func (b box) meets(e edge) bool {
	from, to := 0.0, 1.0
	cut := func(step, room float64) bool { // t*step <= room
		switch {
		case step == 0:
			return room >= 0
		case step > 0:
			to = min(to, room/step)
		default:
			from = max(from, room/step)
		}
		return from <= to
	}
	dx, dy := e.x1-e.x0, e.y1-e.y0
	return cut(-dx, e.x0-b.x0) && cut(dx, b.x1-e.x0) && cut(-dy, e.y0-b.y0) && cut(dy, b.y1-e.y0)
}
