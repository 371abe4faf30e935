package postgres_test

import (
	"context"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"haidang/internal/postgres"
	"haidang/internal/postgres/pgtest"
)

// readings fills a database of the first release: two years by month, a device of
// today and a replayed one, with a property each of long and of short keeping.
const readings = `
INSERT INTO agency VALUES ('a', 'a', 'a');
INSERT INTO observed_property (code, name_vi, name_en, unit, symbol) VALUES ('water_level', 'x', 'x', 'm', 'm'), ('battery', 'x', 'x', 'V', 'V');
INSERT INTO device_type (code, name_vi, name_en, sector) VALUES ('k', 'x', 'x', 'tide');
INSERT INTO thing (id, type, name, agency, location, history) SELECT t, 'k', t, 'a', ST_SetSRID(ST_MakePoint(106, 9), 4326), t = 'old' FROM unnest('{new,old}'::text[]) t;
INSERT INTO datastream (thing, property) SELECT t, p FROM unnest('{new,old}'::text[]) t, unnest('{water_level,battery}'::text[]) p;
DO $$ BEGIN FOR m IN 0..23 LOOP
	EXECUTE format('CREATE TABLE observation_y%s (LIKE observation INCLUDING ALL)', to_char('2025-01-01'::date + m * interval '1 month', 'YYYY"m"MM'));
	EXECUTE format('ALTER TABLE observation ATTACH PARTITION observation_y%s FOR VALUES FROM (%L) TO (%L)', to_char('2025-01-01'::date + m * interval '1 month', 'YYYY"m"MM'),
		'2025-01-01Z'::timestamptz + m * interval '1 month', '2025-01-01Z'::timestamptz + (m + 1) * interval '1 month');
END LOOP; END $$;
INSERT INTO observation SELECT d, t, t + interval '1 s', d + extract(epoch FROM t)::integer % 1000
	FROM generate_series(1, 5) d, generate_series('2025-01-01Z'::timestamptz, '2026-12-31T23:00Z', '1 h') t; -- the fifth datastream is gone
`

const digest = `SELECT count(*), md5(string_agg(md5(datastream || phenomenon_time::text || received_at || result), '' ORDER BY datastream, phenomenon_time)) FROM observation`

// A database of the first release keeps every reading when it is brought up.
func TestObservationsCarryOver(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	pool := open(t, pgtest.NewBareURL(t))
	migrateTo(t, pool, 5)
	if _, err := pool.Exec(ctx, readings); err != nil {
		t.Fatal(err)
	}
	before := row(t, pool, digest)
	if err := postgres.Migrate(ctx, pool); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, row(t, pool, digest)); diff != "" {
		t.Errorf("the readings changed:\n%s", diff)
	}
	classes := row(t, pool, `SELECT jsonb_object_agg(keep_months || ' ' || datastream, n) FROM (
		SELECT keep_months, datastream, count(*) AS n FROM observation GROUP BY 1, 2) c`)
	want := []any{map[string]any{"0 3": 17520.0, "0 4": 17520.0, "12 2": 17520.0, "60 1": 17520.0, "24 5": 17520.0}}
	if diff := cmp.Diff(want, classes); diff != "" {
		t.Errorf("how long they are kept (- want, + got):\n%s", diff)
	}
	if n := count(t, pool, "pg_partition_tree('observation') WHERE isleaf"); n != 4*24 {
		t.Errorf("%d partitions, want %d", n, 4*24)
	}
	if _, err := pool.Exec(ctx, `INSERT INTO observation SELECT * FROM observation LIMIT 1`); err == nil {
		t.Error("a reading can be stored twice")
	}
}

// migrateTo brings an empty database to an earlier version.
func migrateTo(t *testing.T, pool *pgxpool.Pool, version int64) {
	t.Helper()
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	p, err := goose.NewProvider(goose.DialectPostgres, db, os.DirFS("migrations"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(context.Background(), version); err != nil {
		t.Fatal(err)
	}
}

func row(t *testing.T, pool *pgxpool.Pool, sql string) []any {
	t.Helper()
	rows, err := pool.Query(context.Background(), sql)
	if err != nil {
		t.Fatal(err)
	}
	values, err := pgx.CollectExactlyOneRow(rows, func(r pgx.CollectableRow) ([]any, error) { return r.Values() })
	if err != nil {
		t.Fatal(err)
	}
	return values
}
