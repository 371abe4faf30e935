package ingest

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
)

// Ledger answers what became of everything that was received.
type Ledger struct{ pool *pgxpool.Pool }

// NewLedger makes a Ledger on a migrated database.
func NewLedger(pool *pgxpool.Pool) *Ledger { return &Ledger{pool} }

// Totals sums up the accounts of all devices, known and unknown. Messages counts
// messages, the next four count readings.
type Totals struct {
	Messages  int64 `json:"messages"`
	Stored    int64 `json:"stored"`
	Duplicate int64 `json:"duplicate"`
	Conflict  int64 `json:"conflict"`
	Dead      int64 `json:"dead"`
	Refusals  int64 `json:"refusals"`
}

// Refusal counts attempts to do on the broker what one has no right to.
type Refusal struct {
	Thing    haidang.ThingID `json:"thing"` // empty when nobody knows that name
	Kind     string          `json:"kind"`  // one of the Refused constants
	Topic    string          `json:"topic"`
	Attempts int64           `json:"attempts"`
	FirstAt  time.Time       `json:"firstAt"`
	LastAt   time.Time       `json:"lastAt"`
}

// Totals sums up what all devices sent since counting began.
func (l *Ledger) Totals(ctx context.Context) (Totals, error) {
	return totalsIn(ctx, l.pool)
}

func totalsIn(ctx context.Context, db querier) (Totals, error) {
	rows, err := db.Query(ctx, `
		SELECT coalesce(sum(messages), 0)::bigint, coalesce(sum(stored), 0)::bigint, coalesce(sum(duplicate), 0)::bigint,
		       coalesce(sum(conflict), 0)::bigint, coalesce(sum(dead), 0)::bigint,
		       (SELECT coalesce(sum(attempts), 0)::bigint FROM mqtt_refusal)
		FROM device_account`)
	if err != nil {
		return Totals{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Totals])
}

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func (t Totals) since(then Totals) Totals {
	return Totals{t.Messages - then.Messages, t.Stored - then.Stored, t.Duplicate - then.Duplicate, t.Conflict - then.Conflict,
		t.Dead - then.Dead, max(0, t.Refusals-then.Refusals)} // old attempts are forgotten
}

// Refusals returns the thousand most recent kinds of attempt, newest first.
func (l *Ledger) Refusals(ctx context.Context) ([]Refusal, error) {
	rows, err := l.pool.Query(ctx, `
		SELECT thing, kind, topic, attempts, first_at, last_at FROM mqtt_refusal ORDER BY last_at DESC LIMIT 1000`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Refusal])
}
