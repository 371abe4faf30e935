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

const (
	mostPerMinute = 1_000_000
	mostBurst     = 1_000_000
)

// SetLimit says how many messages a device of the type may send: burst at once,
// perMinute more each minute; 0 a minute is as many as it likes. Ingest knows it
// within catalogueAge, and ReferenceData leaves it alone from then on.
func (r *Registry) SetLimit(ctx context.Context, by haidang.AccountName, deviceType string, perMinute, burst int) error {
	switch {
	case perMinute < 0 || perMinute > mostPerMinute:
		return haidang.RefuseField("perMinute", "Số thông điệp mỗi phút phải từ 0 (không giới hạn) đến 1.000.000.",
			"Messages a minute must be 0 (no limit) to 1,000,000.")
	case burst < 0 || burst > mostBurst || perMinute > 0 && burst == 0:
		return haidang.RefuseField("burst", "Số thông điệp gửi liền một lúc phải từ 1 đến 1.000.000.", "The burst must be 1 to 1,000,000 messages.")
	}
	err := pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE device_type SET per_minute = $2, burst = $3, limited_by = $4 WHERE code = $1`, deviceType, perMinute, burst, by)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return haidang.Refuse(haidang.ErrNotFound, "Không có loại thiết bị này; hãy chọn một loại trong danh mục.", "There is no such device type; choose one of the catalogue.")
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: by, Action: "device.limit", Object: deviceType,
			Detail: map[string]any{"perMinute": perMinute, "burst": burst}})
	})
	if err != nil {
		return fmt.Errorf("set a rate limit: %w", err)
	}
	return nil
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
