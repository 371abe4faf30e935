package tiles

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// heavyBytes is from how many stored bytes on it is asked whether a shape is kept in
// parts: less than any of that many vertices takes.
const heavyBytes = 16_000

// nearPart is what of row f a tile needs: of a shape with very many vertices the part
// that was cut for the tile or the nearest one above it, as long as it is of this very
// version of the row; else the shape. The LIMIT of the inner look keeps it a look for
// each zoom, rather than a walk through all parts.
func (l *layer) nearPart() string {
	if !strings.HasPrefix(l.Table, "layer_") || strings.HasSuffix(l.Geometry, "Point") {
		return "geom_3857"
	}
	return fmt.Sprintf(`CASE WHEN pg_column_size(f.geom_3857) > %d THEN coalesce((SELECT near.geom_3857 FROM generate_series(1, $1::int) above,
			LATERAL (SELECT p.geom_3857 FROM layer_part p WHERE p.layer = %s AND p.fid = f.fid AND p.row_version = f.row_version
				AND p.z = above AND p.x = $2::int >> ($1::int - above) AND p.y = $3::int >> ($1::int - above) LIMIT 1) near
			ORDER BY above DESC LIMIT 1), f.geom_3857) ELSE f.geom_3857 END`,
		heavyBytes, quote(string(l.Slug)))
}

const (
	mendEvery   = 24 * time.Hour
	mendAgain   = 10 * time.Minute // after a failure
	mendTimeout = 10 * time.Minute
)

// mend looks once a day for heavy shapes without parts. Triggers keep them, so there
// are none unless somebody went past the triggers.
func (s *Service) mend(ctx context.Context) {
	if time.Since(s.mended) < mendEvery {
		return
	}
	n, err := mendParts(ctx, s.config.Pool)
	if n > 0 {
		slog.Warn("tiles: heavy shapes lacked their parts, and were cut", "shapes", n)
	}
	if err != nil {
		if ctx.Err() == nil {
			slog.Warn("tiles: parts of heavy shapes not looked through; their tiles may be slow", "error", err)
		}
		s.mended = time.Now().Add(mendAgain - mendEvery)
		return
	}
	s.mended = time.Now()
}

// mendParts returns how many shapes had to be cut. Each layer is a transaction of its
// own, so that edits of the others do not wait.
func mendParts(ctx context.Context, pool *pgxpool.Pool) (n int, err error) {
	ctx, cancel := context.WithTimeout(ctx, mendTimeout)
	defer cancel()
	rows, err := pool.Query(ctx, `SELECT slug FROM layer
		WHERE EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass(quote_ident(table_name)) AND tgname = 'layer_parts_updated')`)
	if err != nil {
		return 0, fmt.Errorf("list the layers with parts: %w", err)
	}
	slugs, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return 0, fmt.Errorf("list the layers with parts: %w", err)
	}
	for _, slug := range slugs {
		cut, err := mendLayer(ctx, pool, slug)
		if err != nil {
			return n, fmt.Errorf("look through the parts of layer %s: %w", slug, err)
		}
		n += cut
	}
	return n, nil
}

func mendLayer(ctx context.Context, pool *pgxpool.Pool, slug string) (n int, err error) {
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, fmt.Sprintf(`SET LOCAL statement_timeout = %d`, mendTimeout.Milliseconds())); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT coalesce(sum(mend_parts(slug, to_regclass(quote_ident(table_name)))), 0) FROM layer WHERE slug = $1`, slug).Scan(&n)
	})
	return n, err
}
