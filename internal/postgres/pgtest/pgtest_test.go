package pgtest_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang/internal/postgres/pgtest"
)

func TestDatabasesAreApart(t *testing.T) {
	ctx := context.Background()
	a, b := pgtest.New(t), pgtest.New(t)
	if _, err := a.Exec(ctx, "INSERT INTO setup_token (token_hash, expires_at) VALUES ('x', now())"); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := b.QueryRow(ctx, "SELECT count(*) FROM setup_token").Scan(&n); err != nil {
		t.Fatal(err)
	}
	if n != 0 {
		t.Errorf("a neighbour's row is visible: %d rows", n)
	}
}

func TestFilledOnceForAll(t *testing.T) {
	var filled pgtest.Filled
	fills := 0
	fill := func(ctx context.Context, pool *pgxpool.Pool) error {
		fills++
		_, err := pool.Exec(ctx, "INSERT INTO setup_token (token_hash, expires_at) VALUES ('x', now())")
		return err
	}
	for range 3 {
		pool := filled.New(t, fill)
		var n int
		if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM setup_token").Scan(&n); err != nil || n != 1 {
			t.Fatalf("%d rows, want the one of the template: %v", n, err)
		}
		if _, err := pool.Exec(t.Context(), "DELETE FROM setup_token"); err != nil { // the next has it all the same
			t.Fatal(err)
		}
	}
	if fills != 1 {
		t.Errorf("filled %d times", fills)
	}
}
