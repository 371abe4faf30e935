package tiles

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"haidang/tiles/overview"
	"haidang/tiles/style"
)

const (
	lastSparse  = 13     // beyond, hardly anything is smaller than a pixel
	mostLive    = 50_000 // rows in one tile; more are left out, and the tile says so
	mostLarge   = 10_000 // the same where a tile shows much ground and no overview stands in: the largest
	mostSampled = 2_000  // rows in a tile of a layer whose overviews are being built
)

// query is the one statement that cuts a tile of zoom z: one row, one column. Its only
// parameters are z, x, y and, for a dated layer, the day; everything else comes from the
// catalogue. Which of its parts runs, the state of the layer's overviews decides: the
// layer's own rows, the overview, or while that is being built a sample of the rows.
func (l *layer) query(z int) string {
	if l.alwaysLive() || z >= overview.Deepest {
		return l.live(z)
	}
	return fmt.Sprintf(`SELECT CASE WHEN coalesce(o.live_from, 0) <= $1::int THEN (%[1]s)
			WHEN o.built_version IS NULL THEN (%[2]s)
			ELSE (SELECT mvt FROM overview_tile WHERE layer = %[3]s AND z = $1::int AND x = $2::int AND y = $3::int) END
		FROM (SELECT) one LEFT JOIN overview_state o ON o.layer = %[3]s`, l.live(z), l.sample(z), quote(string(l.Slug)))
}

// live cuts a tile from the layer's own rows as they are.
func (l *layer) live(z int) string {
	return l.cutFrom(z, pgx.Identifier{l.Table}.Sanitize(), l.most(z))
}

// cutFrom cuts a tile from so many rows of what stands for the table. The shapes are cut in a subquery that
// stays one (OFFSET 0), so that none is cut twice when both the tile and the account of
// it look at it.
func (l *layer) cutFrom(z int, table string, most int) string {
	columns := l.carried(z)
	var s spots
	if style.HasSpots(l.Layer, z) {
		s = l.spots(z)
	}
	sql := `SELECT mvt || «account»«spots» FROM (
		SELECT ST_AsMVT(t, «slug», «extent», 'geom', 'fid') AS mvt«packed», count(*) AS rows, count(*) FILTER (WHERE r.geom IS NULL AND ST_Intersects(r.geom_3857, ST_TileEnvelope($1, $2, $3))) AS lost
		FROM (SELECT «columns», «drawn» AS geom«spot», geom_3857 FROM (
				SELECT «columns», «near» AS geom_3857«clearance» FROM «table» f WHERE «where» «limit») n OFFSET 0) r,
			LATERAL (SELECT «r.columns», r.geom) t«marked») cut`
	return strings.NewReplacer("«account»", l.liveAccount(most), "«slug»", quote(string(l.Slug)), "«extent»", strconv.Itoa(extent),
		"«spots»", s.joined, "«packed»", s.packed, "«marked»", s.marked, "«spot»", s.spot,
		"«columns»", strings.Join(columns, ", "), "«r.columns»", "r."+strings.Join(columns, ", r."), "«drawn»", l.drawn(z), "«near»", l.nearPart(),
		"«clearance»", l.andClearance(), "«table»", table, "«where»", l.where(z), "«limit»", limit(most)).Replace(sql)
}

// drawn is a row's geometry on the grid of the tile. PostGIS looks whether each surface is
// still valid there, which takes most of a tile's time. That of a surface whose clearance
// is more than what two vertices move towards each other, at most a step's diagonal, need
// not be looked at; if it lies within the tile, nothing has to be cut either.
func (l *layer) drawn(z int) string {
	cut := fmt.Sprintf("ST_AsMVTGeom(%s, ST_TileEnvelope($1, $2, $3), %d, %d, true)", l.shape(z), extent, buffer)
	if !l.hasClearance() {
		return cut
	}
	clear := 1.5 * gridStep(z)
	if z <= lastSparse {
		clear = 2 * halfPixel(z) // what is smaller than a pixel is not drawn as it is
	}
	return fmt.Sprintf(`CASE WHEN _clearance > %g AND geom_3857 @ ST_TileEnvelope($1, $2, $3, margin => %d.0 / %d) THEN ST_ForcePolygonCCW(%s) ELSE %s END`,
		clear, buffer, extent, onGrid("geom_3857", z), cut)
}

