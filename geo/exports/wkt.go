package exports

import (
	"strings"

	"github.com/paulmach/orb"
)

// appendWKT writes a geometry as well-known text with a fixed number of decimals.
// Nothing is nothing.
func appendWKT(b []byte, g orb.Geometry, places int) []byte {
	if g == nil {
		return b
	}
	b = append(append(b, strings.ToUpper(g.GeoJSONType())...), ' ')
	c, ok := g.(orb.Collection)
	if !ok {
		return appendBody(b, g, places)
	}
	b = append(b, '(')
	for i, part := range c {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = appendWKT(b, part, places)
	}
	return append(b, ')')
}

// appendBody writes what stands in the brackets of a geometry, with them.
func appendBody(b []byte, g orb.Geometry, places int) []byte {
	switch g := g.(type) {
	case orb.Point:
		return append(appendPair(append(b, '('), g, places), ')')
	case orb.LineString:
		return appendPairs(b, g, places)
	case orb.Ring:
		return appendPairs(b, g, places)
	case orb.MultiPoint:
		return appendParts(b, g, places)
	case orb.MultiLineString:
		return appendParts(b, g, places)
	case orb.Polygon:
		return appendParts(b, g, places)
	case orb.MultiPolygon:
		return appendParts(b, g, places)
	}
	return append(b, "EMPTY"...)
}

func appendPair(b []byte, p orb.Point, places int) []byte {
	return appendNumber(append(appendNumber(b, p[0], places), ' '), p[1], places)
}

func appendPairs(b []byte, line []orb.Point, places int) []byte {
	b = append(b, '(')
	for i, p := range line {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = appendPair(b, p, places)
	}
	return append(b, ')')
}

func appendParts[G orb.Geometry](b []byte, parts []G, places int) []byte {
	b = append(b, '(')
	for i, part := range parts {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = appendBody(b, part, places)
	}
	return append(b, ')')
}
