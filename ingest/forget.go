package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/internal/audit"
	"haidang/internal/postgres"
)

// forget makes partitions ahead and lets go of what is kept no longer.
func (r *Retention) forget(ctx context.Context, now time.Time) error {
	err := makePartitionsAhead(ctx, r.config.Pool)
	sure, errSure := r.sure(ctx, now)
	if sure == nil {
		return errors.Join(err, errSure)
	}
	return errors.Join(err, r.dropExpired(ctx, *sure), r.boundTables(ctx, *sure))
}

// clockProbation is how long our clock must have said so before what is over by it
// is let go: one that leaps ahead must not empty the archive before anybody sees it.
const clockProbation = 24 * time.Hour

// sure is the latest time that our clock said so long ago, by the samples of the
// disk; nil when none is that old.
func (r *Retention) sure(ctx context.Context, now time.Time) (at *time.Time, err error) {
	err = r.config.Pool.QueryRow(ctx, `SELECT max(at) FROM disk_sample WHERE at <= $1`, now.Add(-clockProbation)).Scan(&at)
	return at, err
}

// dropSlack is how long after its time a partition stays: a batch that is on its
// way must not find it gone.
const dropSlack = time.Hour

// dropExpired drops the partitions of months that are kept no longer, oldest first.
func (r *Retention) dropExpired(ctx context.Context, now time.Time) error {
	rows, err := r.config.Pool.Query(ctx, `SELECT c.relname, greatest(c.reltuples, 0)::bigint
		FROM pg_partition_tree('observation') t JOIN pg_class c ON c.oid = t.relid WHERE t.isleaf`)
	if err != nil {
		return err
	}
	estimates := map[leaf]int64{}
	var name string
	var estimate int64
	if _, err = pgx.ForEachRow(rows, []any{&name, &estimate}, func() error {
		if l, ok := parseLeaf(name); ok && l.expired(now.Add(-dropSlack)) {
			estimates[l] = estimate
		}
		return nil
	}); err != nil {
		return err
	}
	for l, estimate := range estimates {
		if e := r.dropLeaf(ctx, l, estimate); e != nil {
			err = errors.Join(err, fmt.Errorf("drop %s: %w", l, e))
		}
	}
	return err
}

var leafName = regexp.MustCompile(`^observation_k(\d{1,4})_y(\d{4})m(\d{2})$`)

func parseLeaf(table string) (l leaf, ok bool) {
	m := leafName.FindStringSubmatch(table)
	if m == nil {
		return l, false
	}
	var n [3]int
	for i := range n {
		n[i], _ = strconv.Atoi(m[i+1]) // digits
	}
	return leaf{int16(n[0]), month(n[1]*12 + n[2] - 1)}, true
}

// streamsAtOnce bounds one step of forgetting: so many datastreams' words of a month.
const streamsAtOnce = 20

// dropLeaf forgets what was said about the partition's readings, then drops it.
// Interrupted, it goes on from there next time.
func (r *Retention) dropLeaf(ctx context.Context, l leaf, estimate int64) error {
	streams, err := r.streamsOf(ctx, l)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(streams, streamsAtOnce) {
		if _, err := r.config.Pool.Exec(ctx, `SELECT forget_words_on($1, $2, $3)`, some, l.month.begin(), (l.month + 1).begin()); err != nil {
			return err
		}
	}
	return r.whenFree(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `DROP TABLE `+pgx.Identifier{l.table()}.Sanitize()); err != nil {
			return err
		}
		return note(ctx, tx, l.table(), estimate, fmt.Sprintf("older than %d months", l.keep))
	})
}

// streamsOf lists the datastreams of a partition by hopping through its primary key.
func (r *Retention) streamsOf(ctx context.Context, l leaf) ([]haidang.DatastreamID, error) {
	table := pgx.Identifier{l.table()}.Sanitize()
	rows, err := r.config.Pool.Query(ctx, `WITH RECURSIVE hop AS (
			SELECT min(datastream) AS id FROM `+table+`
			UNION ALL SELECT (SELECT min(datastream) FROM `+table+` WHERE datastream > hop.id) FROM hop WHERE hop.id IS NOT NULL)
		SELECT id FROM hop WHERE id IS NOT NULL`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[haidang.DatastreamID])
}

const (
	dropTries = 10
	dropPause = 3 * time.Second
)

// whenFree does something that needs a table for itself. It waits for a second
// only, because everybody else waits behind it, and tries again.
func (r *Retention) whenFree(ctx context.Context, do func(pgx.Tx) error) error {
	for try := 1; ; try++ {
		err := pgx.BeginFunc(ctx, r.config.Pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `SET LOCAL lock_timeout = '1s'`); err != nil {
				return err
			}
			return do(tx)
		})
		if !postgres.IsLocked(err) || try == dropTries {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(dropPause):
		}
	}
}

// note writes down what was let go: for the page, and in the audit log.
func note(ctx context.Context, tx pgx.Tx, what string, rows int64, reason string) error {
	if _, err := tx.Exec(ctx, `INSERT INTO retention_event (what, rows, reason) VALUES ($1, $2, $3)`, what, rows, reason); err != nil {
		return err
	}
	slog.Info("retention: let go", "what", what, "rows", rows, "reason", reason)
	return audit.Record(ctx, tx, audit.Entry{Action: "retention.drop", Object: what, Detail: map[string]any{"rows": rows, "reason": reason}})
}
