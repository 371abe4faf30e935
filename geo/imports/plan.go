package imports

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/features"
)

// plan says where each value of the file goes.
type plan struct {
	settled
	layer  catalogue.Layer
	exists bool // the layer does
	into   []column
	key    []string
	dated  *dating // nil: the layer is not
}

// column is a column of the layer that the file fills.
type column struct {
	catalogue.Column
	udt    string // PostgreSQL's name of its type
	source int    // field of the file
	needed bool
	codes  map[string]string // by folded code or label; nil: any text
}

// udts are the types of new tables' columns.
var udts = map[catalogue.ColumnType]string{catalogue.Text: "text", catalogue.Integer: "int8", catalogue.Number: "float8", catalogue.Boolean: "bool",
	catalogue.Date: "date", catalogue.DateTime: "timestamptz", catalogue.CodeType: "text"}

// plan settles layer, columns and key, or refuses with the option at fault.
func (im *Importer) plan(ctx context.Context, o Options, f Findings) (p plan, err error) {
	if p.settled, err = o.settle(f); err != nil {
		return p, err
	}
	if p.New != nil {
		if err := im.mustBeFree(ctx, o.Layer); err != nil {
			return p, err
		}
		p.layer, err = p.newLayer()
	} else {
		p.exists = true
		p.layer, err = catalogue.Get(ctx, im.pool, o.Layer)
	}
	if err != nil {
		return p, err
	}
	if err := p.checkLayer(); err != nil {
		return p, err
	}
	if err := im.columns(ctx, &p); err != nil {
		return p, err
	}
	if err := p.settleDating(); err != nil {
		return p, err
	}
	return p, p.settleKey()
}

// mustBeFree refuses a code for a new layer that another has.
func (im *Importer) mustBeFree(ctx context.Context, slug haidang.LayerSlug) error {
	_, err := catalogue.Get(ctx, im.pool, slug)
	if err == nil {
		return haidang.RefuseField("layer", fmt.Sprintf("Đã có lớp mang mã %s; hãy chọn mã khác, hoặc nhập vào lớp ấy.", slug),
			fmt.Sprintf("There is a layer with the code %s; choose another code, or import into that layer.", slug))
	}
	if haidang.CodeOf(err) == haidang.ErrNotFound {
		return nil
	}
	return err
}

func (p *plan) checkLayer() error {
	switch l := p.layer; {
	case l.Kind == catalogue.Raster || p.exists && l.Table != "layer_"+string(l.Slug) || len(l.Bands) > 0:
		return haidang.RefuseField("layer", "Không nhập được vào lớp này: không phải lớp đối tượng vector.", "Nothing can be imported into this layer: it is no layer of vector features.")
	}
	return nil
}

// columns pairs the layer's columns with the file's fields.
func (im *Importer) columns(ctx context.Context, p *plan) error {
	types, err := im.storedTypes(ctx, p)
	if err != nil {
		return err
	}
	for name := range p.Map {
		if _, ok := p.layer.Column(name); !ok && !(p.layer.Dated && (name == features.ValidFrom || name == features.ValidUntil)) {
			return haidang.RefuseField("map", fmt.Sprintf("Lớp không có cột %q.", name), fmt.Sprintf("The layer has no column %q.", name))
		}
	}
	for _, c := range p.layer.Columns {
		t, there := types[c.Name]
		if !there {
			continue // the base map's own columns
		}
		i, err := p.field(c)
		if err != nil {
			return err
		}
		needed := c.Required || t.needed
		if i < 0 && needed {
			return haidang.RefuseField("map", fmt.Sprintf("Cột %s của lớp bắt buộc có giá trị nhưng tệp không có trường nào ghép với nó. Hãy ghép: %[1]s=tên trường.", c.Name),
				fmt.Sprintf("The layer's column %s must have values, but no field of the file goes with it. Say which: %[1]s=name of the field.", c.Name))
		}
		if i < 0 {
			continue
		}
		col := column{Column: c, udt: t.udt, source: i, needed: needed}
		if c.CodeList != "" {
			if col.codes, err = im.codes(ctx, c.CodeList); err != nil {
				return err
			}
		}
		p.into = append(p.into, col)
	}
	return nil
}

// field finds the source of a column: as told, by its name, or by its label.
func (p *plan) field(c catalogue.Column) (int, error) {
	if told, ok := p.Map[c.Name]; ok {
		if told == "-" || told == "" {
			return -1, nil
		}
		i := slices.IndexFunc(p.source.Fields, func(f SourceField) bool { return f.Name == told })
		if i < 0 {
			return 0, haidang.RefuseField("map", fmt.Sprintf("Tệp không có trường %q.", told), fmt.Sprintf("The file has no field %q.", told))
		}
		return i, nil
	}
	for _, name := range []string{c.Name, c.Label.VI, c.Label.EN} {
		if i := slices.IndexFunc(p.source.Fields, func(f SourceField) bool { return sameName(f.Name, name) }); i >= 0 && name != "" {
			return i, nil
		}
	}
	return -1, nil
}

// sameName compares loosely; a Shapefile cuts names after ten bytes.
func sameName(field, name string) bool {
	f, n := columnName(field), columnName(name)
	return f == n || len(f) == 10 && len(n) > 10 && strings.HasPrefix(n, f)
}

// stored is how the database keeps a column.
type stored struct {
	udt    string
	needed bool
}

func (im *Importer) storedTypes(ctx context.Context, p *plan) (map[string]stored, error) {
	types := map[string]stored{}
	if !p.exists {
		for _, c := range p.layer.Columns {
			types[c.Name] = stored{udts[c.Type], c.Required}
		}
		return types, nil
	}
	rows, err := im.pool.Query(ctx, `SELECT a.attname, t.typname, a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
		WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''`, pgx.Identifier{p.layer.Table}.Sanitize())
	if err != nil {
		return nil, err
	}
	var name string
	var s stored
	_, err = pgx.ForEachRow(rows, []any{&name, &s.udt, &s.needed}, func() error { types[name] = s; return nil })
	return types, err
}

// codes are the codes in force today, to be found by code or label.
func (im *Importer) codes(ctx context.Context, list string) (map[string]string, error) {
	l, err := catalogue.CodeListOn(ctx, im.pool, list, haidang.Day(time.Now()))
	if err != nil {
		return nil, err
	}
	codes := map[string]string{}
	for _, c := range l.Codes {
		codes[fold(c.Label.VI)], codes[fold(c.Label.EN)] = c.Code, c.Code
	}
	for _, c := range l.Codes {
		codes[fold(c.Code)] = c.Code
	}
	delete(codes, "")
	return codes, nil
}

// settleKey takes the key as asked, or the layer's, and wants its columns filled by the file.
func (p *plan) settleKey() error {
	p.key = p.keyColumns(p.layer)
	if len(p.key) == 0 {
		p.key = p.layer.Key
	}
	for _, k := range p.key {
		if !slices.ContainsFunc(p.into, func(c column) bool { return c.Name == k }) {
			return haidang.RefuseField("key", fmt.Sprintf("Cột khóa %q không được ghép với trường nào của tệp.", k), fmt.Sprintf("No field of the file goes with the key column %q.", k))
		}
	}
	return nil
}
