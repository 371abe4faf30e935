package geo

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"haidang"
)

// band is a range of zooms that one drawing of the borders serves.
type band struct {
	from      int     // first zoom
	tolerance float64 // metres of Web Mercator that a border may move
}

// The tolerance is about half a screen pixel (a tile is 512 wide) at the band's
// last zoom: 2π · 6378137 / 512 / 2^zoom / 2. From zoom 13 borders are drawn whole.
var bands = []band{{0, 150}, {9, 38}, {11, 9.5}, {13, 0}}

// baseLayers are the layers that redrawBase fills.
var baseLayers = []haidang.LayerSlug{"unit", "unit_label", "land"}

// redrawBase draws the base map anew from the units and when they are in force.
// It belongs into the transaction that changed these.
func redrawBase(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `DELETE FROM base_unit; DELETE FROM base_unit_label; DELETE FROM base_land WHERE kind = 'inside'`); err != nil {
		return fmt.Errorf("clear the base map: %w", err)
	}
	for _, b := range bands {
		sql := drawSimplified
		args := []any{b.from, b.tolerance}
		if b.tolerance == 0 {
			sql, args = drawWhole, args[:1]
		}
		if _, err := tx.Exec(ctx, sql, args...); err != nil {
			return fmt.Errorf("draw units from zoom %d: %w", b.from, err)
		}
		if _, err := tx.Exec(ctx, drawLand, b.from); err != nil {
			return fmt.Errorf("draw land from zoom %d: %w", b.from, err)
		}
	}
	if _, err := tx.Exec(ctx, drawLabels); err != nil {
		return fmt.Errorf("draw labels: %w", err)
	}
	return changed(ctx, tx, baseLayers...)
}

// inForce lists the units that are in force on any day, by what is known now.
const inForce = `
	force AS (
		SELECT u.*, v.period FROM administrative_unit u
		CROSS JOIN LATERAL (SELECT period FROM unit_validity v WHERE v.unit_id = u.id ORDER BY v.recorded_at DESC, v.id DESC LIMIT 1) v
		WHERE NOT isempty(v.period))`

const drawWhole = `WITH` + inForce + `
	INSERT INTO base_unit (fid, band, period, level, code, name, name_km, approximate, geom_3857)
	SELECT id, $1, period, level, code, name_vi, name_km, approximate, geom_3857 FROM force`

// drawSimplified splits the borders of units of one level and period into arcs
// between the points where three meet, simplifies each arc once, and puts the
// faces together again: so neighbours keep one border, without gaps. Face and
// unit are matched by a point of the face. A unit too thin to survive is
// simplified by itself. Where a drawn unit reaches into a surveyed one, the face is
// the surveyed one's. (PostGIS 3.4 has ST_CoverageSimplify; 3.3 has not.)
const drawSimplified = `WITH` + inForce + `,
	arc AS (
		SELECT level, period, (ST_Dump(ST_LineMerge(ST_UnaryUnion(ST_Collect(ST_Boundary(geom_3857)))))).geom AS line
		FROM force GROUP BY level, period),
	face AS (
		SELECT level, period, (ST_Dump(ST_Polygonize(line))).geom AS geom
		FROM (SELECT level, period, ST_UnaryUnion(ST_Collect(ST_Simplify(line, $2, true))) AS line FROM arc GROUP BY level, period) simple
		GROUP BY level, period),
	point AS MATERIALIZED (SELECT row_number() OVER () AS n, level, period, geom, ST_PointOnSurface(geom) AS inner_point FROM face),
	matched AS (
		SELECT DISTINCT ON (p.n) f.id, p.geom FROM point p
		JOIN force f ON f.level = p.level AND f.period = p.period AND ST_Contains(f.geom_3857, p.inner_point)
		ORDER BY p.n, f.approximate, f.id),
	drawn AS (SELECT id, ST_Multi(ST_Collect(geom)) AS geom FROM matched GROUP BY id)
	INSERT INTO base_unit (fid, band, period, level, code, name, name_km, approximate, geom_3857)
	SELECT f.id, $1, f.period, f.level, f.code, f.name_vi, f.name_km, f.approximate,
	       coalesce(d.geom, ST_Multi(ST_SimplifyPreserveTopology(f.geom_3857, $2)))
	FROM force f LEFT JOIN drawn d ON d.id = f.id`

const drawLand = `
	INSERT INTO base_land (band, period, kind, approximate, geom_3857)
	SELECT $1, period, 'inside', bool_or(approximate), ST_Multi(ST_CollectionExtract(ST_UnaryUnion(ST_Collect(geom_3857)), 3))
	FROM base_unit WHERE band = $1 AND level = 3 GROUP BY period`

const drawLabels = `WITH` + inForce + `
	INSERT INTO base_unit_label (fid, period, code, name, name_km, kind, geom_3857)
	SELECT id, period, code, regexp_replace(name_vi, '^(Phường|Xã|Thị trấn|Đặc khu) ', ''), name_km,
	       CASE WHEN name_vi LIKE 'Phường %' THEN 'ward' ELSE 'commune' END, ST_Transform(label, 3857)
	FROM force WHERE level = 3`
