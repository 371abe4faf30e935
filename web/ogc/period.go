package ogc

import (
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang/geo/catalogue"
)

// periodOf says from when until when a dated layer has features; nil is without end.
func (q *ask) periodOf(l catalogue.Layer) (from, until *string, err error) {
	ctx, cancel := q.limited()
	defer cancel()
	var first, last *time.Time
	err = pgx.BeginFunc(ctx, q.Reader(ctx), func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT min(lower(period)), CASE WHEN bool_or(upper_inf(period)) THEN NULL ELSE max(upper(period)) END
			FROM `+pgx.Identifier{l.Table}.Sanitize()+` WHERE NOT isempty(period)`).Scan(&first, &last)
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read the period of %s: %w", l.Slug, err)
	}
	return instant(first), instant(last), nil
}

func instant(day *time.Time) *string {
	if day == nil {
		return nil
	}
	s := day.Format(time.RFC3339)
	return &s
}
