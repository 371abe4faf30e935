package features

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang/geo/catalogue"
)

// countTimeout bounds a count; a caller that wants less gives its context a deadline.
const countTimeout = 10 * time.Second

// Count says exactly how many features the query asks for, whatever its limit.
// ErrInvalid: the query cannot be answered; ErrUnavailable: it took too long, so the
// caller should leave the number out.
func Count(ctx context.Context, db Beginner, l catalogue.Layer, q Query) (int64, error) {
	n, err := newQuestion(l, q)
	if err != nil {
		return 0, err
	}
	limit := countTimeout
	if end, ok := ctx.Deadline(); ok {
		limit = max(min(limit, time.Until(end)-100*time.Millisecond), time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(ctx, limit+patience)
	defer cancel()
	var count int64
	err = limited(ctx, db, limit, func(tx pgx.Tx) error {
		args := append([]any{pgx.QueryExecModeDescribeExec}, n.args...)
		return n.refuse(tx.QueryRow(ctx, "SELECT count(*) FROM "+n.table+" t"+n.where(), args...).Scan(&count))
	})
	if err != nil {
		return 0, fmt.Errorf("count features of layer %s: %w", l.Slug, err)
	}
	return count, nil
}
