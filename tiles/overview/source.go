package overview

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkb"
	"github.com/paulmach/orb/maptile"
)

// source is a layer as far as its overviews are concerned.
type source struct {
	slug     string
	table    string
	geometry string // declared type, such as "MultiPolygon"
	class    string // column, or empty
	minZoom  int
	degrees  bool // stored in degrees, so sizes are measured on the ellipsoid
	version  int64
	forgot   int64 // changes up to this version are no longer told
}

// sources reads the vector layers whose overviews, if they may have any, are behind. A dated layer has none:
// every day would need its own.
func sources(ctx context.Context, db querier) ([]source, error) {
	rows, err := db.Query(ctx, `SELECT l.slug, l.table_name, l.geometry_type, l.class_column, l.min_zoom,
			coalesce(s.proj4text LIKE '%longlat%', false), l.version, l.base_version
		FROM layer l LEFT JOIN spatial_ref_sys s ON s.srid = l.storage_srid LEFT JOIN overview_state o ON o.layer = l.slug
		WHERE (o.built_version IS NULL OR o.built_version < l.version) AND l.kind = 'vector' AND NOT l.dated AND l.zoom_bands = '{}' ORDER BY l.slug`)
	if err != nil {
		return nil, fmt.Errorf("read the layers for overviews: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s source, err error) {
		err = row.Scan(&s.slug, &s.table, &s.geometry, &s.class, &s.minZoom, &s.degrees, &s.version, &s.forgot)
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the layers for overviews: %w", err)
	}
	return list, nil
}

// from is the layer's table as SQL.
func (s source) from() string { return pgx.Identifier{s.table}.Sanitize() }

// classOf is the class of a row as SQL, never NULL.
func (s source) classOf() string {
	if s.class == "" {
		return "''"
	}
	return "coalesce(" + pgx.Identifier{s.class}.Sanitize() + "::text, '')"
}

// sizeOf is the true size of a row as SQL.
func (s source) sizeOf() string {
	shape := "geom"
	if s.degrees {
		shape = "geom::geography"
	}
	switch methodOf(s.geometry) {
	case methodSurfaces:
		return "ST_Area(" + shape + ")"
	case methodLines:
		return "ST_Length(" + shape + ")"
	}
	return "0::float8"
}

// The middle of a row's box says which tile counts the row.
const (
	middleX = "(ST_XMin(geom_3857) + ST_XMax(geom_3857)) / 2"
	middleY = "(ST_YMin(geom_3857) + ST_YMax(geom_3857)) / 2"
)

// totals counts the rows of a tile by class.
func (s source) totals(ctx context.Context, db querier, t maptile.Tile, classes *classes) ([]total, error) {
	w, south, e, n := envelope(t)
	rows, err := db.Query(ctx, `SELECT `+s.classOf()+` AS class, count(*), coalesce(sum(`+s.sizeOf()+`), 0) FROM `+s.from()+`
		WHERE geom_3857 && ST_MakeEnvelope($1, $2, $3, $4, 3857) AND `+middleX+` >= $1 AND `+middleX+` < $3
		  AND `+middleY+` > $2 AND `+middleY+` <= $4 GROUP BY 1 ORDER BY 1`, w, south, e, n)
	if err != nil {
		return nil, fmt.Errorf("count layer %s: %w", s.slug, err)
	}
	var list [4]*unitData
	list[0] = &unitData{}
	var class string
	var one total
	if _, err := pgx.ForEachRow(rows, []any{&class, &one.Count, &one.Size}, func() error {
		one.Class = classes.id(class)
		list[0].Totals = append(list[0].Totals, one)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("count layer %s: %w", s.slug, err)
	}
	return addTotals(list), nil // classes beyond the 255th share one
}

// each calls do for every shape that touches the box, the largest first: what lies
// within another is drawn over it.
func (s source) each(ctx context.Context, db querier, box orb.Bound, do func(fid int64, class string, g orb.Geometry) error) error {
	order := "fid"
	if methodOf(s.geometry) == methodSurfaces {
		order = "ST_Area(geom_3857) DESC, fid"
	}
	rows, err := db.Query(ctx, `SELECT fid, `+s.classOf()+`, ST_AsBinary(geom_3857) FROM `+s.from()+`
		WHERE geom_3857 && ST_MakeEnvelope($1, $2, $3, $4, 3857) ORDER BY `+order, box.Min[0], box.Min[1], box.Max[0], box.Max[1])
	if err != nil {
		return fmt.Errorf("read layer %s: %w", s.slug, err)
	}
	var fid int64
	var class string
	var raw []byte
	_, err = pgx.ForEachRow(rows, []any{&fid, &class, &raw}, func() error {
		g, err := wkb.Unmarshal(raw)
		if err != nil {
			return fmt.Errorf("feature %d: %w", fid, err)
		}
		return do(fid, class, g)
	})
	if err != nil {
		return fmt.Errorf("read layer %s: %w", s.slug, err)
	}
	return nil
}