// gridStep is a step of the grid of a tile, in metres of Web Mercator.
func gridStep(z int) float64 { return 2 * halfWorld / float64(uint64(1)<<z) / extent }

// onGrid is a shape in Web Mercator on the grid of the tile.
func onGrid(shape string, z int) string {
	step := gridStep(z)
	return fmt.Sprintf("ST_SnapToGrid(ST_TransScale(%s, %g - $2::int * %[3]g::float8, $3::int * %[3]g::float8 - %[2]g, %[4]g, -%[4]g), 0, 0, 1, 1)", shape, halfWorld, step*extent, 1/step)
}

func (l *layer) andClearance() string {
	if !l.hasClearance() {
		return ""
	}
	return ", f._clearance"
}

// hasClearance says that the rows are surfaces of a table that keeps their clearance.
func (l *layer) hasClearance() bool {
	return l.Own() && !strings.HasSuffix(l.Geometry, "Point") && !strings.HasSuffix(l.Geometry, "LineString")
}

// most is how many rows a live tile of the zoom is cut from.
func (l *layer) most(z int) int {
	if l.alwaysLive() && len(l.Bands) == 0 && z <= lastSparse {
		return mostLarge
	}
	return mostLive
}

// limit says which rows these are: the largest by their box, where it matters.
func limit(n int) string {
	if n == mostLive {
		return fmt.Sprintf("LIMIT %d", n)
	}
	return fmt.Sprintf("ORDER BY ST_XMax(f.geom_3857) - ST_XMin(f.geom_3857) + ST_YMax(f.geom_3857) - ST_YMin(f.geom_3857) DESC, fid LIMIT %d", n)
}

// carried lists the columns that a tile of the zoom carries.
func (l *layer) carried(z int) []string {
	columns := []string{"fid"}
	for _, c := range l.Columns {
		if c.InTiles(z) {
			columns = append(columns, pgx.Identifier{c.Name}.Sanitize())
		}
	}
	return columns
}

func (l *layer) where(z int) string {
	where := fmt.Sprintf("geom_3857 && ST_TileEnvelope($1, $2, $3, margin => %d.0 / %d)", buffer, extent)
	if len(l.Bands) > 0 {
		where += fmt.Sprintf(" AND band = %d", l.band(z))
	}
	if l.Dated {
		where += " AND period @> $4::date"
	}
	return where
}

// shape is a row's geometry. What is smaller than a pixel would vanish on the grid of
// the tile: a surface is drawn as a square of its area, at the least a step of the grid
// wide; a line as long as a pixel.
func (l *layer) shape(z int) string {
	if z > lastSparse || strings.HasSuffix(l.Geometry, "Point") {
		return "geom_3857"
	}
	const middle = "ST_Centroid(ST_Envelope(geom_3857))"
	surface := "ST_Expand(" + middle + ", greatest(sqrt(ST_Area(geom_3857)) / 2, %[1]g * 0.15))"
	line := "ST_BoundingDiagonal(ST_Expand(" + middle + ", %[1]g))"
	mark := surface
	switch {
	case strings.HasSuffix(l.Geometry, "LineString"):
		mark = line
	case l.Geometry == "Geometry":
		mark = "CASE ST_Dimension(geom_3857) WHEN 2 THEN " + surface + " WHEN 1 THEN " + line + " ELSE geom_3857 END"
	}
	return fmt.Sprintf("CASE WHEN ST_XMax(geom_3857) - ST_XMin(geom_3857) < %[1]g * 2 AND ST_YMax(geom_3857) - ST_YMin(geom_3857) < %[1]g * 2 THEN "+mark+" ELSE geom_3857 END", halfPixel(z))
}

