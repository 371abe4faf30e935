package tiles

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo/catalogue"
)

// Layer is one entry of the catalogue, as the pages list it.
type Layer struct {
	Slug        haidang.LayerSlug `json:"slug"`
	Title       haidang.Text      `json:"title"`
	Sector      string            `json:"sector"`
	MinZoom     int               `json:"minZoom"`
	MaxZoom     int               `json:"maxZoom"`
	Simulated   bool              `json:"simulated"`
	Attribution string            `json:"attribution"`
	Public      bool              `json:"public"` // anybody may see it
	Version     int64             `json:"version"`
}

// layer is a catalogue entry with what is needed to cut its tiles. It never changes: a
// new version is a new layer.
type layer struct {
	catalogue.Layer
	bounds [4]float64          // west, south, east, north
	sql    [maxZoom + 1]string // the query of each zoom
}

func (l *layer) view() Layer {
	return Layer{l.Slug, l.Title, l.Sector, l.MinZoom, l.MaxZoom, l.Simulated, l.Attribution, l.Open(), l.Version}
}

// The shape of a tile. The buffer keeps borders from showing at tile edges.
const (
	maxZoom = 22
	extent  = 4096
	buffer  = 64
)

// readLayers returns the vector layers of the catalogue with a query for every zoom.
func readLayers(ctx context.Context, pool *pgxpool.Pool) (map[haidang.LayerSlug]*layer, error) {
	list, err := catalogue.List(ctx, pool)
	if err != nil {
		return nil, err
	}
	layers := map[haidang.LayerSlug]*layer{}
	for _, entry := range list {
		if entry.Kind != catalogue.Vector {
			continue
		}
		l := &layer{Layer: entry}
		for z := range l.sql {
			l.sql[z] = l.query(z)
		}
		layers[l.Slug] = l
	}
	return layers, nil
}

// readBounds fills in how far the layer reaches; a layer without rows reaches nowhere.
func (l *layer) readBounds(ctx context.Context, pool *pgxpool.Pool) error {
	err := pool.QueryRow(ctx, `SELECT coalesce(ST_XMin(b), 0), coalesce(ST_YMin(b), 0), coalesce(ST_XMax(b), 0), coalesce(ST_YMax(b), 0)
		FROM (SELECT ST_Transform(ST_SetSRID(ST_Extent(geom_3857)::geometry, 3857), 4326) AS b FROM `+pgx.Identifier{l.Table}.Sanitize()+`) e`).
		Scan(&l.bounds[0], &l.bounds[1], &l.bounds[2], &l.bounds[3])
	if err != nil {
		return fmt.Errorf("measure layer %s: %w", l.Slug, err)
	}
	return nil
}
