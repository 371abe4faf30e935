package changesets

import (
	"encoding/hex"
	"encoding/json"
	"iter"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/ewkb"
	"github.com/paulmach/orb/geojson"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/tangle"
)

func (e Edit) encodeShape(l catalogue.Layer, w *wire) error {
	if e.Geometry == nil || e.Op == Delete {
		return nil
	}
	srid := e.SRID
	if srid == 0 {
		srid = l.SRID
	}
	if !finite(e.Geometry) {
		return haidang.RefuseField("geometry", "Hình học có toạ độ không phải là số.", "The geometry has coordinates that are no numbers.")
	}
	if !closed(e.Geometry) {
		return haidang.RefuseField("geometry", "Vòng của một vùng phải có ít nhất 4 đỉnh, đỉnh cuối trùng đỉnh đầu.", "A polygon's ring needs at least 4 vertices, the last the same as the first.")
	}
	if tangled(e.Geometry) {
		return haidang.RefuseField("geometry", "Hình cắt ngang chính nó ở quá nhiều chỗ nên máy chủ không tính được. Hãy vẽ lại cho đơn giản.",
			"The geometry crosses itself in too many places to be computed with. Draw it more simply.")
	}
	b, err := ewkb.Marshal(e.Geometry, srid)
	if err != nil {
		return haidang.RefuseField("geometry", "Hình học hỏng.", "The geometry is broken.")
	}
	w.Geom = hex.EncodeToString(b)
	return nil
}

// closed reports whether every ring of a surface ends where it began.
func closed(g orb.Geometry) bool {
	switch g := g.(type) {
	case orb.Polygon:
		return !slices.ContainsFunc(g, func(r orb.Ring) bool { return len(r) < 4 || !r.Closed() })
	case orb.MultiPolygon:
		return !slices.ContainsFunc(g, func(p orb.Polygon) bool { return !closed(p) })
	case orb.Collection:
		return !slices.ContainsFunc(g, func(part orb.Geometry) bool { return !closed(part) })
	}
	return true
}

// ReadShape reads a GeoJSON geometry (RFC 7946, 3.1) that has a vertex at least, and no
// collection in a collection. field is what a refusal names.
func ReadShape(b []byte, field string) (orb.Geometry, error) {
	if deep(b) {
		return nil, nested(field)
	}
	refusal := haidang.RefuseField(field, "Hình học không phải là GeoJSON (RFC 7946).", "The geometry is no GeoJSON (RFC 7946).")
	if hollow(b) || short(b) {
		return nil, refusal
	}
	g, err := geojson.UnmarshalGeometry(b)
	if err != nil || g.Geometry() == nil || g.Geometry().Bound().IsEmpty() {
		return nil, refusal
	}
	if all, ok := g.Geometry().(orb.Collection); ok && slices.ContainsFunc(all, func(part orb.Geometry) bool { _, is := part.(orb.Collection); return is }) {
		return nil, nested(field)
	}
	return g.Geometry(), nil
}

func nested(field string) error {
	return haidang.RefuseField(field, "Không lồng GeometryCollection vào nhau.", "Do not nest a GeometryCollection in another.")
}

// mostDeep is how deep objects may lie in a geometry: the parts of a collection lie at
// two, and a program may say of each in which system it is.
const mostDeep = 4

// deep reports whether objects lie deeper. Each level is read again for every one above
// it, so it is told before anything is.
func deep(b []byte) bool {
	depth := 0
	for c := range unquoted(b) {
		switch c {
		case '{':
			if depth++; depth > mostDeep {
				return true
			}
		case '}':
			depth--
		}
	}
	return false
}

// unquoted goes through the bytes of JSON that are in no string.
func unquoted(b []byte) iter.Seq[byte] {
	return func(yield func(byte) bool) {
		quoted := false
		for i := 0; i < len(b); i++ {
			switch c := b[i]; {
			case quoted && c == '\\':
				i++
			case c == '"':
				quoted = !quoted
			case !quoted && !yield(c):
				return
			}
		}
	}
}

// hollow reports whether a geometry, or a part of one, is null: orb panics at that.
func hollow(b []byte) bool {
	var g *struct{ Geometries []json.RawMessage }
	err := json.Unmarshal(b, &g)
	return err != nil || g == nil || slices.ContainsFunc(g.Geometries, func(part json.RawMessage) bool { return hollow(part) })
}

// short reports whether a position has less than two numbers, or a ring, a line or a part
// no position: orb takes what is missing for 0, which is a place on the equator.
func short(b []byte) bool {
	commas, flat := 0, false // flat: in an array with no other in it, so far
	for c := range unquoted(b) {
		switch {
		case c == '[':
			commas, flat = 0, true
		case c == '{':
			flat = false
		case c == ',':
			commas++
		case flat && (c == 'n' || c == ']' && commas == 0): // null, or too few
			return true
		case c == ']':
			flat = false
		}
	}
	return false
}

// mostCrossings is how often a shape may cross itself, which nothing drawn does so often:
// the database takes a second for it. At a hundred thousand it takes gigabytes to tell
// whether a line lies in the ground of a right, and does not hear that it should stop.
const mostCrossings = 20_000

func tangled(g orb.Geometry) bool {
	var s tangle.Shape
	edges := 0
	eachLine(g, func(line orb.LineString) {
		edges += len(line)
		s.Line(len(line), func(i int) (x, y float64) { return line[i][0], line[i][1] })
	})
	return edges*edges/2 > mostCrossings && s.Tangled(tangle.Cross, mostCrossings)
}

// eachLine calls do with every line and ring of a shape.
func eachLine(g orb.Geometry, do func(orb.LineString)) {
	switch g := g.(type) {
	case orb.LineString:
		do(g)
	case orb.Ring:
		do(orb.LineString(g))
	case orb.MultiLineString:
		each(g, do)
	case orb.Polygon:
		each(g, do)
	case orb.MultiPolygon:
		each(g, do)
	case orb.Collection:
		each(g, do)
	}
}

func each[G orb.Geometry](parts []G, do func(orb.LineString)) {
	for _, part := range parts {
		eachLine(part, do)
	}
}

func finite(g orb.Geometry) bool {
	b := g.Bound()
	for _, v := range []float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}