// sample cuts a tile from some of the rows, within bounded time, and says so.
func (l *layer) sample(z int) string {
	columns := "fid"
	if l.Class != "" {
		columns += ", " + pgx.Identifier{l.Class}.Sanitize()
	}
	return fmt.Sprintf(`SELECT ST_AsMVT(t, %s, %d, 'geom', 'fid') || %s FROM (
		SELECT %s, ST_AsMVTGeom(%s, ST_TileEnvelope($1, $2, $3), %d, %d, true) AS geom
		FROM (SELECT * FROM %s TABLESAMPLE SYSTEM (least(100, 100.0 * %d / greatest(1, (SELECT reltuples FROM pg_class WHERE oid = %s::regclass)))) REPEATABLE (1)
			WHERE %s LIMIT %d) s) t`,
		quote(string(l.Slug)), extent, l.sampleAccount(),
		columns, l.shape(z), extent, buffer, pgx.Identifier{l.Table}.Sanitize(), mostSampled, quote(pgx.Identifier{l.Table}.Sanitize()), l.where(z), mostSampled)
}

// Why features are not shown as themselves, as the tile says it.
const (
	tooMany    = "too many"                  // more than one tile may hold
	tooSmall   = "too small"                 // nothing of them is left on the tile's grid
	beingBuilt = "overviews are being built" // a sample is shown
)

// liveAccount says what is missing of a tile that was cut live, or nothing.
func (l *layer) liveAccount(most int) string {
	return l.leftOut(fmt.Sprintf("rows >= %d OR lost > 0", most), "reason, n AS count",
		fmt.Sprintf(`(VALUES (%s, NULL, rows >= %d), (%s, lost, lost > 0)) AS why (reason, n, holds) WHERE holds`, quote(tooMany), most, quote(tooSmall)))
}

// sampleAccount says that only a sample is shown, and how far the overviews are.
func (l *layer) sampleAccount() string {
	return l.leftOut("true", fmt.Sprintf(`%s AS reason, 100 * steps_done / greatest(1, steps) AS percent_built`, quote(beingBuilt)),
		"overview_state WHERE layer = "+quote(string(l.Slug)))
}

// leftOut is a layer of its own behind the tile's, with a feature for each reason why
// features are missing, or nothing when none are.
func (l *layer) leftOut(when, columns, from string) string {
	return fmt.Sprintf(`CASE WHEN %s THEN (SELECT ST_AsMVT(m, %s, %d, 'geom') FROM (SELECT %s, ST_Point(%d, %[5]d) AS geom FROM %s) m) ELSE ''::bytea END`,
		when, quote(string(l.Slug)+overview.LeftOutLayer), extent, columns, extent/2, from)
}

// accounts describes the layers of a tile that say what stands behind the features, in a
// set that goes to maxZoom.
func (l *layer) accounts(maxZoom int) []VectorLayer {
	list := []VectorLayer{{string(l.Slug) + overview.LeftOutLayer, l.MinZoom, maxZoom, map[string]string{
		"reason": "why features are not shown as themselves", "count": "how many there are", "shown": "how many shapes stand for them",
		"percent_built": "how far the overviews are"}}}
	list = append(list, l.spotLayers(maxZoom)...)
	last := min(l.MaxZoom, overview.Deepest-1)
	if l.alwaysLive() || l.MinZoom > last {
		return list
	}
	totals := map[string]string{"count": "features counted in this tile", "area_m2": "their true area, of surfaces", "length_m": "their true length, of lines"}
	if l.Class != "" {
		totals[l.Class] = "class"
	}
	return append(list, VectorLayer{string(l.Slug) + overview.TotalsLayer, l.MinZoom, last, totals})
}

// alwaysLive says that the layer has no overviews, however dense it is.
func (l *layer) alwaysLive() bool {
	return l.Dated || len(l.Bands) > 0 || !overview.Has(l.Geometry)
}

// quote makes an SQL string.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// band returns the first zoom of the band that serves z.
func (l *layer) band(z int) int16 {
	band := l.Bands[0]
	for _, from := range l.Bands {
		if int(from) <= z {
			band = from
		}
	}
	return band
}

// halfPixel is half a screen pixel in metres of Web Mercator: a tile is 512 wide.
func halfPixel(z int) float64 {
	return halfWorld / 512 / float64(uint64(1)<<z)
}
