package cql2

import (
	"fmt"
	"math"
)

// extent is a box: x from west to east, y from south to north.
type extent struct{ west, south, east, north float64 }

// Where the data of a layer can be: Vietnam with its seas and more. Imports refuse
// what lies elsewhere, so a literal may be cut to it without changing any answer.
// That spares transformations that have no meaning far from their meridian.
var (
	homeDegrees  = extent{90, -5, 125, 35}
	homeMercator = extent{10018754, -557305, 13914936, 4163881}
	anyMetres    = extent{-5e6, -5e6, 1e7, 1e7} // what a TM zone may be asked of
)

const webMercator = 3857

// home is homeDegrees in the coordinate system of the literals, where that is a box.
func (c *compiler) home() (extent, bool) {
	switch {
	case !c.Literals.Projected && c.literalSRID() != webMercator:
		return homeDegrees, true
	case c.literalSRID() == webMercator:
		return homeMercator, true
	}
	return extent{}, false
}

// checkExtent refuses coordinates that the system cannot have.
func (c *compiler) checkExtent(at Place, e extent) error {
	world, unit := extent{-180, -90, 180, 90}, "°"
	if c.Literals.Projected || c.literalSRID() == webMercator {
		world, unit = anyMetres, " m"
	}
	if c.literalSRID() == webMercator {
		world = extent{-4e7, -4e8, 4e7, 4e8}
	}
	if world.holds(e) {
		return nil
	}
	return refuse(at, "", fmt.Sprintf("Toạ độ nằm ngoài hệ của bộ lọc (x từ %g đến %g%s, y từ %g đến %g%s). Hãy xem thứ tự trục và tham số filter-crs.", world.west, world.east, unit, world.south, world.north, unit),
		fmt.Sprintf("The coordinates lie outside of the filter's system (x is %g to %g%s, y is %g to %g%s). Look at the order of axes and at filter-crs.", world.west, world.east, unit, world.south, world.north, unit))
}

// step is how far a straight edge may run before it is divided, so that it stays
// within a millimetre of itself after the transformation; large shapes get less
// care, so that no literal has more than some thousand vertices.
func (c *compiler) step(e extent) float64 {
	least := 0.005
	if c.Literals.Projected || c.literalSRID() == webMercator {
		least = 500
	}
	return max(least, (e.east-e.west)/1000, (e.north-e.south)/1000)
}

func (e extent) holds(other extent) bool {
	return other.west >= e.west && other.east <= e.east && other.south >= e.south && other.north <= e.north
}

// flat is the shape in two dimensions, x first.
func (s Shape) flat(latFirst bool) Shape {
	f := Shape{Kind: s.Kind, Coords: s.Coords.flat(latFirst)}
	for _, m := range s.Members {
		f.Members = append(f.Members, m.flat(latFirst))
	}
	return f
}

func (c Coords) flat(latFirst bool) Coords {
	if c.Point != nil {
		if latFirst {
			return Coords{Point: []float64{c.Point[1], c.Point[0]}}
		}
		return Coords{Point: c.Point[:2]}
	}
	var f Coords
	for _, p := range c.Parts {
		f.Parts = append(f.Parts, p.flat(latFirst))
	}
	return f
}

func (s Shape) extent() extent {
	e := extent{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	s.eachPoint(func(p []float64) {
		e = extent{min(e.west, p[0]), min(e.south, p[1]), max(e.east, p[0]), max(e.north, p[1])}
	})
	return e
}

// longestEdge is the length of the longest edge, or of a gap between parts.
func (s Shape) longestEdge() (length float64) {
	if s.Kind == "Point" || s.Kind == "MultiPoint" {
		return 0
	}
	var last []float64
	s.eachPoint(func(p []float64) {
		if last != nil {
			length = max(length, math.Hypot(p[0]-last[0], p[1]-last[1]))
		}
		last = p
	})
	return length
}

// box compiles a BBOX. One whose west is east of its east goes round the antimeridian.
func (c *compiler) box(b BBox) (term, error) {
	if _, err := newBBox(b.Place, b.Bounds); err != nil {
		return term{}, err
	}
	half := len(b.Bounds) / 2
	low, high := b.Bounds[:2], b.Bounds[half:half+2]
	x, y := 0, 1
	if c.Literals.LatFirst {
		x, y = 1, 0
	}
	e := extent{low[x], low[y], high[x], high[y]}
	round := e.west > e.east && !c.Literals.Projected && c.literalSRID() != webMercator
	if e.south > e.north || e.west > e.east && !round {
		return term{}, refuse(b.Place, "BBOX", "BBOX ngược: số nhỏ trước, số lớn sau (tây, nam, đông, bắc).", "The BBOX is upside down: lesser numbers first (west, south, east, north).")
	}
	shape := Shape{Kind: "Polygon", Coords: ring(e.west, e.south, e.east, e.north, c.Literals.LatFirst)}
	if round {
		shape = Shape{Kind: "MultiPolygon", Coords: Coords{Parts: []Coords{
			ring(e.west, e.south, 180, e.north, c.Literals.LatFirst), ring(-180, e.south, e.east, e.north, c.Literals.LatFirst)}}}
	}
	return c.shape(b.Place, shape, false)
}

// ring is a box as the coordinates of a polygon, in the axis order of the filter.
func ring(west, south, east, north float64, latFirst bool) Coords {
	var r Coords
	for _, p := range [][]float64{{west, south}, {east, south}, {east, north}, {west, north}, {west, south}} {
		if latFirst {
			p[0], p[1] = p[1], p[0]
		}
		r.Parts = append(r.Parts, Coords{Point: p})
	}
	return Coords{Parts: []Coords{r}}
}
