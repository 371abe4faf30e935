package ingest

import (
	"context"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// DiskSample is how much is stored at a moment and what is left, bytes.
type DiskSample struct {
	At           time.Time `json:"at"`
	Database     int64     `json:"database"`
	Broker       *int64    `json:"broker"`       // nil with an external broker
	Total        *int64    `json:"total"`        // of the data folder's disk
	Free         *int64    `json:"free"`         // of the data folder's disk
	Reserve      int64     `json:"reserve"`      // what shall stay free
	DatabaseFree *int64    `json:"databaseFree"` // of the database's disk; nil when the database is elsewhere
}

// sample writes down how the disk stands. Samples of a clock that was ahead go: no
// other would follow them.
func (r *Retention) sample(ctx context.Context) error {
	var s DiskSample
	if r.config.Broker != nil {
		state := r.config.Broker.State()
		s.Broker, s.Reserve = &state.StoreBytes, state.DiskReserve
	}
	s.Total, s.Free = space(r.config.DataDir)
	_, s.DatabaseFree = space(r.config.DatabaseDir)
	_, err := r.config.Pool.Exec(ctx, `WITH ahead AS (DELETE FROM disk_sample WHERE at > now()) INSERT INTO disk_sample (at, database, broker, total, free, reserve, database_free)
		SELECT now(), pg_database_size(current_database()), $1, $2, $3, $4, $5
		WHERE NOT EXISTS (SELECT FROM disk_sample WHERE at BETWEEN now() - $6::interval AND now())`,
		s.Broker, s.Total, s.Free, s.Reserve, s.DatabaseFree, sampleInterval/2)
	return err
}

// space returns the size of the disk of a folder and what unprivileged programs
// may still use of it, bytes; nil when that cannot be known.
func space(dir string) (total, free *int64) {
	var s syscall.Statfs_t
	if dir == "" || syscall.Statfs(dir, &s) != nil {
		return nil, nil
	}
	t, f := int64(s.Blocks)*s.Bsize, int64(s.Bavail)*s.Bsize
	return &t, &f
}

// thinSamples keeps every sample for two days, one an hour for two months, and one
// a day for three years.
func (r *Retention) thinSamples(ctx context.Context) error {
	_, err := r.config.Pool.Exec(ctx, `DELETE FROM disk_sample s USING (
			SELECT at, row_number() OVER (PARTITION BY date_trunc(CASE WHEN at > now() - interval '2 months' THEN 'hour' ELSE 'day' END, at) ORDER BY at) AS n
			FROM disk_sample WHERE at < now() - interval '2 days') t
		WHERE s.at = t.at AND (t.n > 1 OR t.at < now() - interval '3 years')`)
	return err
}

// shownSamples bounds what a page gets.
const shownSamples = 300

// samples returns the samples since then in order of time, evenly thinned.
func (r *Retention) samples(ctx context.Context, since time.Time) ([]DiskSample, error) {
	rows, err := r.config.Pool.Query(ctx, `SELECT at, database, broker, total, free, reserve, database_free FROM (
			SELECT DISTINCT ON (date_bin(greatest((now() - $1) / $2, '1 s'), at, now())) * FROM disk_sample
			WHERE at >= $1 ORDER BY date_bin(greatest((now() - $1) / $2, '1 s'), at, now()), at DESC) s ORDER BY at`, since, shownSamples)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[DiskSample])
}
