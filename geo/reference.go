package geo

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang/geo/catalogue"
)

// ReferenceData writes what every installation needs: the agencies, the
// shared code lists, the base map's rows in the catalogue, and its hand-drawn land and water. Calling it
// again changes nothing but what a new version corrected.
func ReferenceData(ctx context.Context, pool *pgxpool.Pool) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if err := lockUnits(ctx, tx); err != nil {
			return err
		}
		if err := writeAgencies(ctx, tx); err != nil {
			return err
		}
		if err := catalogue.Reference(ctx, tx); err != nil {
			return err
		}
		if err := writeCatalogue(ctx, tx, baseCatalogue...); err != nil {
			return err
		}
		return drawBase(ctx, tx)
	})
}
