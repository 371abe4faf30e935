package imports

import (
	"encoding/binary"
	"errors"
	"math"
)

// Types of well-known binary.
const (
	wkbPoint, wkbLine, wkbPolygon                = 1, 2, 3
	wkbMultiPoint, wkbMultiLine, wkbMultiPolygon = 4, 5, 6
	wkbCollection                                = 7
	ewkbSRID                                     = 0x20000000
	ewkbMore                                     = 0xC0000000 // Z and M
)

var wkbNames = map[uint32]string{wkbPoint: "Point", wkbLine: "LineString", wkbPolygon: "Polygon",
	wkbMultiPoint: "MultiPoint", wkbMultiLine: "MultiLineString", wkbMultiPolygon: "MultiPolygon", wkbCollection: "GeometryCollection"}

// extent is where things lie: least x, least y, greatest x, greatest y.
type extent [4]float64

func nowhere() extent { return extent{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)} }

func (e *extent) add(x, y float64) {
	e[0], e[1], e[2], e[3] = min(e[0], x), min(e[1], y), max(e[2], x), max(e[3], y)
}

func (e *extent) join(o extent) {
	e[0], e[1], e[2], e[3] = min(e[0], o[0]), min(e[1], o[1]), max(e[2], o[2]), max(e[3], o[3])
}

func (e extent) empty() bool { return !(e[0] <= e[2] && e[1] <= e[3]) }

// shape is what a walk through a geometry finds out.
type shape struct {
	kind     uint32
	parts    int // of a multi-geometry
	vertices int
	extent   extent
	first    [2]float64 // its first vertex
	body     int        // where the type's own bytes begin

	line func(points []byte) // nil, or gets each ring and line
}

// Why a geometry cannot be read.
var (
	errBroken = errors.New("broken")
	errHigher = errors.New("more than two dimensions")
	errNoReal = errors.New("a coordinate is no number")
)

// maxDepth bounds collections within collections.
const maxDepth = 8

// walk goes through little-endian EWKB of two dimensions. With swap it exchanges x
// and y in place.
func walk(b []byte, swap bool) (shape, error) {
	s := shape{extent: nowhere()}
	rest, kind, err := header(b)
	if err != nil {
		return s, err
	}
	s.kind, s.body = kind, len(b)-len(rest)
	if kind > wkbPolygon && len(rest) >= 4 {
		s.parts = int(binary.LittleEndian.Uint32(rest))
	}
	rest, err = s.geometry(rest, kind, swap, 0)
	if err == nil && len(rest) > 0 {
		err = errBroken
	}
	return s, err
}

func header(b []byte) (rest []byte, kind uint32, err error) {
	if len(b) < 5 || b[0] != 1 {
		return nil, 0, errBroken
	}
	kind = binary.LittleEndian.Uint32(b[1:])
	rest = b[5:]
	if kind&ewkbSRID != 0 {
		if len(rest) < 4 {
			return nil, 0, errBroken
		}
		rest = rest[4:]
		kind &^= ewkbSRID
	}
	if kind&ewkbMore != 0 || kind > 1000 {
		return nil, 0, errHigher
	}
	return rest, kind, nil
}

func (s *shape) geometry(b []byte, kind uint32, swap bool, depth int) ([]byte, error) {
	switch kind {
	case wkbPoint:
		if len(b) < 16 {
			return nil, errBroken
		}
		if math.IsNaN(float(b)) && math.IsNaN(float(b[8:])) {
			return b[16:], nil // how an empty point is written
		}
		return b[16:], s.points(b[:16], swap)
	case wkbLine:
		return s.run(b, swap)
	case wkbPolygon:
		return s.each(b, func(b []byte) ([]byte, error) { return s.run(b, swap) })
	case wkbMultiPoint, wkbMultiLine, wkbMultiPolygon, wkbCollection:
		if depth >= maxDepth {
			return nil, errBroken
		}
		return s.each(b, func(b []byte) ([]byte, error) {
			rest, kind, err := header(b)
			if err != nil {
				return nil, err
			}
			return s.geometry(rest, kind, swap, depth+1)
		})
	}
	return nil, errBroken
}

// each does one thing as often as the count before it says. Every turn takes bytes,
// so a count that lies ends soon.
func (s *shape) each(b []byte, do func([]byte) ([]byte, error)) ([]byte, error) {
	n, b, err := count(b)
	for i := uint32(0); err == nil && i < n; i++ {
		b, err = do(b)
	}
	return b, err
}

func (s *shape) run(b []byte, swap bool) ([]byte, error) {
	n, b, err := count(b)
	if err != nil || uint64(n)*16 > uint64(len(b)) {
		return nil, errBroken
	}
	if s.line != nil {
		s.line(b[:16*n])
		return b[16*n:], nil
	}
	return b[16*n:], s.points(b[:16*n], swap)
}

func count(b []byte) (uint32, []byte, error) {
	if len(b) < 4 {
		return 0, nil, errBroken
	}
	return binary.LittleEndian.Uint32(b), b[4:], nil
}

func (s *shape) points(b []byte, swap bool) error {
	for ; len(b) > 0; b = b[16:] {
		x, y := float(b), float(b[8:])
		if math.IsNaN(x-x) || math.IsNaN(y-y) { // NaN or infinite
			return errNoReal
		}
		if swap {
			x, y = y, x
			binary.LittleEndian.PutUint64(b, math.Float64bits(x))
			binary.LittleEndian.PutUint64(b[8:], math.Float64bits(y))
		}
		if s.vertices == 0 {
			s.first = [2]float64{x, y}
		}
		s.vertices++
		s.extent.add(x, y)
	}
	return nil
}

func float(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }

// fits reports whether a geometry of kind can be kept as the layer's type, and how
// it has to be wrapped: 1 into a multi-geometry, -1 out of one, 0 as it is.
func fits(s shape, want string) (wrap int, ok bool) {
	have := wkbNames[s.kind]
	switch {
	case want == have, want == "Geometry" && s.kind != wkbCollection:
		return 0, true
	case want == "Multi"+have:
		return 1, true
	case have == "Multi"+want && s.parts == 1:
		return -1, true
	}
	return 0, false
}

// appendEWKB writes the geometry with the SRID, wrapped as fits says.
func appendEWKB(out, b []byte, s shape, srid uint32, wrap int) []byte {
	put := binary.LittleEndian.AppendUint32
	kind, body := s.kind, b[s.body:]
	switch wrap {
	case 1:
		out = put(put(put(append(out, 1), (kind+3)|ewkbSRID), srid), 1)
		return append(put(append(out, 1), kind), body...)
	case -1:
		kind -= 3
		rest, _, _ := header(body[4:]) // walked before
		body = rest
	}
	return append(put(put(append(out, 1), kind|ewkbSRID), srid), body...)
}
