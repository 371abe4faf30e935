package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
)

// Entry is one act of a person.
type Entry struct {
	Actor  haidang.AccountName // who; empty for the system itself
	Action string              // what, such as "alarm.acknowledge"
	Object string              // on what, such as "alarm/12"
	Detail map[string]any      // what exactly; no secrets
}

// Row is one row of the log.
type Row struct {
	Seq    int64               `json:"seq"`
	At     time.Time           `json:"at"`
	Actor  haidang.AccountName `json:"actor"`
	Action string              `json:"action"`
	Object string              `json:"object"`
	Detail json.RawMessage     `json:"detail"`
	Origin string              `json:"origin"` // network address, where known
}

// Querier is a pool, a connection or a transaction.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

type originKey struct{}

// WithOrigin returns a context in which acts are recorded as coming from the network address.
func WithOrigin(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, originKey{}, address)
}

func origin(ctx context.Context) string {
	address, _ := ctx.Value(originKey{}).(string)
	return address
}

// chainLock is the advisory lock that lets one transaction at a time extend the chain.
const chainLock = 0x6861_6964_616e_6731 // "haidang1"

// Record adds the act in the caller's transaction. It holds the chain until
// that transaction ends, so it should be its last statement: acts wait for each
// other here, and a row lock taken after it could close a circle.
func Record(ctx context.Context, tx pgx.Tx, e Entry) error {
	detail, err := json.Marshal(e.Detail)
	if err != nil {
		return fmt.Errorf("audit %s: encode detail: %w", e.Action, err)
	}
	if e.Detail == nil {
		detail = []byte("{}")
	}
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(chainLock)); err != nil {
		return fmt.Errorf("audit %s: lock the chain: %w", e.Action, err)
	}
	r := Row{Actor: e.Actor, Action: e.Action, Object: e.Object, Origin: origin(ctx)}
	prev, err := head(ctx, tx, &r, string(detail))
	if err != nil {
		return fmt.Errorf("audit %s: read the chain: %w", e.Action, err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO audit_log (seq, at, actor, action, object, detail, origin, prev, hash)
		VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9)`,
		r.Seq, r.At, r.Actor, r.Action, r.Object, string(r.Detail), r.Origin, prev, link(prev, r))
	if err != nil {
		return fmt.Errorf("audit %s: %w", e.Action, err)
	}
	return nil
}

// head returns the hash of the newest row and fills in what the next row gets from
// the database: its number, its time, and its detail as jsonb spells it.
func head(ctx context.Context, tx pgx.Tx, r *Row, detail string) (prev []byte, err error) {
	var spelled string
	err = tx.QueryRow(ctx, `SELECT coalesce(last.seq, 0) + 1, clock_timestamp(), coalesce(last.hash, ''::bytea), $1::jsonb::text
		FROM (SELECT) AS one LEFT JOIN (SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 1) AS last ON true`,
		detail).Scan(&r.Seq, &r.At, &prev, &spelled)
	r.At, r.Detail = r.At.UTC(), json.RawMessage(spelled)
	return prev, err
}

// List returns up to limit rows (at most 500), newest first, that come before row
// number before; 0 starts at the newest.
func List(ctx context.Context, db Querier, before int64, limit int) ([]Row, error) {
	rows, err := db.Query(ctx, `SELECT seq, at, actor, action, object, detail::text, origin FROM audit_log
		WHERE $1 = 0 OR seq < $1 ORDER BY seq DESC LIMIT $2`, before, min(max(limit, 1), 500))
	if err != nil {
		return nil, fmt.Errorf("list the audit log: %w", err)
	}
	records, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Row, err error) {
		var detail string
		err = row.Scan(&r.Seq, &r.At, &r.Actor, &r.Action, &r.Object, &detail, &r.Origin)
		r.At, r.Detail = r.At.UTC(), json.RawMessage(detail)
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("list the audit log: %w", err)
	}
	return records, nil
}

// ErrBroken is what Verify finds when a row is not what was written.
var ErrBroken = errors.New("the audit log was changed")
