package ogc

import (
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang/geo/catalogue"
)

// span is from when until when a dated layer has features; nil is without end.
type span struct{ from, until *string }

// spansKept is of how many states of layers the span is remembered. To find it every
// row is read, and anybody may ask for the list of layers.
const spansKept = 1000

// periodOf says from when until when a dated layer has features.
func (q *ask) periodOf(l catalogue.Layer) (span, error) {
	ctx, cancel := q.limited()
	defer cancel()
	origin, err := catalogue.Origin(ctx, q.config.Pool, l)
	if err != nil {
		return span{}, err
	}
	key := fmt.Sprintf("%s %d", origin, l.Version)
	if s, ok := q.spans.GetIfPresent(key); ok {
		return s, nil
	}
	var first, last *time.Time
	err = pgx.BeginFunc(ctx, q.Reader(ctx), func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT min(lower(period)), CASE WHEN bool_or(upper_inf(period)) THEN NULL ELSE max(upper(period)) END
			FROM `+pgx.Identifier{l.Table}.Sanitize()+` WHERE NOT isempty(period)`).Scan(&first, &last)
	})
	if err != nil {
		return span{}, fmt.Errorf("read the period of %s: %w", l.Slug, err)
	}
	s := span{instant(first), instant(last)}
	q.spans.Set(key, s)
	return s, nil
}

func instant(day *time.Time) *string {
	if day == nil {
		return nil
	}
	s := day.Format(time.RFC3339)
	return &s
}
