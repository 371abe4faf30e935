package pgtest_test

import (
	"context"
	"testing"

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
