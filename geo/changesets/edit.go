package changesets

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/paulmach/orb"

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

// check returns the value as the column takes it, nil for none.
func check(c catalogue.Column, v any, lists map[string]catalogue.CodeList) (any, error) {
	ok := v == nil
	switch c.Type {
	case catalogue.Text:
		s, is := v.(string)
		if strings.ContainsRune(s, utf8.RuneError) {
			return nil, haidang.RefuseField(c.Name, c.Label.VI+": có ký tự hỏng, không đọc được. Hãy gửi chữ bằng UTF-8.", c.Label.EN+": there are characters that cannot be read. Send text as UTF-8.")
		}
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
