package cql2

import (
	"fmt"
	"math"
	"slices"
)

// Shape is a geometry as it was written: two or three numbers a point, nothing dropped.
type Shape struct {
	Kind    string  // as GeoJSON spells it: Point … GeometryCollection
	Coords  Coords  // not of a collection
	Members []Shape // of a collection
}

// Coords are one point, or the parts of what is made of more.
type Coords struct {
	Point []float64
	Parts []Coords
}

// depths is how deep the points of each kind lie.
var depths = map[string]int{"Point": 0, "LineString": 1, "MultiPoint": 1, "Polygon": 2, "MultiLineString": 2, "MultiPolygon": 3}

const collection = "GeometryCollection"

// shapeKinds by their word in CQL2 text, in lower case.
var shapeKinds = map[string]string{"point": "Point", "linestring": "LineString", "multipoint": "MultiPoint", "polygon": "Polygon",
	"multilinestring": "MultiLineString", "multipolygon": "MultiPolygon", "geometrycollection": collection}

func shapeKind(lower string) string { return shapeKinds[lower] }

// eachPoint calls f for every point of the shape, until f says no.
func (s Shape) eachPoint(f func(p []float64)) {
	s.Coords.each(f)
	for _, m := range s.Members {
		m.eachPoint(f)
	}
}

func (c Coords) each(f func(p []float64)) {
	if c.Point != nil {
		f(c.Point)
	}
	for _, part := range c.Parts {
		part.each(f)
	}
}

func (s Shape) vertices() (n int) {
	s.eachPoint(func([]float64) { n++ })
	return n
}

// check refuses a shape that PostGIS could not read.
func (s Shape) check(at Place) error {
	if s.Kind == collection {
		return s.checkMembers(at)
	}
	if _, known := depths[s.Kind]; !known {
		return refuse(at, s.Kind, "Không có loại hình này. Hãy dùng Point, LineString, Polygon, MultiPoint, MultiLineString, MultiPolygon hoặc GeometryCollection.",
			"There is no such kind of geometry. Use Point, LineString, Polygon, MultiPoint, MultiLineString, MultiPolygon or GeometryCollection.")
	}
	if err := s.checkPoints(at); err != nil {
		return err
	}
	return s.Coords.checkParts(at, s.Kind)
}

func (s Shape) checkMembers(at Place) error {
	if len(s.Members) == 0 {
		return refuse(at, s.Kind, "Tập hợp hình này trống.", "This collection is empty.")
	}
	for _, m := range s.Members {
		if m.Kind == collection {
			return refuse(at, m.Kind, "Không lồng GeometryCollection vào nhau.", "Do not nest a GeometryCollection in another.")
		}
		if err := m.check(at); err != nil {
			return err
		}
	}
	return nil
}

func (s Shape) checkPoints(at Place) error {
	size, bad := 0, false
	s.eachPoint(func(p []float64) {
		if size == 0 {
			size = len(p)
		}
		bad = bad || len(p) != size || len(p) < 2 || len(p) > 3 || slices.ContainsFunc(p, notFinite)
	})
	if bad || size == 0 {
		return refuse(at, s.Kind, "Mỗi đỉnh cần đúng hai toạ độ, hoặc mọi đỉnh đều có ba.", "Every vertex needs two coordinates, or all of them three.")
	}
	return nil
}

func notFinite(f float64) bool { return math.IsNaN(f) || math.IsInf(f, 0) }

// checkParts wants lines of two points and closed rings of four.
func (c Coords) checkParts(at Place, kind string) error {
	switch kind {
	case "LineString":
		if len(c.Parts) < 2 {
			return tooFew(at, kind, 2)
		}
	case "Polygon":
		return c.checkRings(at)
	case "MultiLineString", "MultiPolygon":
		for _, part := range c.Parts {
			if err := part.checkParts(at, kind[len("Multi"):]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c Coords) checkRings(at Place) error {
	if len(c.Parts) == 0 {
		return tooFew(at, "Polygon", 4)
	}
	for _, ring := range c.Parts {
		n := len(ring.Parts)
		if n < 4 {
			return tooFew(at, "Polygon", 4)
		}
		if !slices.Equal(ring.Parts[0].Point, ring.Parts[n-1].Point) {
			return refuse(at, "Polygon", "Vòng của đa giác chưa khép kín: đỉnh cuối phải trùng đỉnh đầu.",
				"A ring of the polygon is not closed: its last vertex must be its first.")
		}
	}
	return nil
}

func tooFew(at Place, kind string, least int) error {
	return refuse(at, kind, fmt.Sprintf("Mỗi đường hoặc vòng cần ít nhất %d đỉnh.", least), fmt.Sprintf("Each line or ring needs at least %d vertices.", least))
}
