package tiles

import (
	"fmt"

	"github.com/jackc/pgx/v5"

	"haidang/tiles/style"
)

// spots are the parts of the statement that cuts a tile which put into it where each
// surface has its label: the middle of it, or a point inside where that lies outside. On
// a tile are those that lie on it.
type spots struct {
	spot   string // of a row
	marked string // what is written there, and the class by which it is drawn
	packed string // all of them as a layer of the tile
	joined string // that behind the others
}

func (l *layer) spots(z int) spots {
	label := pgx.Identifier{l.Label}.Sanitize()
	columns := "r.fid, r." + label
	if c, ok := l.Column(l.Class); ok && c.InTiles(z) && l.Class != l.Label {
		columns += ", r." + pgx.Identifier{l.Class}.Sanitize()
	}
	inside := onGrid("CASE WHEN ST_Intersects(geom_3857, middle) THEN middle ELSE ST_PointOnSurface(geom_3857) END", z)
	return spots{
		spot: fmt.Sprintf(`, (SELECT spot FROM ST_Centroid(geom_3857) middle, LATERAL (SELECT %s AS spot) s
			WHERE ST_X(spot) >= 0 AND ST_X(spot) < %[2]d AND ST_Y(spot) >= 0 AND ST_Y(spot) < %[2]d) AS spot`, inside, extent),
		marked: fmt.Sprintf(", LATERAL (SELECT %s, r.spot AS geom) m", columns),
		packed: fmt.Sprintf(", ST_AsMVT(m, %s, %d, 'geom', 'fid') FILTER (WHERE r.spot IS NOT NULL AND r.%s IS NOT NULL) AS spots", quote(string(l.Slug)+style.Spots), extent, label),
		joined: " || coalesce(spots, ''::bytea)",
	}
}

// spotLayers describes it, in a set that goes to maxZoom.
func (l *layer) spotLayers(maxZoom int) (list []VectorLayer) {
	for z := l.MinZoom; z <= l.MaxZoom; z++ {
		if style.HasSpots(l.Layer, z) {
			return append(list, VectorLayer{string(l.Slug) + style.Spots, z, maxZoom, map[string]string{l.Label: "label"}})
		}
	}
	return nil
}
