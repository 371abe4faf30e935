package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// bound is a rule by which rows of a table are let go.
type bound struct {
	table  string
	reason string
	one    string // deletes some rows, $1 at most; other arguments follow
	args   []any
}

// rowsAtOnce bounds one transaction.
const rowsAtOnce = 2000

const notePatience = 5 * time.Second

const (
	resolvedDays = 90  // a dead letter that has found its end
	openDays     = 365 // one that nobody has mended
	statusDays   = 730 // a word about being there
	refusalDays  = 180 // since the last attempt

	mostOpen      = 500_000 // dead letters
	mostOpenBytes = 4 << 30 // of their payloads

	// One device must fill neither the disk nor the others' place.
	mostOfOne      = mostOpen / 5
	mostOfOneBytes = mostOpenBytes / 8

	mostStatuses = 2_000_000
	mostRefusals = 100_000
)

// bounds are the rules for tables that would grow for ever. A thing's last status
// stays, and the counts of a device's account do.
func bounds(now time.Time) []bound {
	ago := func(days int) time.Time { return now.AddDate(0, 0, -days) }
	letters := func(which string) string {
		return `WITH gone AS (DELETE FROM dead_letter WHERE id IN (` + which + ` LIMIT $1) RETURNING 1) SELECT count(*) FROM gone`
	}
	return []bound{
		{"dead_letter", fmt.Sprintf("resolved more than %d days ago", resolvedDays),
			letters(`SELECT id FROM dead_letter WHERE resolved_at < $2`), []any{ago(resolvedDays)}},
		{"dead_letter", fmt.Sprintf("not mended within %d days", openDays),
			letters(`SELECT id FROM dead_letter WHERE received_at < $2 AND resolved_at IS NULL`), []any{ago(openDays)}},
		{"dead_letter", fmt.Sprintf("beyond the newest %d of one device, or %d MiB of payload", mostOfOne, mostOfOneBytes>>20),
			letters(`SELECT id FROM (SELECT id, row_number() OVER w AS n, sum(octet_length(payload)) OVER w AS bytes
				FROM dead_letter WINDOW w AS (PARTITION BY thing ORDER BY id DESC)) l WHERE n > $2 OR bytes > $3`), []any{mostOfOne, int64(mostOfOneBytes)}},
		{"dead_letter", fmt.Sprintf("beyond the newest %d, or %d MiB of payload", mostOpen, mostOpenBytes>>20),
			letters(`SELECT id FROM (SELECT id, row_number() OVER w AS n, sum(octet_length(payload)) OVER w AS bytes
				FROM dead_letter WINDOW w AS (ORDER BY id DESC)) l WHERE n > $2 OR bytes > $3`), []any{mostOpen, int64(mostOpenBytes)}},
		{"thing_status", fmt.Sprintf("older than %d days", statusDays), `SELECT forget_statuses($2, $1)`, []any{ago(statusDays)}},
		{"thing_status", fmt.Sprintf("beyond the newest %d", mostStatuses),
			`SELECT coalesce(forget_statuses((SELECT at FROM thing_status ORDER BY id DESC OFFSET $2 LIMIT 1), $1), 0)`, []any{mostStatuses}},
		{"mqtt_refusal", fmt.Sprintf("not attempted for %d days, or beyond the newest %d", refusalDays, mostRefusals),
			`WITH gone AS (DELETE FROM mqtt_refusal WHERE ctid = ANY (ARRAY(SELECT ctid FROM (
				SELECT ctid, last_at, row_number() OVER (ORDER BY last_at DESC) AS n FROM mqtt_refusal) r
				WHERE last_at < $2 OR n > $3 LIMIT $1)) RETURNING 1) SELECT count(*) FROM gone`, []any{ago(refusalDays), mostRefusals}},
	}
}

// boundTables applies the rules in steps that each stand alone.
func (r *Retention) boundTables(ctx context.Context, now time.Time) error {
	for _, b := range bounds(now) {
		if err := r.apply(ctx, b); err != nil {
			return fmt.Errorf("bound %s: %w", b.table, err)
		}
	}
	return r.thinSamples(ctx)
}

func (r *Retention) apply(ctx context.Context, b bound) (err error) {
	var sum int64
	for gone := int64(rowsAtOnce); gone == rowsAtOnce; sum += gone {
		if err = r.config.Pool.QueryRow(ctx, b.one, append([]any{rowsAtOnce}, b.args...)...).Scan(&gone); err != nil {
			break
		}
	}
	if sum == 0 {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), notePatience) // what is gone is noted even when we are leaving
	defer cancel()
	return errors.Join(err, pgx.BeginFunc(ctx, r.config.Pool, func(tx pgx.Tx) error { return note(ctx, tx, b.table, sum, b.reason) }))
}
