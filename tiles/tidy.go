package tiles

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
)

// The bounds of the outbox, for each layer. Rows stay for keepChanges whatever they
// say: others read them too.
const (
	tidyEvery   = time.Minute
	keepChanges = time.Hour
	mostRows    = 20_000
	mostBytes   = 64 << 20
	mostTiles   = 100_000 // with a version of their own
)

// tidy keeps the outbox short, once a minute. It never stops the service: what it could
// not do now it does later.
func (s *Service) tidy(ctx context.Context) {
	if time.Since(s.tidied) < tidyEvery {
		return
	}
	s.tidied = time.Now()
	for slug, l := range s.known() {
		if err := s.tidyLayer(ctx, slug, l.ledger, mostRows, keepChanges); err != nil && ctx.Err() == nil {
			slog.Warn("tiles: changes not tidied up", "layer", slug, "error", err)
		}
	}
}

// tidyLayer first removes rows that say nothing any more: each of their tiles has
// changed since. Where that is not enough, the oldest half of what is left is forgotten:
// the layer's base rises, and every tile is taken to have changed then.
func (s *Service) tidyLayer(ctx context.Context, slug haidang.LayerSlug, l *ledger, rows int, keep time.Duration) error {
	version, holding := l.holding()
	return pgx.BeginFunc(ctx, s.config.Pool, func(tx pgx.Tx) error {
		var mine bool // several processes serve tiles; one tidies
		if err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock(hashtextextended('haidang tidy ' || $1, 0))`, slug).Scan(&mine); err != nil || !mine {
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM layer_change c WHERE layer = $1 AND version < $2 AND at < now() - $3::interval
			AND NOT EXISTS (SELECT FROM unnest($4::bigint[]) holding WHERE holding = c.version)
			AND version <= coalesce((SELECT coalesce(built_version, 0) FROM overview_state WHERE layer = $1), $2)`, // overviews have read it
			slug, version, keep, holding)
		if err != nil {
			return fmt.Errorf("remove changes of layer %s: %w", slug, err)
		}
		return forgetOldest(ctx, tx, slug, rows, l.size() > mostTiles)
	})
}

// forgetOldest raises the layer's base over the older half of its changes when they
// are too many.
func forgetOldest(ctx context.Context, tx pgx.Tx, slug haidang.LayerSlug, rows int, crowded bool) error {
	var many bool
	var middle *int64
	err := tx.QueryRow(ctx, `SELECT count(*) > $2 OR coalesce(sum(pg_column_size(geom)), 0) > $3,
			percentile_disc(0.5) WITHIN GROUP (ORDER BY version)
		FROM layer_change WHERE layer = $1 AND version IS NOT NULL`, slug, rows, mostBytes).Scan(&many, &middle)
	if err != nil {
		return fmt.Errorf("count changes of layer %s: %w", slug, err)
	}
	if middle == nil || !many && !crowded {
		return nil
	}
	if _, err := tx.Exec(ctx, `UPDATE layer SET base_version = $2 WHERE slug = $1 AND base_version < $2`, slug, *middle); err != nil {
		return fmt.Errorf("forget changes of layer %s: %w", slug, err)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM layer_change WHERE layer = $1 AND version <= $2`, slug, *middle); err != nil {
		return fmt.Errorf("forget changes of layer %s: %w", slug, err)
	}
	return nil
}
