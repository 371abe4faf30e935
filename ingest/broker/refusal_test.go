package broker

import (
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang/internal/postgres/pgtest"
)

func TestRefusalsAreBounded(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	book := newRefusals()
	for i := range 3 * topicsPerDevice {
		book.count("gauge1", RefusedPublish, filepath.Join("x", string(rune('a'+i))))
		if i%40 == 0 {
			if err := book.flush(t.Context(), pool); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := book.flush(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	wantNumber(t, pool, topicsPerDevice+1, `SELECT count(*) FROM mqtt_refusal`)
	wantNumber(t, pool, 3*topicsPerDevice, `SELECT sum(attempts) FROM mqtt_refusal`)
}

func wantNumber(t *testing.T, pool *pgxpool.Pool, want int64, sql string) {
	t.Helper()
	var got int64
	if err := pool.QueryRow(t.Context(), sql).Scan(&got); err != nil || got != want {
		t.Errorf("%s: got %d (error %v), want %d", sql, got, err, want)
	}
}
