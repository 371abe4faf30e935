package ingest

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang/ingest/broker"
)

// Counter says what the embedded broker itself has counted. *broker.Broker is one.
type Counter interface {
	Account(ctx context.Context) (broker.Account, error)
	Window() int // messages that a lane is handed before it acknowledges
}

// foreignStore stands for the messages of a broker that is not ours.
const foreignStore = "external"

// openStore notes which message store is in use from now on. What had been
// acknowledged before it was first seen is nobody's to account for. A nil counter
// is a broker that is not ours.
func openStore(ctx context.Context, pool *pgxpool.Pool, counter Counter) error {
	id := foreignStore
	var base int64
	var sequence *int64
	if counter != nil {
		a, err := counter.Account(ctx)
		if err != nil {
			return fmt.Errorf("ask the broker which store it has: %w", err)
		}
		last := int64(a.Sequence)
		id, sequence, base = a.StoreID, &last, int64(a.Acked)
	}
	// The newest, also after a clock that was ahead.
	_, err := pool.Exec(ctx, `INSERT INTO ingest_store (id, base, sequence, opened_at)
		VALUES ($1, $2, $3, (SELECT greatest(now(), max(opened_at) + interval '1 microsecond') FROM ingest_store))
		ON CONFLICT (id) DO UPDATE SET opened_at = excluded.opened_at, sequence = greatest(ingest_store.sequence, excluded.sequence)`, id, base, sequence)
	return err
}

// storeInUse returns the id of the store that was opened last.
func storeInUse(ctx context.Context, pool *pgxpool.Pool) (id string, err error) {
	err = pool.QueryRow(ctx, `SELECT id FROM ingest_store ORDER BY opened_at DESC LIMIT 1`).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", errors.New("no process has opened a message store yet")
	}
	return id, err
}

// committedOf returns how many messages of a store were committed or were gone
// before the account began.
func committedOf(ctx context.Context, pool *pgxpool.Pool, store string) (n int64, err error) {
	err = pool.QueryRow(ctx, `SELECT base + (SELECT coalesce(sum(accounted), 0)::bigint FROM ingest_lane WHERE store = $1)
		FROM ingest_store WHERE id = $1`, store).Scan(&n)
	return n, err
}
