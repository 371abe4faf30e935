package features

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"haidang"
)

// patience is what the database gets to answer beyond its own time limit.
const patience = 5 * time.Second

// limited runs statements that only read, each for no longer than the limit, and each
// planned for its own values: what a box or a word finds differs by orders. What the
// database itself ends in time costs no connection; a context that ends does.
func limited(ctx context.Context, db Beginner, limit time.Duration, do func(pgx.Tx) error) error {
	tx, err := db.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin to read features: %w", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // there is nothing to keep
	if _, err := tx.Exec(ctx, `SELECT set_config('statement_timeout', $1, true), set_config('plan_cache_mode', 'force_custom_plan', true)`, strconv.FormatInt(limit.Milliseconds(), 10)); err != nil {
		return fmt.Errorf("begin to read features: %w", err)
	}
	return do(tx)
}

// refuse turns what the database could not compute into a sentence.
func (s source) refuse(err error) error {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return err
	}
	refusal := haidang.RefuseField("filter", "Không tính được bộ lọc với dữ liệu của lớp: "+e.Message, "The filter cannot be computed for this layer's data: "+e.Message)
	switch {
	case e.Code == "57014":
		refusal = haidang.Refuse(haidang.ErrUnavailable, "Câu hỏi này mất quá nhiều thời gian. Hãy thu hẹp vùng hoặc bộ lọc.", "This took too long. Narrow the box or the filter.")
	case e.Code != "XX000" && !strings.HasPrefix(e.Code, "22"): // PostGIS's own complaints, and values out of range
		return err
	}
	refusal.Cause = err
	return refusal
}

// inField is a refusal of a filter that names another parameter.
func inField(field string, err error) error {
	if e, ok := errors.AsType[*haidang.Error](err); ok {
		other := *e
		other.Field = field
		return &other
	}
	return err
}

// widen keeps the spelling of a number that the database has in single precision:
// 12.3, not 12.300000190734863.
func widen(f float32) float64 {
	wide, err := strconv.ParseFloat(strconv.FormatFloat(float64(f), 'g', -1, 32), 64)
	if err != nil {
		return float64(f)
	}
	return wide
}
