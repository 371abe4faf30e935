package ogc

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/changesets"
	"haidang/geo/crs"
	"haidang/geo/features"
)

const (
	mediaMergePatch = "application/merge-patch+json"
	rowVersionName  = "row_version" // of a feature's properties
)

// sentFeature is a GeoJSON feature as a program sends it: the whole of it, or a merge
// patch (RFC 7396) of one.
type sentFeature struct {
	Type       string
	ID         any
	Geometry   json.RawMessage
	Properties map[string]any

	shape   orb.Geometry // x before y; nil: none was sent
	crs     crs.CRS      // of shape
	version int64        // row_version; 0: it says none
	alone   bool         // If-Match names the version: what its sender sent since is not in it
}

// sent reads the feature in the request's body.
func (q *ask) sent(l catalogue.Layer, media string) (*sentFeature, error) {
	f := &sentFeature{Properties: map[string]any{}} // nil then: null was sent
	said, _, _ := mime.ParseMediaType(q.r.Header.Get("Content-Type"))
	if said != media && said != mediaJSON {
		return f, &haidang.Error{Code: haidang.ErrMediaType, Field: "Content-Type", Text: haidang.Text{VI: "Nội dung gửi lên phải là " + media + ".", EN: "What is sent here must be " + media + "."}}
	}
	if err := changesets.Numbers(q.r.Body, f); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return f, haidang.Refuse(haidang.ErrTooLarge, "Đối tượng quá lớn. Hãy nhập lớp từ tệp thay vì sửa tay.", "The feature is too large. Import the layer from a file instead.")
		}
		return f, haidang.RefuseField("body", "Nội dung gửi lên không phải là một đối tượng GeoJSON (RFC 7946).", "What was sent is no GeoJSON feature (RFC 7946).")
	}
	if media == mediaGeoJSON && f.Type != "Feature" {
		return f, haidang.RefuseField("type", "Hãy gửi một Feature của GeoJSON.", "Send one GeoJSON Feature.")
	}
	f.own(l)
	return f, f.place(q.r.Header.Get("Content-Crs"))
}

// own takes out what the layer says of a feature by itself, and what is only for reading.
func (f *sentFeature) own(l catalogue.Layer) {
	if n, ok := f.Properties[rowVersionName].(json.Number); ok {
		f.version, _ = n.Int64() // nonsense names no version
	}
	delete(f.Properties, rowVersionName)
	delete(f.Properties, features.FID)
	for _, c := range l.Columns {
		v, given := f.Properties[c.Name]
		if c.ReadOnly {
			delete(f.Properties, c.Name)
		} else if given {
			f.Properties[c.Name] = zoned(c, v)
		}
	}
}

// zoned is an instant with its zone: QGIS leaves out the one that we write, UTC.
func zoned(c catalogue.Column, v any) any {
	s, ok := v.(string)
	if !ok || c.Type != catalogue.DateTime {
		return v
	}
	if _, err := time.Parse("2006-01-02T15:04:05.999999999", s); err == nil {
		return s + "Z"
	}
	return v
}

// place reads the shape in the system that the header names, in brackets or without.
func (f *sentFeature) place(header string) (err error) {
	f.crs = crs.WGS84
	if name := strings.Trim(header, "<> "); name != "" {
		if f.crs, err = crs.Parse("Content-Crs", name); err != nil {
			return err
		}
	}
	if len(f.Geometry) == 0 || string(f.Geometry) == "null" {
		return nil
	}
	if f.shape, err = changesets.ReadShape(f.Geometry, "geometry"); err != nil {
		return err
	}
	if f.crs.LatFirst {
		f.shape = mapped(f.shape, func(_ int, p orb.Point) orb.Point { return orb.Point{p[1], p[0]} })
	}
	return nil
}

// complete makes the feature the whole of what it is to be: what it does not name has no
// value then.
func (f *sentFeature) complete(l catalogue.Layer, item string) error {
	if f.ID != nil && fmt.Sprint(f.ID) != item {
		return haidang.RefuseField("id", "id của đối tượng không khớp với địa chỉ.", "The feature's id is not that of the address.")
	}
	if f.shape == nil {
		return haidang.RefuseField("geometry", "Đối tượng phải có hình.", "A feature needs a geometry.")
	}
	if f.Properties == nil {
		f.Properties = map[string]any{}
	}
	for _, c := range columnsOf(l) {
		if _, named := f.Properties[c.Name]; !named && !c.ReadOnly {
			f.Properties[c.Name] = nil
		}
	}
	return nil
}

// patches checks what a merge patch wants to remove: a feature keeps its geometry and its
// properties. The version that it goes on from is that of If-Match.
func (f *sentFeature) patches() error {
	f.version = 0
	if string(f.Geometry) == "null" {
		return haidang.RefuseField("geometry", "Đối tượng phải có hình; muốn giữ nguyên hình thì đừng gửi geometry.", "A feature needs a geometry; to leave it as it is, do not send geometry.")
	}
	if f.Properties == nil {
		return haidang.RefuseField("properties", "Không xoá được mọi thuộc tính một lượt; hãy gửi null cho từng thuộc tính.", "The properties cannot be removed at once; send null for each of them.")
	}
	return nil
}

// changed is what of the feature's properties is not as it was.
func (f *sentFeature) changed(l catalogue.Layer, before map[string]any) map[string]any {
	all := map[string]any{}
	for name, v := range f.Properties {
		c, known := column(l, name)
		if !known || !alike(c, before[name], v) {
			all[name] = v
		}
	}
	return all
}

func column(l catalogue.Layer, name string) (catalogue.Column, bool) {
	for _, c := range columnsOf(l) {
		if c.Name == name {
			return c, true
		}
	}
	return catalogue.Column{}, false
}

// alike reports whether two values of a column say the same. QGIS knows no fractions of
// a second, and no difference between an empty text and none.
func alike(c catalogue.Column, a, b any) bool {
	if c.Type == catalogue.DateTime {
		if x, y := momentOf(a), momentOf(b); !x.IsZero() && !y.IsZero() {
			return x.Equal(y) || x.Truncate(time.Second).Equal(y)
		}
	}
	x, isX := float(a)
	y, isY := float(b)
	if isX && isY {
		return x == y
	}
	return reflect.DeepEqual(nothing(a), nothing(b))
}

func momentOf(v any) time.Time {
	s, _ := v.(string)
	t, _ := time.Parse(time.RFC3339Nano, s) // zero when it is none
	return t
}

func float(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	}
	return 0, false
}

// nothing is an empty text as none.
func nothing(v any) any {
	if s, ok := v.(string); ok && strings.TrimSpace(s) == "" {
		return nil
	}
	return v
}
