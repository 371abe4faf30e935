package changesets

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/ewkb"
	"github.com/paulmach/orb/geojson"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/features"
)

// Op is what an edit does.
type Op string

// The ops.
const (
	Insert Op = "insert"
	Update Op = "update" // of the given properties, and of the geometry unless it is nil
	Delete Op = "delete"
)

// Edit is one change of one feature, as it is drafted.
type Edit struct {
	Op          Op
	FID         int64          // of an insert: 0, or that of a feature which was deleted
	BaseVersion int64          // RowVersion that it was made from; 0: as it is now
	Alone       bool           // a program has seen that version, and not what it sent itself since
	Properties  map[string]any // by column, as JSON has them; of a dated layer also valid_from and valid_until
	Geometry    orb.Geometry   // nil: stays
	SRID        int            // of the geometry; 0: the layer's
}

// wire is an Edit as the database takes it.
type wire struct {
	Op          Op             `json:"op"`
	FID         *int64         `json:"fid,omitempty"`
	BaseVersion *int64         `json:"base_version,omitempty"`
	Alone       bool           `json:"alone,omitempty"`
	Attributes  map[string]any `json:"attributes,omitempty"`
	Geom        string         `json:"geom,omitempty"` // hexadecimal EWKB
}

// encode checks an edit against the layer's columns. lists are the code lists of today.
func (e Edit) encode(l catalogue.Layer, lists map[string]catalogue.CodeList) (wire, error) {
	w := wire{Op: e.Op, Alone: e.Alone, Attributes: map[string]any{}}
	if e.FID != 0 {
		w.FID = &e.FID
	}
	if e.BaseVersion != 0 {
		w.BaseVersion = &e.BaseVersion
	}
	if e.Op != Insert && e.Op != Update && e.Op != Delete {
		return w, haidang.RefuseField("op", "op phải là insert, update hay delete.", "op is insert, update or delete.")
	}
	if e.Op != Insert && e.FID == 0 {
		return w, haidang.RefuseField("fid", "Thiếu số của đối tượng.", "The feature's number is missing.")
	}
	for name, v := range e.Properties {
		if l.Dated && (name == features.ValidFrom || name == features.ValidUntil) {
			if v != nil && !parses(v, time.DateOnly) {
				return w, haidang.RefuseField(name, name+" phải là "+kinds[catalogue.Date].VI+".", name+" must be "+kinds[catalogue.Date].EN+".")
			}
			w.Attributes[name] = v
			continue
		}
		c, ok := l.Column(name)
		if !ok {
			return w, haidang.RefuseField(name, fmt.Sprintf("Lớp %s không có cột %.60q.", l.Title.VI, name), fmt.Sprintf("The layer %s has no column %.60q.", l.Title.EN, name))
		}
		if c.ReadOnly {
			return w, haidang.RefuseField(name, fmt.Sprintf("Cột %s chỉ để đọc.", c.Label.VI), fmt.Sprintf("The column %s is read-only.", c.Label.EN))
		}
		checked, err := check(c, v, lists)
		if err != nil {
			return w, err
		}
		w.Attributes[name] = checked
	}
	if err := e.required(l, w.Attributes); err != nil {
		return w, err
	}
	return w, e.encodeShape(l, &w)
}

func (e Edit) required(l catalogue.Layer, attributes map[string]any) error {
	for _, c := range l.Columns {
		v, given := attributes[c.Name]
		if c.Required && !c.ReadOnly && (e.Op == Insert && !given || given && v == nil) {
			return haidang.RefuseField(c.Name, fmt.Sprintf("Cột %s bắt buộc phải có giá trị.", c.Label.VI), fmt.Sprintf("The column %s must have a value.", c.Label.EN))
		}
	}
	return nil
}

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
	if hollow(b) {
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
	depth, quoted := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{':
			if depth++; depth > mostDeep {
				return true
			}
		case c == '}':
			depth--
		}
	}
	return false
}

// hollow reports whether a geometry, or a part of one, is null: orb panics at that.
func hollow(b []byte) bool {
	var g *struct{ Geometries []json.RawMessage }
	err := json.Unmarshal(b, &g)
	return err != nil || g == nil || slices.ContainsFunc(g.Geometries, func(part json.RawMessage) bool { return hollow(part) })
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

// check returns the value as the column takes it, nil for none.
func check(c catalogue.Column, v any, lists map[string]catalogue.CodeList) (any, error) {
	ok := v == nil
	switch c.Type {
	case catalogue.Text:
		s, is := v.(string)
		if ok = ok || is && len(s) <= maxText; is {
			return orNil(s), wrong(c, ok, "chữ, nhiều nhất 10 000 ký tự", "text of at most 10,000 characters")
		}
	case catalogue.CodeType:
		s, is := v.(string)
		if _, known := lists[c.CodeList].Find(s); is && s != "" && !known {
			return nil, haidang.RefuseField(c.Name, fmt.Sprintf("%s: danh mục không có mã %.60q.", c.Label.VI, s), fmt.Sprintf("%s: the code list has no code %.60q.", c.Label.EN, s))
		}
		if ok = ok || is; is {
			return orNil(s), nil
		}
	case catalogue.Integer:
		ok = ok || whole(v)
	case catalogue.Number:
		_, is := number(v)
		ok = ok || is
	case catalogue.Boolean:
		_, is := v.(bool)
		ok = ok || is
	case catalogue.Date:
		ok = ok || parses(v, time.DateOnly)
	case catalogue.DateTime:
		ok = ok || parses(v, time.RFC3339Nano)
	}
	return v, wrong(c, ok, kinds[c.Type].VI, kinds[c.Type].EN)
}

const maxText = 10_000

// kinds are the types of columns as people know them.
var kinds = map[catalogue.ColumnType]haidang.Text{
	catalogue.Text: {VI: "chữ", EN: "text"}, catalogue.CodeType: {VI: "mã của danh mục", EN: "a code of the list"},
	catalogue.Integer: {VI: "số nguyên", EN: "a whole number"}, catalogue.Number: {VI: "số", EN: "a number"}, catalogue.Boolean: {VI: "có hoặc không", EN: "true or false"},
	catalogue.Date: {VI: "ngày như 2025-07-01", EN: "a day such as 2025-07-01"}, catalogue.DateTime: {VI: "thời điểm như 2025-07-01T09:00:00Z", EN: "an instant such as 2025-07-01T09:00:00Z"},
}

func wrong(c catalogue.Column, ok bool, vi, en string) error {
	if ok {
		return nil
	}
	return haidang.RefuseField(c.Name, c.Label.VI+" phải là "+vi+".", c.Label.EN+" must be "+en+".")
}

// orNil is how nothing is written: an empty text says no more.
func orNil(s string) any {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	return s
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, !math.IsNaN(v) && !math.IsInf(v, 0)
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	case int64:
		return float64(v), true
	}
	return 0, false
}

func whole(v any) bool {
	if n, is := v.(json.Number); is {
		_, err := n.Int64()
		return err == nil
	}
	f, ok := number(v)
	return ok && f == math.Trunc(f) && math.Abs(f) < 1<<53
}

func parses(v any, layout string) bool {
	s, is := v.(string)
	if !is {
		return false
	}
	_, err := time.Parse(layout, s)
	return err == nil
}

// Numbers decodes JSON without rounding whole numbers of more than 53 bits.
func Numbers(r io.Reader, into any) error {
	d := json.NewDecoder(r)
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON value")
	}
	return nil
}
