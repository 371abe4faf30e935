package features

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/cql2"
)

// source is where a layer's features lie.
type source struct {
	table      string // quoted
	geom       string // quoted column
	srid       int
	rowVersion string // in SQL
	band       int16  // of a table drawn in bands, -1 of others
	columns    []property
}

// property is something a feature says of itself, and its value in SQL.
type property struct {
	name string
	sql  string
	kind cql2.Type
}

// columnTypes are the columns' types for the filter language.
var columnTypes = map[catalogue.ColumnType]cql2.Type{
	catalogue.Text: cql2.TypeText, catalogue.CodeType: cql2.TypeText, catalogue.Integer: cql2.TypeInteger, catalogue.Number: cql2.TypeNumber,
	catalogue.Boolean: cql2.TypeBoolean, catalogue.Date: cql2.TypeDate, catalogue.DateTime: cql2.TypeTimestamp,
}

// newSource finds the features of a vector layer. The base map's tables have no other
// geometry than that for tiles, and are drawn once for each band of zooms; the last
// band is the whole drawing.
func newSource(l catalogue.Layer) (source, error) {
	if l.Kind == catalogue.Raster {
		return source{}, haidang.Refuse(haidang.ErrInvalid, "Lớp "+l.Title.VI+" là ảnh, không có đối tượng.", "The layer "+l.Title.EN+" is a picture and has no features.")
	}
	s := source{table: pgx.Identifier{l.Table}.Sanitize(), geom: quote("geom"), srid: l.SRID, rowVersion: quote("row_version"), band: -1}
	if !strings.HasPrefix(l.Table, "layer_") {
		s.geom, s.srid, s.rowVersion = quote("geom_3857"), 3857, "0::bigint"
	}
	if n := len(l.Bands); n > 0 {
		s.band = l.Bands[n-1]
	}
	for _, c := range l.Columns {
		s.columns = append(s.columns, property{c.Name, quote(c.Name), columnTypes[c.Type]})
	}
	if l.Dated {
		s.columns = append(s.columns, property{ValidFrom, "lower(t.period)", cql2.TypeDate}, property{ValidUntil, "upper(t.period)", cql2.TypeDate})
	}
	return s, nil
}

// quote is a column of the table t.
func quote(column string) string { return "t." + pgx.Identifier{column}.Sanitize() }

// Queryables are the properties of a layer that a filter may speak of, with the
// types of package cql2. The geometry is called geometry, and geom as well.
func Queryables(l catalogue.Layer) map[string]cql2.Type {
	s, err := newSource(l)
	types := map[string]cql2.Type{}
	if err != nil {
		return types
	}
	for _, p := range s.queryables(l) {
		types[p.name] = p.kind
	}
	return types
}

func (s source) queryables(l catalogue.Layer) []property {
	all := append(slices.Clone(s.columns), property{"geometry", s.geom, cql2.TypeGeometry}, property{"geom", s.geom, cql2.TypeGeometry}, property{FID, "t.fid", cql2.TypeInteger})
	if l.Dated {
		all = append(all, property{Period, "t.period", cql2.TypePeriod})
	}
	return all
}

// options are what a filter on the layer is compiled against.
func (s source) options(l catalogue.Layer, literals cql2.CRS, args []any) cql2.Options {
	known := s.queryables(l)
	names := make([]string, len(known))
	for i, p := range known {
		names[i] = p.name
	}
	return cql2.Options{Names: names, SRID: s.srid, Literals: literals, Args: args, Resolve: func(name string) (cql2.Column, bool) {
		p, ok := find(known, name)
		return cql2.Column{SQL: p.sql, Type: p.kind}, ok
	}}
}

func find(list []property, name string) (property, bool) {
	i := slices.IndexFunc(list, func(p property) bool { return p.name == name })
	if i < 0 {
		return property{}, false
	}
	return list[i], true
}

// wanted are the properties that the answer carries.
func (s source) wanted(names []string) ([]property, error) {
	if names == nil {
		return s.columns, nil
	}
	var list []property
	for _, name := range names {
		p, ok := find(s.columns, name)
		if !ok {
			return nil, unknownProperty("properties", name)
		}
		list = append(list, p)
	}
	return list, nil
}

func unknownProperty(field, name string) error {
	return haidang.RefuseField(field, fmt.Sprintf("Lớp không có thuộc tính %.60q.", name), fmt.Sprintf("The layer has no property %.60q.", name))
}
