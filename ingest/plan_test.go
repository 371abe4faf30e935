package ingest

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// queries remembers what a pool is asked.
type queries struct{ asked []pgx.TraceQueryStartData }

func (q *queries) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	q.asked = append(q.asked, d)
	return ctx
}

func (q *queries) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TestReadersTouchOnlyTheirMonths: with four classes of three years, a reader opens
// the partitions of the months it asks for, and those by an index.
func TestReadersTouchOnlyTheirMonths(t *testing.T) {
	t.Parallel()
	b := prepare(t, "gauge1")
	ctx := t.Context()
	_, err := b.pool.Exec(ctx, `
		DO $$ BEGIN FOR m IN 0..35 LOOP FOR k IN 1..4 LOOP
			PERFORM make_observation_partition((12 * k)::smallint, ('2024-01-01'::date + m * interval '1 month')::date);
		END LOOP; END LOOP; END $$;
		INSERT INTO observation SELECT d, 12 * (1 + d % 4), t, t, 1 FROM generate_series('2024-01-01Z'::timestamptz, '2026-12-31T23:00Z', '4 h') t, generate_series(1, 60) d;
		ANALYZE observation`)
	b.must(err)
	config := b.pool.Config()
	asked := &queries{}
	config.ConnConfig.Tracer = asked
	config.MaxConns = 1
	pool, err := pgxpool.NewWithConfig(ctx, config)
	b.must(err)
	t.Cleanup(pool.Close)
	registry, from := NewRegistry(pool), date("2026-02-10")
	to := from.AddDate(0, 1, 0) // in two months
	for name, read := range map[string]func() error{
		"Series":   func() error { _, err := registry.Series(ctx, 1, from, to, 100); return err },
		"Raw":      func() error { _, err := registry.Raw(ctx, 1, from, to, 100); return err },
		"Readings": func() error { _, err := registry.Readings(ctx, 1, from, to, 100); return err },
	} {
		asked.asked = nil
		b.must(read())
		checkPlan(t, pool, name, asked.asked[len(asked.asked)-1])
		begin := time.Now()
		for range 100 { // beyond the fifth a prepared statement may get another plan
			b.must(read())
		}
		t.Logf("%s: %s each", name, time.Since(begin)/100)
	}
}

var relationInPlan = regexp.MustCompile(`"Relation Name": "(observation_k[^"]*)"`)

func checkPlan(t *testing.T, pool *pgxpool.Pool, name string, q pgx.TraceQueryStartData) {
	t.Helper()
	var plan json.RawMessage
	if err := pool.QueryRow(t.Context(), `EXPLAIN (FORMAT JSON, ANALYZE, SUMMARY) `+q.SQL, q.Args...).Scan(&plan); err != nil {
		t.Fatal(err)
	}
	text := string(plan)
	touched := map[string]bool{}
	for _, m := range relationInPlan.FindAllStringSubmatch(text, -1) {
		touched[m[1]] = true
		if !strings.HasSuffix(m[1], "_y2026m02") && !strings.HasSuffix(m[1], "_y2026m03") {
			t.Errorf("%s reads %s", name, m[1])
		}
	}
	if len(touched) != 8 || strings.Contains(text, `"Seq Scan"`) {
		t.Errorf("%s touches %d partitions:\n%s", name, len(touched), text)
	}
	t.Log(name, regexp.MustCompile(`"(Planning|Execution) Time": [0-9.]+`).FindAllString(text, -1))
}
