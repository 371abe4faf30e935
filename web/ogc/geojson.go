package ogc

import (
	"encoding/json"
	"math"
	"strconv"
	"time"

	"github.com/paulmach/orb"

	"haidang/geo/crs"
)

// pen appends GeoJSON in one coordinate system to a buffer.
type pen struct {
	b     []byte
	scale float64 // a coordinate times this is rounded to a whole number
	swap  bool    // the latitude is written first
}

// newPen rounds to a tenth of a millimetre: what VN-2000 is good for, and less than
// doubles carry.
func newPen(c crs.CRS) *pen {
	p := &pen{scale: 1e4, swap: c.LatFirst}
	if c.Geographic {
		p.scale = 1e9
	}
	return p
}

func (p *pen) text(s string) { p.b = append(p.b, s...) }

// value appends any value that a column can have.
func (p *pen) value(v any) error {
	switch v := v.(type) {
	case nil:
		p.text("null")
	case time.Time:
		p.b = strconv.AppendQuote(p.b, v.UTC().Format(time.RFC3339Nano))
	default:
		data, err := json.Marshal(v)
		if err != nil {
			return err
		}
		p.b = append(p.b, data...)
	}
	return nil
}

func (p *pen) number(n float64) {
	p.b = strconv.AppendFloat(p.b, math.Round(n*p.scale)/p.scale, 'f', -1, 64)
}

func (p *pen) point(at orb.Point) {
	if p.swap {
		at[0], at[1] = at[1], at[0]
	}
	p.b = append(p.b, '[')
	p.number(at[0])
	p.b = append(p.b, ',')
	p.number(at[1])
	p.b = append(p.b, ']')
}

// each appends a list in brackets.
func each[T any](p *pen, list []T, one func(T)) {
	p.b = append(p.b, '[')
	for i, v := range list {
		if i > 0 {
			p.b = append(p.b, ',')
		}
		one(v)
	}
	p.b = append(p.b, ']')
}

func (p *pen) line(l orb.LineString) { each(p, l, p.point) }

// polygon appends the outer ring against the clock and the holes with it (RFC 7946,
// 3.1.6), whatever way they were drawn.
func (p *pen) polygon(poly orb.Polygon) {
	for i, ring := range poly {
		want := orb.CCW
		if i > 0 {
			want = orb.CW
		}
		if ring.Orientation() != want {
			ring.Reverse()
		}
	}
	each(p, poly, func(r orb.Ring) { each(p, r, p.point) })
}

// geometry appends a shape, null for none.
func (p *pen) geometry(g orb.Geometry) {
	if g == nil {
		p.text("null")
		return
	}
	p.text(`{"type":"` + g.GeoJSONType() + `","`)
	if list, ok := g.(orb.Collection); ok {
		p.text(`geometries":`)
		each(p, list, p.geometry)
	} else {
		p.text(`coordinates":`)
		p.coordinates(g)
	}
	p.b = append(p.b, '}')
}

func (p *pen) coordinates(g orb.Geometry) {
	switch g := g.(type) {
	case orb.Point:
		p.point(g)
	case orb.MultiPoint:
		each(p, g, p.point)
	case orb.LineString:
		p.line(g)
	case orb.MultiLineString:
		each(p, g, p.line)
	case orb.Ring:
		p.polygon(orb.Polygon{g})
	case orb.Polygon:
		p.polygon(g)
	case orb.MultiPolygon:
		each(p, g, p.polygon)
	default:
		p.text("[]")
	}
}
