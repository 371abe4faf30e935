package geo

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// demoSince is the day on which the communes of today came into force.
const demoSince = "2025-07-01"

// SeedDemo draws what the demo needs and a real province would import:
// approximate communes and a simulated irrigation layer. Where units are
// recorded already, by an earlier start or a real import, it leaves them alone.
func SeedDemo(ctx context.Context, pool *pgxpool.Pool) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if err := lockUnits(ctx, tx); err != nil {
			return err
		}
		if err := seedIrrigation(ctx, tx); err != nil {
			return err
		}
		var some bool
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM administrative_unit)`).Scan(&some); err != nil || some {
			return err
		}
		if err := drawDemoUnits(ctx, tx); err != nil {
			return err
		}
		return redrawBase(ctx, tx)
	})
}

// drawDemoUnits gives each commune the part of the province that is nearer to
// its centre than to any other.
func drawDemoUnits(ctx context.Context, tx pgx.Tx) error {
	var codes, names, khmer []string
	var lon, lat []float64
	for _, u := range demoUnits {
		codes, names, khmer = append(codes, string(u.code)), append(names, u.name), append(khmer, u.nameKm)
		lon, lat = append(lon, u.lon), append(lat, u.lat)
	}
	_, err := tx.Exec(ctx, `
		WITH centre AS (
			SELECT code, name, name_km, ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS point
			FROM unnest($1::text[], $2::text[], $3::text[], $4::float8[], $5::float8[]) AS c (code, name, name_km, lon, lat)),
		outline AS (SELECT ST_GeomFromText($6, 4326) AS geom),
		cell AS (
			SELECT (ST_Dump(ST_VoronoiPolygons(ST_Collect(c.point), 0, (SELECT geom FROM outline)))).geom FROM centre c),
		drawn AS (
			INSERT INTO administrative_unit (code, level, name_vi, name_km, approximate, source, geom, label)
			SELECT c.code, 3, c.name, c.name_km, true, 'drawn by hand: nearest centre within a coarse outline',
			       ST_Multi(ST_CollectionExtract(ST_Intersection(cell.geom, o.geom), 3)), c.point
			FROM centre c JOIN cell ON ST_Contains(cell.geom, c.point) CROSS JOIN outline o
			ORDER BY c.code RETURNING id)
		INSERT INTO unit_validity (unit_id, period, recorded_by, reason)
		SELECT id, daterange($7::date, NULL), 'system', 'demo' FROM drawn`,
		codes, names, khmer, lon, lat, outlineOfProvince, demoSince)
	if err != nil {
		return fmt.Errorf("draw the demo's communes: %w", err)
	}
	return nil
}

// drawBase writes the hand-drawn land and water of the base map.
func drawBase(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO base_land (band, period, kind, approximate, geom_3857)
		SELECT band, daterange(NULL, NULL), 'outside', true, ST_Multi(ST_Transform(ST_GeomFromText($2, 4326), 3857))
		FROM unnest($1::smallint[]) AS band
		WHERE NOT EXISTS (SELECT FROM base_land WHERE kind = 'outside')`, bandStarts(), landAround)
	if err != nil {
		return fmt.Errorf("draw land: %w", err)
	}
	for _, w := range drawnWaters {
		_, err := tx.Exec(ctx, `INSERT INTO base_water (name, kind, grade, approximate, geom)
			VALUES ($1, $2, $3, true, ST_GeomFromText($4, 4326)) ON CONFLICT (name, kind) DO NOTHING`, w.name, w.kind, w.grade, w.wkt)
		if err != nil {
			return fmt.Errorf("draw %s: %w", w.name, err)
		}
	}
	return nil
}
