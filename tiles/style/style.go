package style

import (
	"cmp"
	"maps"
	"slices"

	"haidang"
	"haidang/geo/catalogue"
)

// Layer is one layer of a MapLibre style, without its source.
// https://maplibre.org/maplibre-style-spec/layers/
type Layer struct {
	ID          string         `json:"id"`
	Type        string         `json:"type"`
	SourceLayer string         `json:"source-layer"`
	MinZoom     float64        `json:"minzoom,omitempty"`
	Filter      any            `json:"filter,omitempty"`
	Layout      map[string]any `json:"layout,omitempty"`
	Paint       map[string]any `json:"paint,omitempty"`
}

// Entry is one line of a legend.
type Entry struct {
	Code    string       `json:"code,omitempty"` // of the class; empty: of all, or of what has no class
	Label   haidang.Text `json:"label"`
	Kind    string       `json:"kind"` // fill, line or point
	Colour  string       `json:"colour"`
	Outline string       `json:"outline,omitempty"`
	Dash    []float64    `json:"dash,omitempty"`
}

// What is drawn where a layer says nothing: grey is normal.
const (
	plainFill  = "#d9dce1"
	plainLine  = "#7a818c"
	plainPoint = "#4d5663"
	halo       = "#ffffff"
	ink        = "#2b2f36"
)

// The face of labels; whoever draws brings it (the pages have it in their own files).
var labelFont = []string{"hd-words", "hd-khmer"}

// expression is one of MapLibre's.
type expression = []any

// Of returns the layers that draw l, from the ground up, and its legend. lists are the
// code lists in force, by slug.
func Of(l catalogue.Layer, lists map[string]catalogue.CodeList) ([]Layer, []Entry) {
	if l.Kind == catalogue.Raster {
		return nil, nil
	}
	d := drawing{layer: l, style: withDefaults(l.Style), codes: codesOf(l, lists)}
	return d.layers(), d.legend()
}

// drawing is one layer about to be drawn.
type drawing struct {
	layer catalogue.Layer
	style catalogue.Style
	codes []catalogue.Code // with a colour
}

func withDefaults(s catalogue.Style) catalogue.Style {
	s.Fill, s.Line, s.Point = cmp.Or(s.Fill, plainFill), cmp.Or(s.Line, plainLine), cmp.Or(s.Point, plainPoint)
	s.Opacity, s.Width, s.Radius = cmp.Or(s.Opacity, 0.6), cmp.Or(s.Width, 1), cmp.Or(s.Radius, 4)
	return s
}

func codesOf(l catalogue.Layer, lists map[string]catalogue.CodeList) []catalogue.Code {
	column, ok := l.Column(l.Class)
	if !ok {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(lists[column.CodeList].Codes), func(c catalogue.Code) bool { return c.Colour == "" })
}

// shapes says which of area, line and point the layer may hold.
func (d drawing) shapes() (area, line, point bool) {
	switch d.layer.Geometry {
	case "Polygon", "MultiPolygon":
		return true, false, false
	case "LineString", "MultiLineString":
		return false, true, false
	case "Point", "MultiPoint":
		return false, false, true
	}
	return true, true, true
}

func (d drawing) layers() (list []Layer) {
	area, line, point := d.shapes()
	if area {
		list = append(list, d.fill(), d.outline())
	}
	if line {
		list = append(list, d.line())
	}
	if point {
		list = append(list, d.point(), d.crowd())
	}
	if d.layer.Label != "" {
		list = append(list, d.label(area, line))
	}
	return list
}

func (d drawing) one(part, kind string, shape string) Layer {
	slug := string(d.layer.Slug)
	l := Layer{ID: slug + ":" + part, Type: kind, SourceLayer: slug}
	if d.layer.Geometry == "Geometry" && shape != "" {
		l.Filter = expression{"==", expression{"geometry-type"}, shape}
	}
	return l
}

func (d drawing) fill() Layer {
	l := d.one("fill", "fill", "Polygon")
	l.Paint = map[string]any{"fill-color": d.colour(d.style.Fill), "fill-opacity": d.style.Opacity, "fill-antialias": false}
	return l
}

// outline is thin from afar, where borders are closer than they are wide.
func (d drawing) outline() Layer {
	l := d.one("outline", "line", "Polygon")
	l.MinZoom = 12
	l.Paint = map[string]any{"line-color": d.style.Line, "line-width": widthByZoom(d.style.Width),
		"line-opacity": expression{"interpolate", expression{"linear"}, expression{"zoom"}, 12, 0.25, 15, 0.9}}
	d.dash(l)
	return l
}

func (d drawing) line() Layer {
	l := d.one("line", "line", "LineString")
	l.Layout = map[string]any{"line-cap": "round", "line-join": "round"}
	l.Paint = map[string]any{"line-color": d.colour(d.style.Line), "line-width": widthByZoom(d.style.Width)}
	d.dash(l)
	return l
}

func (d drawing) dash(l Layer) {
	if len(d.style.Dash) > 0 {
		l.Paint["line-dasharray"] = d.style.Dash
	}
}

