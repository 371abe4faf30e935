package ingest

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/internal/audit"
)

// AddProperty lets a device measure one more property. Ingest knows it with the
// next message. An unknown device or property is a refusal that names the field.
func (r *Registry) AddProperty(ctx context.Context, by haidang.AccountName, thing haidang.ThingID, property haidang.PropertyCode) error {
	return r.mend(ctx, audit.Entry{Actor: by, Action: "device.property", Object: string(thing), Detail: map[string]any{"property": property}},
		`INSERT INTO datastream (thing, property) VALUES ($1, $2) ON CONFLICT DO NOTHING`, thing, property)
}

// AddAlias says which property the devices of a type mean by a name of their own.
// Ingest knows it within catalogueAge.
func (r *Registry) AddAlias(ctx context.Context, by haidang.AccountName, deviceType, alias string, property haidang.PropertyCode) error {
	return r.mend(ctx, audit.Entry{Actor: by, Action: "device.alias", Object: deviceType, Detail: map[string]any{"alias": alias, "property": property}},
		`INSERT INTO property_alias (device_type, alias, property) VALUES ($1, $2, $3)
		ON CONFLICT (device_type, alias) DO UPDATE SET property = excluded.property`, deviceType, alias, property)
}

func (r *Registry) mend(ctx context.Context, act audit.Entry, sql string, args ...any) error {
	err := pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, sql, args...); err != nil {
			return err
		}
		return audit.Record(ctx, tx, act)
	})
	if err = explainRegistration(err); err != nil {
		return fmt.Errorf("mend the registry: %w", err)
	}
	return nil
}
