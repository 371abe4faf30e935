package geo

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo/catalogue"
)

// channelPlaces is the PostgreSQL notification channel on which every process
// hears, at COMMIT, that units or layers changed.
const channelPlaces = "haidang_places"

// changed raises the versions of the layers, which are part of every tile's ETag
// and cache key, and tells the other processes when tx commits.
func changed(ctx context.Context, tx pgx.Tx, layers ...haidang.LayerSlug) error {
	if err := catalogue.Changed(ctx, tx, layers...); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `SELECT pg_notify($1, '')`, channelPlaces); err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	return nil
}
