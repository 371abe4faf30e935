package mapserver

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo/catalogue"
)

// sheet is what MapServer shows of one layer: its features of one dimension, since
// it draws points, lines and areas in different ways.
type sheet struct {
	layer  catalogue.Layer
	name   string // the layer's code, with its dimension behind when it has several
	kind   string // POINT, LINE or POLYGON
	dim    int    // -1: all
	box    [4]float64
	colour map[string]string // by code of the class column
	label  map[string]string
}

// kinds are MapServer's words by dimension.
var kinds = []string{"POINT", "LINE", "POLYGON"}

// sheets reads the open vector layers, as they are today.
func sheets(ctx context.Context, pool *pgxpool.Pool, r *ruler) ([]sheet, error) {
	layers, err := catalogue.List(ctx, pool)
	if err != nil {
		return nil, err
	}
	lists, err := catalogue.CodeLists(ctx, pool, haidang.Day(time.Now()))
	if err != nil {
		return nil, err
	}
	layers = slices.DeleteFunc(layers, func(l catalogue.Layer) bool { return l.Kind != catalogue.Vector || !l.Open() })
	r.forgetOthers(layers)
	var all []sheet
	for _, l := range layers {
		extents, err := r.measure(ctx, l)
		if err != nil {
			return nil, err
		}
		for _, s := range ofLayer(l, extents) {
			s.classify(lists)
			all = append(all, s)
		}
	}
	return all, nil
}

// ofLayer makes a sheet for each dimension that a layer's features have.
func ofLayer(l catalogue.Layer, extents []reach) (all []sheet) {
	for _, e := range extents {
		s := sheet{layer: l, name: string(l.Slug), kind: kinds[e.dim], dim: -1, box: e.box}
		if l.Geometry == "Geometry" {
			s.dim, s.name = e.dim, s.name+"_"+strings.ToLower(s.kind)
		}
		all = append(all, s)
	}
	return all
}

// classify finds the colours and words of the codes that the layer is coloured by.
func (s *sheet) classify(lists []catalogue.CodeList) {
	c, ok := s.layer.Column(s.layer.Class)
	if !ok {
		return
	}
	for _, list := range lists {
		if list.Slug != c.CodeList {
			continue
		}
		s.colour, s.label = map[string]string{}, map[string]string{}
		for _, code := range list.Codes {
			if code.Colour != "" {
				s.colour[code.Code], s.label[code.Code] = code.Colour, code.Label.VI
			}
		}
	}
}

// columns are what the reader must be able to read of the layer's table.
func (s sheet) columns() []string {
	all := []string{"fid", "geom_3857"}
	for _, c := range s.layer.Columns {
		all = append(all, c.Name)
	}
	if s.layer.Dated {
		all = append(all, "period")
	}
	if len(s.layer.Bands) > 0 {
		all = append(all, "band")
	}
	return all
}

// source is the question for the features: of the finest band, in force today.
func (s sheet) source() string {
	columns := []string{"fid"}
	for _, c := range s.layer.Columns {
		columns = append(columns, c.Name)
	}
	var where []string
	if s.dim >= 0 {
		where = append(where, fmt.Sprintf("ST_Dimension(geom_3857) = %d", s.dim))
	}
	if s.layer.Dated {
		where = append(where, "period @> (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date")
	}
	if len(s.layer.Bands) > 0 {
		where = append(where, fmt.Sprintf("band = %d", slices.Max(s.layer.Bands)))
	}
	sql := "SELECT " + names(columns) + ", geom_3857 AS shape FROM " + pgx.Identifier{s.layer.Table}.Sanitize()
	if len(where) > 0 {
		sql += " WHERE " + strings.Join(where, " AND ")
	}
	return sql
}
