package geo

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// channelPlaces is the PostgreSQL notification channel on which every process
// hears, at COMMIT, that units or layers changed.
const channelPlaces = "haidang_places"

// changed raises the version of the layers, which is part of every tile's ETag
// and cache key, and tells the other processes when tx commits.
func changed(ctx context.Context, tx pgx.Tx, layers ...string) error {
	if _, err := tx.Exec(ctx, `UPDATE layer SET version = version + 1 WHERE slug = ANY($1)`, layers); err != nil {
		return fmt.Errorf("raise layer versions: %w", err)
	}
	if _, err := tx.Exec(ctx, `SELECT pg_notify($1, '')`, channelPlaces); err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	return nil
}
