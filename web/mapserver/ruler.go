package mapserver

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo/catalogue"
)

// reach is how far the features of one dimension go, in metres of Web Mercator.
type reach struct {
	dim int
	box [4]float64
}

// measurement is what was once found of a layer.
type measurement struct {
	table   string
	version int64 // of the layer's features
	at      time.Time
	extents []reach
}

// ruler measures layers. That reads a whole table, so it does it no more often than
// there is reason: for a layer it does not know, and now and then for one that changed.
type ruler struct {
	pool  *pgxpool.Pool
	known map[haidang.LayerSlug]measurement
	times int // it read a table
}

// measure says which dimensions the features of a layer have, and how far each goes.
func (r *ruler) measure(ctx context.Context, l catalogue.Layer) ([]reach, error) {
	m, known := r.known[l.Slug]
	if known && m.table == l.Table && (m.version == l.Version || len(m.extents) > 0 && time.Since(m.at) < measureAgain) {
		return m.extents, nil
	}
	r.times++
	m = measurement{table: l.Table, version: l.Version, at: time.Now()}
	rows, err := r.pool.Query(ctx, `SELECT ST_Dimension(geom_3857), ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b)
		FROM (SELECT geom_3857, ST_Extent(geom_3857) OVER (PARTITION BY ST_Dimension(geom_3857)) AS b,
			row_number() OVER (PARTITION BY ST_Dimension(geom_3857)) AS n FROM `+pgx.Identifier{l.Table}.Sanitize()+`) t WHERE n = 1 ORDER BY 1`)
	if err != nil {
		return nil, fmt.Errorf("measure layer %s: %w", l.Slug, err)
	}
	var e reach
	_, err = pgx.ForEachRow(rows, []any{&e.dim, &e.box[0], &e.box[1], &e.box[2], &e.box[3]}, func() error {
		if e.dim >= 0 && e.dim < len(kinds) {
			e.box = [4]float64{e.box[0] - 1, e.box[1] - 1, e.box[2] + 1, e.box[3] + 1} // a box of no size is none to MapServer
			m.extents = append(m.extents, e)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("measure layer %s: %w", l.Slug, err)
	}
	r.known[l.Slug] = m
	return m.extents, nil
}

// forgetOthers forgets layers that are not among these: one of the same name may come.
func (r *ruler) forgetOthers(layers []catalogue.Layer) {
	for slug := range r.known {
		if !slices.ContainsFunc(layers, func(l catalogue.Layer) bool { return l.Slug == slug }) {
			delete(r.known, slug)
		}
	}
}