// widthByZoom is the width at zoom 14, less from afar and more from near.
func widthByZoom(width float64) expression {
	return expression{"interpolate", expression{"exponential", 1.4}, expression{"zoom"}, 8, width * 0.5, 14, width, 18, width * 2.2}
}

// pointCount is the property of a point that stands for many: how many.
const pointCount = "point_count"

func (d drawing) point() Layer {
	l := d.one("point", "circle", "Point")
	l.Paint = map[string]any{"circle-color": d.colour(d.style.Point), "circle-stroke-color": halo, "circle-stroke-width": 1.2,
		"circle-radius": expression{"case", expression{">", expression{"coalesce", expression{"get", pointCount}, 1}, 1},
			expression{"interpolate", expression{"linear"}, expression{"log10", expression{"get", pointCount}}, 0, d.style.Radius + 2, 4, d.style.Radius + 16}, d.style.Radius}}
	return l
}

// crowd writes on a point that stands for many how many they are.
func (d drawing) crowd() Layer {
	l := d.one("crowd", "symbol", "Point")
	many := expression{">", expression{"coalesce", expression{"get", pointCount}, 1}, 1}
	if l.Filter != nil {
		many = expression{"all", l.Filter, many}
	}
	l.Filter = many
	l.Layout = map[string]any{"text-field": expression{"to-string", expression{"get", pointCount}}, "text-font": labelFont, "text-size": 11, "text-allow-overlap": true}
	l.Paint = map[string]any{"text-color": halo, "text-halo-color": d.style.Point, "text-halo-width": 1}
	return l
}

// Spots is what a tile's layer of the spots where surfaces have their label is called,
// after the layer's slug. A surface that reaches over several tiles is in each of them,
// its spot in one.
const Spots = ".spot"

// HasSpots says that the layer's tiles of the zoom hold its spots: from where labels are
// written on, or the last zoom, which is drawn larger beyond.
func HasSpots(l catalogue.Layer, z int) bool {
	column, ok := l.Column(l.Label)
	return ok && column.InTiles(z) && z >= min(labelFrom(l), l.MaxZoom) && (l.Geometry == "Polygon" || l.Geometry == "MultiPolygon")
}

func labelFrom(l catalogue.Layer) int { return cmp.Or(l.Style.LabelFrom, max(l.MaxZoom-1, 0)) }

func (d drawing) label(area, line bool) Layer {
	l := d.one("label", "symbol", "")
	if area && !line {
		l.SourceLayer += Spots
	}
	l.MinZoom = float64(labelFrom(d.layer))
	l.Layout = map[string]any{"text-field": expression{"to-string", expression{"get", d.layer.Label}}, "text-font": labelFont, "text-size": 11.5, "text-max-width": 9}
	switch {
	case line && !area:
		l.Layout["symbol-placement"] = "line"
	case !area:
		l.Layout["text-anchor"], l.Layout["text-offset"] = "left", []float64{0.7, 0}
	}
	l.Paint = map[string]any{"text-color": ink, "text-halo-color": halo, "text-halo-width": 1.4}
	return l
}

// colour is the class's colour, or other. Mixed uses such as "ONT+CLN" are drawn as their first.
func (d drawing) colour(other string) any {
	if len(d.codes) == 0 {
		return other
	}
	class := expression{"to-string", expression{"get", d.layer.Class}}
	plus := expression{"index-of", "+", expression{"var", "class"}}
	match := expression{"match", expression{"case", expression{">", plus, 0}, expression{"slice", expression{"var", "class"}, 0, plus}, expression{"var", "class"}}}
	byColour := map[string][]string{}
	for _, c := range d.codes {
		byColour[c.Colour] = append(byColour[c.Colour], c.Code)
	}
	for _, colour := range slices.Sorted(maps.Keys(byColour)) {
		match = append(match, byColour[colour], colour)
	}
	return expression{"let", "class", class, append(match, other)}
}

// legend lists the classes, or the one look the layer has.
func (d drawing) legend() (list []Entry) {
	area, line, point := d.shapes()
	kind, plain := "fill", d.style.Fill
	switch {
	case line && !area:
		kind, plain = "line", d.style.Line
	case point && !area:
		kind, plain = "point", d.style.Point
	}
	for _, c := range d.codes {
		list = append(list, d.entry(kind, c.Colour, c.Code, c.Label))
	}
	if len(list) > 0 {
		return list
	}
	if area && line && point { // a mixture
		return []Entry{d.entry("line", d.style.Line, "", d.layer.Title), d.entry("point", d.style.Point, "", d.layer.Title)}
	}
	return []Entry{d.entry(kind, plain, "", d.layer.Title)}
}

func (d drawing) entry(kind, colour, code string, label haidang.Text) Entry {
	e := Entry{Code: code, Label: label, Kind: kind, Colour: colour, Dash: d.style.Dash}
	if kind == "fill" {
		e.Outline = d.style.Line
	}
	return e
}
