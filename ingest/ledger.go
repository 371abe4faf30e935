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

// Account is what became of one device's traffic. Messages counts messages,
// the next four count readings: received = stored + duplicate + conflict + dead.
type Account struct {
	Thing        haidang.ThingID `json:"thing"`
	Name         string          `json:"name"`
	Type         string          `json:"type"`
	Messages     int64           `json:"messages"`
	Stored       int64           `json:"stored"`
	Duplicate    int64           `json:"duplicate"`
	Conflict     int64           `json:"conflict"`
	Dead         int64           `json:"dead"`
	LastReceived *time.Time      `json:"lastReceived"`
	Online       *bool           `json:"online"`
	Refusals     int64           `json:"refusals"`
}

// Totals sums up all accounts.
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

// Accounts returns the account of every registered device.
func (l *Ledger) Accounts(ctx context.Context) ([]Account, error) {
	rows, err := l.pool.Query(ctx, `
		SELECT t.id, t.name, t.type, a.messages, a.stored, a.duplicate, a.conflict, a.dead, a.last_received, s.online,
		       coalesce((SELECT sum(attempts) FROM mqtt_refusal f WHERE f.thing = t.id), 0)::bigint
		FROM thing t JOIN device_account a ON a.thing = t.id
		LEFT JOIN LATERAL (SELECT online FROM thing_status s WHERE s.thing = t.id ORDER BY s.at DESC, s.id DESC LIMIT 1) s ON true
		ORDER BY t.id`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Account])
}

// Totals sums up what all devices, known and unknown, sent.
func (l *Ledger) Totals(ctx context.Context) (Totals, error) {
	rows, err := l.pool.Query(ctx, `
		SELECT coalesce(sum(messages), 0)::bigint, coalesce(sum(stored), 0)::bigint, coalesce(sum(duplicate), 0)::bigint,
		       coalesce(sum(conflict), 0)::bigint, coalesce(sum(dead), 0)::bigint,
		       (SELECT coalesce(sum(attempts), 0)::bigint FROM mqtt_refusal)
		FROM device_account`)
	if err != nil {
		return Totals{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Totals])
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
