package overview

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb/maptile"
)

// readUnit returns nil where the pyramid has nothing.
func readUnit(ctx context.Context, db querier, slug string, t maptile.Tile) (*unitData, error) {
	var data []byte
	err := db.QueryRow(ctx, `SELECT data FROM overview_unit WHERE layer = $1 AND z = $2 AND x = $3 AND y = $4`,
		slug, int16(t.Z), int32(t.X), int32(t.Y)).Scan(&data)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the overview of %s: %w", slug, err)
	}
	return unpack(data)
}

// writeUnit replaces a tile of the pyramid; an empty one is no row.
func writeUnit(ctx context.Context, db querier, slug string, t maptile.Tile, u *unitData) error {
	if u.empty() {
		_, err := db.Exec(ctx, `DELETE FROM overview_unit WHERE layer = $1 AND z = $2 AND x = $3 AND y = $4`, slug, int16(t.Z), int32(t.X), int32(t.Y))
		if err != nil {
			return fmt.Errorf("write the overview of %s: %w", slug, err)
		}
		return nil
	}
	data, err := u.pack()
	if err != nil {
		return err
	}
	_, err = db.Exec(ctx, `INSERT INTO overview_unit (layer, z, x, y, data) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (layer, z, x, y) DO UPDATE SET data = excluded.data`, slug, int16(t.Z), int32(t.X), int32(t.Y), data)
	if err != nil {
		return fmt.Errorf("write the overview of %s: %w", slug, err)
	}
	return nil
}

// writeTile replaces a drawn tile and reports whether its bytes are others than before.
func writeTile(ctx context.Context, db querier, slug string, t maptile.Tile, raw []byte, level int) (bool, error) {
	sql, args := `INSERT INTO overview_tile AS o (layer, z, x, y, mvt, level) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (layer, z, x, y) DO UPDATE SET mvt = excluded.mvt, level = excluded.level WHERE o.mvt <> excluded.mvt`,
		[]any{slug, int16(t.Z), int32(t.X), int32(t.Y), raw, int16(level)}
	if raw == nil {
		sql, args = `DELETE FROM overview_tile WHERE layer = $1 AND z = $2 AND x = $3 AND y = $4`, args[:4]
	}
	tag, err := db.Exec(ctx, sql, args...)
	if err != nil {
		return false, fmt.Errorf("write an overview of %s: %w", slug, err)
	}
	return tag.RowsAffected() > 0, nil
}

// tell puts the tiles that became different into the outbox, by the point in the
// middle of each: so no neighbour is meant.
func tell(ctx context.Context, db querier, slug string, z maptile.Zoom, tiles []maptile.Tile) error {
	var xs, ys []float64
	for _, t := range tiles {
		w, s, e, n := envelope(t)
		xs, ys = append(xs, (w+e)/2), append(ys, (s+n)/2)
	}
	_, err := db.Exec(ctx, `INSERT INTO layer_change (layer, rows, geom, from_zoom, to_zoom)
		SELECT $1, 0, ST_Collect(ST_SetSRID(ST_MakePoint(x, y), 3857)), $2, $2 FROM unnest($3::float8[], $4::float8[]) AS p (x, y)`,
		slug, int16(z), xs, ys)
	if err != nil {
		return fmt.Errorf("tell what the overview of %s became: %w", slug, err)
	}
	return nil
}

// tilesOf lists the tiles of one zoom in a table of the overviews.
func tilesOf(ctx context.Context, db querier, table, slug string, z maptile.Zoom) ([]maptile.Tile, error) {
	rows, err := db.Query(ctx, `SELECT x, y FROM `+pgx.Identifier{table}.Sanitize()+` WHERE layer = $1 AND z = $2 ORDER BY x, y`, slug, int16(z))
	if err != nil {
		return nil, fmt.Errorf("list the overview of %s: %w", slug, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (maptile.Tile, error) {
		var x, y int32
		err := row.Scan(&x, &y)
		return maptile.New(uint32(x), uint32(y), z), err
	})
	if err != nil {
		return nil, fmt.Errorf("list the overview of %s: %w", slug, err)
	}
	return list, nil
}
