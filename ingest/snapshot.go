package ingest

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// snapshotEvery is how fine "since any time" is; in a large province, where a
	// snapshot has a row for each of many devices, it is snapshotEveryLarge.
	snapshotEvery      = 5 * time.Minute
	snapshotEveryLarge = time.Hour
	largeProvince      = 5_000 // devices

	// snapshotPatience bounds one snapshot, and each step of thinning.
	snapshotPatience = time.Minute
)

// keepSnapshots writes the counters down every now and then until ctx ends. Any
// process may; one does.
func (s *Service) keepSnapshots(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for ctx.Err() == nil {
		limited, cancel := context.WithTimeout(ctx, snapshotPatience)
		err := NewLedger(s.config.Pool).keepSnapshot(limited, s.counter())
		cancel()
		if err != nil && ctx.Err() == nil {
			slog.Warn("ingest: cannot write the account down yet", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// keepSnapshot takes a snapshot when it is time for one, and thins out the old ones.
func (l *Ledger) keepSnapshot(ctx context.Context, counter Counter) error {
	var due bool
	err := l.pool.QueryRow(ctx, `SELECT coalesce(max(at) FILTER (WHERE at <= now()) < now() - CASE WHEN (SELECT count(*) FROM device_account) > $1 THEN $2 ELSE $3 END::interval, true)
		FROM account_snapshot`, largeProvince, snapshotEveryLarge, snapshotEvery).Scan(&due)
	if err != nil || !due {
		return err
	}
	if err := l.takeSnapshot(ctx, counter); err != nil {
		return err
	}
	return l.thin(ctx)
}

// takeSnapshot writes the counters down as they stand, those of a device only
// where they changed since its last row.
func (l *Ledger) takeSnapshot(ctx context.Context, counter Counter) error {
	before, err := countOf(ctx, counter)
	if err != nil {
		return err
	}
	err = pgx.BeginTxFunc(ctx, l.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, func(tx pgx.Tx) error {
		var mine bool
		if err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock(hashtext('account snapshot'))`).Scan(&mine); err != nil || !mine {
			return err
		}
		s, err := standingIn(ctx, tx, before, counter)
		if err != nil {
			return err
		}
		b := &pgx.Batch{}
		t := s.totals
		b.Queue(`INSERT INTO account_snapshot (at, received, waiting, accounted, redelivered, qos0, messages, stored, duplicate, conflict, dead, refusals)
			VALUES (now(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			s.received, s.waiting, s.accounted, s.redelivered, s.qos0, t.Messages, t.Stored, t.Duplicate, t.Conflict, t.Dead, t.Refusals)
		b.Queue(`INSERT INTO account_snapshot_device (thing, at, messages, stored, duplicate, conflict, dead, refusals)
			SELECT a.thing, now(), a.messages, a.stored, a.duplicate, a.conflict, a.dead, coalesce(f.attempts, 0) FROM device_account a
			LEFT JOIN (SELECT thing, sum(attempts)::bigint AS attempts FROM mqtt_refusal GROUP BY thing) f ON f.thing = a.thing
			LEFT JOIN LATERAL (SELECT * FROM account_snapshot_device p WHERE p.thing = a.thing ORDER BY p.at DESC LIMIT 1) p ON true
			WHERE (a.messages, a.stored, a.duplicate, a.conflict, a.dead, coalesce(f.attempts, 0))
				IS DISTINCT FROM (coalesce(p.messages, 0), coalesce(p.stored, 0), coalesce(p.duplicate, 0), coalesce(p.conflict, 0), coalesce(p.dead, 0), coalesce(p.refusals, 0))`)
		if counter != nil {
			b.Queue(`UPDATE ingest_store s SET sequence = greatest(s.sequence, $1) WHERE id = (SELECT id FROM ingest_store ORDER BY opened_at DESC LIMIT 1)
				AND sequence IS NOT NULL`, s.sequence)
		}
		return tx.SendBatch(ctx, b).Close()
	})
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == serializationFailure {
		return nil // somebody took one between our view of the tables and our lock
	}
	return err
}

const serializationFailure = "40001"

// thinning keeps the last snapshot of each stretch of a certain age. The upper
// bound spares us a look at what was thinned long ago.
var thinning = []struct{ stretch, from, to string }{
	{"hour", "2 days", "4 days"},
	{"day", "60 days", "64 days"},
	{"millennium", "400 days", "440 days"}, // of what is older only each device's last row
}

// thinAtOnce bounds one step.
const thinAtOnce = 20_000

// thin removes snapshots that are finer than their age deserves. A device's row
// stands until its next one, so the last one of a stretch serves that stretch's
// last snapshot and all that follow.
func (l *Ledger) thin(ctx context.Context) error {
	_, err := l.pool.Exec(ctx, `DELETE FROM account_snapshot WHERE at < now() - interval '400 days'`)
	for _, t := range thinning {
		_, errTotal := l.pool.Exec(ctx, `DELETE FROM account_snapshot a USING account_snapshot b WHERE a.at < now() - $2::interval AND b.at < now() - $2::interval
			AND b.at > a.at AND b.at < a.at + interval '1 day' AND date_trunc($1, a.at, 'UTC') = date_trunc($1, b.at, 'UTC')`, t.stretch, t.from)
		err = errors.Join(err, errTotal)
		for n := int64(thinAtOnce); n == thinAtOnce && err == nil; {
			tag, errStep := l.pool.Exec(ctx, `DELETE FROM account_snapshot_device WHERE ctid = ANY (ARRAY(
				SELECT a.ctid FROM account_snapshot_device a WHERE a.at < now() - $2::interval AND a.at > now() - $3::interval
				AND EXISTS (SELECT FROM account_snapshot_device b WHERE b.thing = a.thing AND b.at > a.at AND b.at < now() - $2::interval
					AND date_trunc($1, a.at, 'UTC') = date_trunc($1, b.at, 'UTC')) LIMIT $4))`, t.stretch, t.from, t.to, thinAtOnce)
			n, err = tag.RowsAffected(), errStep
		}
	}
	return err
}

// snapshotBefore returns when the newest snapshot at or before an instant was
// taken; nil when there is none.
func (l *Ledger) snapshotBefore(ctx context.Context, since time.Time) (at *time.Time, err error) {
	if since.IsZero() {
		return nil, nil
	}
	err = l.pool.QueryRow(ctx, `SELECT max(at) FROM account_snapshot WHERE at <= $1`, since).Scan(&at)
	return at, err
}

func (l *Ledger) earliest(ctx context.Context) (at *time.Time, err error) {
	err = l.pool.QueryRow(ctx, `SELECT min(at) FROM account_snapshot`).Scan(&at)
	return at, err
}

// snapshot returns the newest snapshot at or before an instant; nil when there is none.
func (l *Ledger) snapshot(ctx context.Context, since time.Time) (*standing, error) {
	if since.IsZero() {
		return nil, nil
	}
	var s standing
	t := &s.totals
	err := l.pool.QueryRow(ctx, `SELECT at, received, waiting, accounted, redelivered, qos0, messages, stored, duplicate, conflict, dead, refusals
		FROM account_snapshot WHERE at <= $1 ORDER BY at DESC LIMIT 1`, since).Scan(&s.at, &s.received, &s.waiting, &s.accounted, &s.redelivered,
		&s.qos0, &t.Messages, &t.Stored, &t.Duplicate, &t.Conflict, &t.Dead, &t.Refusals)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return &s, err
}
