package mapserver

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

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
func sheets(ctx context.Context, pool *pgxpool.Pool) ([]sheet, error) {
	layers, err := catalogue.List(ctx, pool)
	if err != nil {
		return nil, err
	}
	lists, err := catalogue.CodeLists(ctx, pool, time.Now())
	if err != nil {
		return nil, err
	}
	var all []sheet
	for _, l := range layers {
		if l.Kind != catalogue.Vector || !l.Open() {
			continue
		}
		own, err := ofLayer(ctx, pool, l)
		if err != nil {
			return nil, err
		}
		for i := range own {
			own[i].classify(lists)
		}
		all = append(all, own...)
	}
	return all, nil
}

// ofLayer measures a layer: which dimensions it has, and how far each reaches.
func ofLayer(ctx context.Context, pool *pgxpool.Pool, l catalogue.Layer) ([]sheet, error) {
	rows, err := pool.Query(ctx, `SELECT ST_Dimension(geom_3857), ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b)
		FROM (SELECT geom_3857, ST_Extent(geom_3857) OVER (PARTITION BY ST_Dimension(geom_3857)) AS b,
			row_number() OVER (PARTITION BY ST_Dimension(geom_3857)) AS n FROM `+pgx.Identifier{l.Table}.Sanitize()+`) t WHERE n = 1 ORDER BY 1`)
	if err != nil {
		return nil, fmt.Errorf("measure layer %s: %w", l.Slug, err)
	}
	var all []sheet
	var dim int
	var box [4]float64
	_, err = pgx.ForEachRow(rows, []any{&dim, &box[0], &box[1], &box[2], &box[3]}, func() error {
		if dim >= 0 && dim < len(kinds) {
			box = [4]float64{box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1} // a box of no size is none to MapServer
			all = append(all, sheet{layer: l, name: string(l.Slug), kind: kinds[dim], dim: -1, box: box})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("measure layer %s: %w", l.Slug, err)
	}
	if l.Geometry == "Geometry" {
		for i := range all {
			all[i].dim = slices.Index(kinds, all[i].kind)
			all[i].name += "_" + strings.ToLower(all[i].kind)
		}
	}
	return all, nil
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
