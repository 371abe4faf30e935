package imports

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/crs"
)

// newLayer is the layer to be made: of its template, or of the file's fields.
func (p *plan) newLayer() (l catalogue.Layer, err error) {
	n := p.New
	if n.Template != "" {
		if l, err = catalogue.FromTemplate(n.Template, p.Layer, n.Owner); err != nil {
			return l, err
		}
	} else {
		l = catalogue.Layer{Slug: p.Layer, Kind: catalogue.Vector, Owner: n.Owner, Geometry: p.geometry(), MaxZoom: 18, Columns: p.ownColumns()}
	}
	if l.Rights, err = n.rights(); err != nil {
		return l, err
	}
	if n.Title.VI != "" {
		l.Title = n.Title
	}
	if l.Title.EN == "" {
		l.Title.EN = l.Title.VI
	}
	if n.Sector != "" {
		l.Sector = n.Sector
	}
	if len(p.Key) > 0 {
		l.Key = p.keyColumns(l)
	}
	if l.SRID, err = p.storage(l.SRID); err != nil {
		return l, err
	}
	l.Table = "layer_" + string(l.Slug)
	return l, l.Validate()
}

// rights let nobody but the owner see what nobody has looked at yet, unless they are
// chosen otherwise.
func (n NewLayer) rights() ([]catalogue.Right, error) {
	switch n.VisibleTo {
	case "", ForOwner:
		return catalogue.OwnerRights(n.Owner), nil
	case ForStaff:
		return catalogue.StaffRights(n.Owner), nil
	}
	return nil, haidang.RefuseField("new.visibleTo", "Người xem được lớp mới là owner (cơ quan chủ quản) hoặc staff (mọi cán bộ).", "A new layer is seen by owner or by staff.")
}

// keyColumns are columns of the layer by their names, or by the fields that they are
// made of.
func (p *plan) keyColumns(l catalogue.Layer) (columns []string) {
	for _, k := range p.Key {
		if _, ok := l.Column(k); !ok {
			k = p.columnOf(k)
		}
		columns = append(columns, k)
	}
	return columns
}

// columnOf is the name of the column that a field of the file becomes.
func (p *plan) columnOf(field string) string {
	for i, c := range p.ownColumns() {
		if p.source.Fields[i].Name == field {
			return c.Name
		}
	}
	return columnName(field)
}

// storage is the system that a new layer is kept in: as asked, as the template says,
// as the file when that is metres of VN-2000, or the province's.
func (p *plan) storage(template int) (int, error) {
	if p.New.SRID != "" {
		c, err := crs.Parse("new.crs", p.New.SRID)
		return c.SRID, err
	}
	switch {
	case p.crs.Vietnamese() && p.crs.Projected():
		return p.crs.SRID, nil
	case template != 0:
		return template, nil
	}
	return crs.Province().SRID, nil
}

// geometry is the one type that all of the file's features fit.
func (p *plan) geometry() string {
	kinds := map[string]bool{}
	for k := range p.source.Geometries {
		if k != "none" && k != "broken" {
			kinds[strings.TrimPrefix(k, "Multi")] = true
		}
	}
	if len(kinds) != 1 || kinds["GeometryCollection"] {
		return "Geometry"
	}
	for k := range kinds {
		if k == "Point" && p.source.Geometries["MultiPoint"] == 0 {
			return k
		}
		return "Multi" + k
	}
	return "Geometry"
}

func (p *plan) ownColumns() (all []catalogue.Column) {
	seen := map[string]bool{}
	for _, f := range p.source.Fields {
		name := columnName(f.Name)
		for i := 2; seen[name]; i++ {
			name = fmt.Sprintf("%s_%d", strings.TrimRight(name, "_0123456789"), i)
		}
		seen[name] = true
		all = append(all, catalogue.Column{Name: name, Type: catalogue.ColumnType(f.Type), Label: haidang.Text{VI: f.Name, EN: f.Name}, FromZoom: catalogue.From(14)})
	}
	return all
}

// columnName makes a name of the catalogue's form of any text.
func columnName(s string) string {
	name := strings.Trim(strings.Join(strings.FieldsFunc(fold(s), func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9') }), "_"), "_")
	if name == "" || name[0] < 'a' || catalogue.Reserved(name) {
		name = "f_" + name
	}
	return strings.TrimRight(name[:min(len(name), 50)], "_")
}

// fold takes case and marks away.
func fold(s string) string {
	var out strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(strings.TrimSpace(s))) {
		switch {
		case r == 'đ':
			out.WriteByte('d')
		case !unicode.Is(unicode.Mn, r):
			out.WriteRune(r)
		}
	}
	return out.String()
}
