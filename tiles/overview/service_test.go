package overview_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang/tiles/overview"
)

// The service builds by itself, hears of edits, and leaves the work to another process
// that is at it.
func TestServiceKeepsUp(t *testing.T) {
	t.Parallel()
	pool := cadastre(t, 2000)
	for range 2 {
		s := overview.New(pool)
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			for range 2 { // the second must do nothing
				if err := s.Stop(ctx); err != nil {
					t.Errorf("stop: %v", err)
				}
			}
		})
	}
	until(t, func() bool { return len(drawn(t, pool, "parcel")) > 0 && complete(t, pool) })
	before := drawn(t, pool, "parcel")
	exec(t, pool, `DELETE FROM layer_parcel WHERE number < 200`)
	until(t, func() bool {
		for at, raw := range drawn(t, pool, "parcel") {
			if string(before[at]) != string(raw) {
				return true
			}
		}
		return false
	})
}

func complete(t *testing.T, pool *pgxpool.Pool) (is bool) {
	t.Helper()
	if err := pool.QueryRow(t.Context(), `SELECT built_version IS NOT NULL FROM overview_state WHERE layer = 'parcel'`).Scan(&is); err != nil {
		t.Fatal(err)
	}
	return is
}

func until(t *testing.T, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !done(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not within two minutes")
		}
	}
}
