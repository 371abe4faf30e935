package ogc

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/features"
)

// schema is a JSON Schema of a layer's features by OGC API Features, part 5.
type schema struct {
	Schema      string     `json:"$schema"`
	ID          string     `json:"$id"`
	Type        string     `json:"type"`
	Title       string     `json:"title"`
	Description string     `json:"description,omitempty"`
	Properties  properties `json:"properties"`
	Required    []string   `json:"required,omitempty"`
	Additional  bool       `json:"additionalProperties"`
}

// property is one attribute.
type property struct {
	name     string
	Type     string  `json:"type,omitempty"`
	Format   string  `json:"format,omitempty"`
	Title    string  `json:"title,omitempty"`
	Text     string  `json:"description,omitempty"`
	ReadOnly bool    `json:"readOnly,omitempty"`
	Unit     string  `json:"x-ogc-unit,omitempty"`
	Role     string  `json:"x-ogc-role,omitempty"`
	Sequence int     `json:"x-ogc-propertySeq"`
	OneOf    []oneOf `json:"oneOf,omitempty"`
}

// oneOf is one code of a list.
type oneOf struct {
	Const string `json:"const"`
	Title string `json:"title"`
}

// properties keep the order of the layer's columns, which a map would lose.
type properties []property

// MarshalJSON writes the properties as an object in their order.
func (p properties) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, one := range p {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(one.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(one)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func serveSchema(q *ask, w http.ResponseWriter) error {
	doc, err := q.schemaOf("schema")
	if err != nil {
		return err
	}
	return q.write(w, "", doc, nil)
}

func serveQueryables(q *ask, w http.ResponseWriter) error {
	doc, err := q.schemaOf("queryables")
	if err != nil {
		return err
	}
	doc.Required = nil
	doc.Properties = slices.DeleteFunc(doc.Properties, func(p property) bool { return p.name == rowVersionName })
	if _, dated := doc.find(features.ValidFrom); dated {
		doc.Properties = append(doc.Properties, property{name: features.Period, Type: "array", Format: "interval-array", Sequence: len(doc.Properties) + 1,
			Title: q.say("Thời gian có hiệu lực", "When it is in force")})
	}
	return q.write(w, "", doc, nil)
}

// find returns the property of that name.
func (s schema) find(name string) (property, bool) {
	for _, p := range s.Properties {
		if p.name == name {
			return p, true
		}
	}
	return property{}, false
}

func (q *ask) schemaOf(name string) (schema, error) {
	if err := q.knows(); err != nil {
		return schema{}, err
	}
	l, err := q.features()
	if err != nil {
		return schema{}, err
	}
	lists, err := catalogue.CodeLists(q.r.Context(), q.config.Pool, haidang.Day(time.Now()))
	if err != nil {
		return schema{}, err
	}
	doc := schema{Schema: "https://json-schema.org/draft/2020-12/schema", ID: q.base + "/collections/" + string(l.Slug) + "/" + name, Type: "object",
		Title: l.Title.In(q.spoken()), Description: l.Description.In(q.spoken()), Properties: q.propertiesOf(l, lists)}
	for _, c := range l.Columns {
		if c.Required {
			doc.Required = append(doc.Required, c.Name)
		}
	}
	return doc, nil
}

// propertiesOf lists what features have and can be filtered by.
func (q *ask) propertiesOf(l catalogue.Layer, lists []catalogue.CodeList) (all properties) {
	add := func(p property) {
		p.Sequence = len(all) + 1
		all = append(all, p)
	}
	add(property{name: features.FID, Type: "integer", Title: q.say("Số thứ tự trong hệ thống", "Number in the system"), ReadOnly: true, Role: "id"})
	add(property{name: geometryName, Format: geometryFormat(l.Geometry), Title: q.say("Hình học", "Geometry"), Role: "primary-geometry"})
	for _, c := range l.Columns {
		add(q.propertyOf(c, lists))
	}
	if l.Dated {
		add(property{name: features.ValidFrom, Type: "string", Format: "date", Title: q.say("Có hiệu lực từ ngày", "In force from"), ReadOnly: !recorded(l), Role: "primary-interval-start"})
		add(property{name: features.ValidUntil, Type: "string", Format: "date", Title: q.say("Hết hiệu lực từ ngày", "No longer in force from"), ReadOnly: !recorded(l), Role: "primary-interval-end"})
	}
	if recorded(l) {
		add(property{name: rowVersionName, Type: "integer", Format: "int64", Title: q.say("Số phiên bản", "Version"), ReadOnly: true})
	}
	return all
}

// geometryName is what schemas and filters call the geometry.
const geometryName = "geometry"

func (q *ask) propertyOf(c catalogue.Column, lists []catalogue.CodeList) property {
	p := property{name: c.Name, Title: c.Label.In(q.spoken()), ReadOnly: c.ReadOnly, Unit: c.Unit}
	p.Type, p.Format = typeOf(c.Type)
	for _, list := range lists {
		if c.CodeList == list.Slug {
			p.Text = list.Title.In(q.spoken())
			for _, code := range list.Codes {
				p.OneOf = append(p.OneOf, oneOf{code.Code, code.Label.In(q.spoken())})
			}
		}
	}
	return p
}

// typeOf is a column's type as JSON Schema has it.
func typeOf(t catalogue.ColumnType) (name, format string) {
	switch t {
	case catalogue.Integer:
		return "integer", "int64"
	case catalogue.Number:
		return "number", "double"
	case catalogue.Boolean:
		return "boolean", ""
	case catalogue.Date:
		return "string", "date"
	case catalogue.DateTime:
		return "string", "date-time"
	}
	return "string", ""
}

// geometryFormat is the geometry's kind as part 5 has it.
func geometryFormat(kind string) string {
	if kind == "Geometry" || kind == "" {
		return "geometry-any"
	}
	return "geometry-" + strings.ToLower(kind)
}
