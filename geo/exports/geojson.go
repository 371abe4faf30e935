package exports

import (
	"bufio"
	"encoding/json"
	"strconv"
	"time"

	"github.com/paulmach/orb"

	"haidang/geo/catalogue"
	"haidang/geo/crs"
	"haidang/geo/features"
)

// geoJSON writes a FeatureCollection. RFC 7946 knows WGS 84 only; for any other system
// it says which in the member "crs" of the format of 2008, which GIS programs read.
type geoJSON struct {
	out     *bufio.Writer
	plan    plan
	columns []catalogue.Column
	places  int
	some    bool
	buffer  []byte
}

func newGeoJSON(out *bufio.Writer, p plan) *geoJSON {
	return &geoJSON{out: out, plan: p, columns: p.columns(), places: places(p.system)}
}

// places are the decimals that keep a tenth of a millimetre.
func places(c crs.CRS) int {
	if c.Geographic {
		return 9
	}
	return 4
}

func (g *geoJSON) begin() error {
	head := `{"type":"FeatureCollection","name":` + strconv.Quote(string(g.plan.layer.Slug))
	if c := g.plan.system; c.SRID != crs.WGS84.SRID {
		head += `,"crs":{"type":"name","properties":{"name":` + strconv.Quote(c.URN()) + `}}`
	}
	_, err := g.out.WriteString(head + `,"features":[` + "\n")
	return err
}

func (g *geoJSON) end() error {
	_, err := g.out.WriteString("\n]}\n")
	return err
}

func (g *geoJSON) feature(f features.Feature) error {
	b := g.buffer[:0]
	if g.some {
		b = append(b, ",\n"...)
	}
	g.some = true
	b = append(b, `{"type":"Feature","id":`...)
	b = strconv.AppendInt(b, f.FID, 10)
	b = append(b, `,"properties":{`...)
	for i, c := range g.columns {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(strconv.AppendQuote(b, c.Name), ':')
		value, err := json.Marshal(plainJSON(c, f.Properties[c.Name]))
		if err != nil {
			return err
		}
		b = append(b, value...)
	}
	b = append(b, `},"geometry":`...)
	b = append(appendGeometry(b, f.Geometry, g.places), '}')
	g.buffer = b
	_, err := g.out.Write(b)
	return err
}

// plainJSON spells a date as a day.
func plainJSON(c catalogue.Column, v any) any {
	if t, ok := v.(time.Time); ok && c.Type == catalogue.Date {
		return t.Format(time.DateOnly)
	}
	return v
}

// appendGeometry writes a geometry with a fixed number of decimals, zeros at the end left out.
func appendGeometry(b []byte, g orb.Geometry, places int) []byte {
	if g == nil {
		return append(b, "null"...)
	}
	b = append(append(append(b, `{"type":"`...), g.GeoJSONType()...), '"')
	if c, ok := g.(orb.Collection); ok {
		b = append(b, `,"geometries":[`...)
		for i, part := range c {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendGeometry(b, part, places)
		}
		return append(b, "]}"...)
	}
	b = append(b, `,"coordinates":`...)
	return append(appendCoordinates(b, g, places), '}')
}

func appendCoordinates(b []byte, g orb.Geometry, places int) []byte {
	switch g := g.(type) {
	case orb.Point:
		b = append(appendNumber(append(b, '['), g[0], places), ',')
		return append(appendNumber(b, g[1], places), ']')
	case orb.MultiPoint:
		return appendList(b, g, places)
	case orb.LineString:
		return appendList(b, g, places)
	case orb.Ring:
		return appendList(b, g, places)
	case orb.MultiLineString:
		return appendList(b, g, places)
	case orb.Polygon:
		return appendList(b, g, places)
	case orb.MultiPolygon:
		return appendList(b, g, places)
	}
	return append(b, "[]"...)
}

func appendList[G orb.Geometry](b []byte, list []G, places int) []byte {
	b = append(b, '[')
	for i, g := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendCoordinates(b, g, places)
	}
	return append(b, ']')
}

func appendNumber(b []byte, f float64, places int) []byte {
	start := len(b)
	b = strconv.AppendFloat(b, f, 'f', places, 64)
	for b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	if b[len(b)-1] == '.' {
		b = b[:len(b)-1]
	}
	if string(b[start:]) == "-0" {
		return append(b[:start], '0')
	}
	return b
}
