package features_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang/geo/features"
	"haidang/internal/postgres/pgtest"
)

// one is the same database with a single connection.
func one(t *testing.T, pool *pgxpool.Pool) *pgxpool.Pool {
	t.Helper()
	config := pool.Config().Copy()
	config.MaxConns, config.MinConns = 1, 0
	single, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(single.Close)
	return single
}

// TestWhoTakesFeaturesHoldsNoConnection: while a feature is being taken, which a slow
// reader draws out as long as he likes, the connection is there for others.
func TestWhoTakesFeaturesHoldsNoConnection(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	l := newWells(t, pool)
	single := one(t, pool)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	taken := 0
	err := features.Read(ctx, single, l, features.Query{}, func(features.Feature) error {
		taken++
		return single.Ping(ctx)
	})
	if err != nil || taken != 5 {
		t.Errorf("%d features: %v", taken, err)
	}
}

// counted counts the statements that read.
type counted struct {
	*pgxpool.Pool
	begun int
}

func (c *counted) Begin(ctx context.Context) (pgx.Tx, error) {
	c.begun++
	return c.Pool.Begin(ctx)
}

// TestLargeFeaturesComeInSmallPages: what waits in memory is bounded by its bytes, and
// nothing is lost or doubled where a page ends.
func TestLargeFeaturesComeInSmallPages(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	l := newWells(t, pool)
	const large = 130 // of 100 kB each
	if _, err := pool.Exec(t.Context(), `INSERT INTO layer_well (name, users, geom) SELECT repeat('x', 100000), i, ST_Point(546000, 1060000, 959209) FROM generate_series(100, 99 + $1) i`, large); err != nil {
		t.Fatal(err)
	}
	for name, q := range map[string]features.Query{"by number": {}, "with a limit": {Limit: 5 + large}, "sorted": {Limit: 5 + large, SortBy: []features.Sort{{Property: "users"}}}} {
		db := &counted{Pool: pool}
		var got []int64
		err := features.Read(t.Context(), db, l, q, func(f features.Feature) error {
			got = append(got, f.FID)
			return nil
		})
		if err != nil || len(got) != 5+large || !slices.IsSorted(got) || len(slices.Compact(got)) != 5+large {
			t.Errorf("%s: %d features: %v", name, len(got), err)
		}
		if db.begun < 4 {
			t.Errorf("%s: 13 MB came in %d pages", name, db.begun)
		}
	}
}
