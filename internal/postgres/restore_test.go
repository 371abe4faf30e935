package postgres_test

import (
	"context"
	_ "embed"
	"net/url"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang/internal/postgres"
	"haidang/internal/postgres/pgtest"
)

//go:embed testdata/rows.sql
var oneRowEach string

// A dump of a database with something in every table, restored into an empty
// server, is that database again, and its triggers work.
func TestDumpAndRestore(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	from := pgtest.NewURL(t)
	source := open(t, from)
	if _, err := source.Exec(ctx, oneRowEach); err != nil {
		t.Fatalf("fill every table: %v", err)
	}
	before := counts(t, source)
	for table, n := range before {
		if n == 0 {
			t.Errorf("%s is empty: add a row of it to testdata/rows.sql", table)
		}
	}

	file := filepath.Join(t.TempDir(), "dump")
	run(t, pgtest.Bin(t, "pg_dump"), "--format=custom", "--file="+file, "--dbname="+from)
	to := emptyServer(t)
	run(t, pgtest.Bin(t, "pg_restore"), "--exit-on-error", "--dbname="+to, file)

	target := open(t, to)
	if diff := cmp.Diff(before, counts(t, target)); diff != "" {
		t.Errorf("rows per table (- dumped, + restored):\n%s", diff)
	}
	if diff := cmp.Diff(geometries(t, source), geometries(t, target)); diff != "" {
		t.Errorf("derived geometry (- dumped, + restored):\n%s", diff)
	}
	derivesAgain(t, target)
	if err := postgres.Migrate(ctx, target); err != nil {
		t.Errorf("a restored database does not migrate: %v", err)
	}
}

// emptyServer is a server of its own, with nothing but an empty database in it.
func emptyServer(t *testing.T) (url string) {
	t.Helper()
	cluster := startIn(t, tempDir(t), true)
	return cluster.URL()
}

func derivesAgain(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	var off float64
	err := pool.QueryRow(context.Background(), `
		WITH new AS (INSERT INTO layer_irrigation (code, name, kind, geom)
		             VALUES ('K2', 'Cống', 'sluice', ST_GeomFromText('POINT(546000 1060000)', 959209)) RETURNING geom, geom_3857)
		SELECT ST_Distance(geom_3857, ST_Transform(geom, 3857)) FROM new`).Scan(&off)
	if err != nil {
		t.Fatalf("insert after the restore: %v", err)
	}
	if off != 0 {
		t.Errorf("derived geometry is %g m off", off)
	}
	if _, err := pool.Exec(context.Background(), "DELETE FROM audit_log"); err == nil {
		t.Error("the restored audit log lets rows be deleted")
	}
}

// counts returns the rows of every table of ours, and of the added coordinate systems.
func counts(t *testing.T, pool *pgxpool.Pool) map[string]int {
	t.Helper()
	ctx := context.Background()
	rows, err := pool.Query(ctx, `SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'spatial_ref_sys'`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	n := map[string]int{"spatial_ref_sys": count(t, pool, "spatial_ref_sys WHERE auth_name = 'VNGOV'")}
	for _, table := range tables {
		n[table] = count(t, pool, pgx.Identifier{table}.Sanitize())
	}
	return n
}

func count(t *testing.T, pool *pgxpool.Pool, from string) (n int) {
	t.Helper()
	if err := pool.QueryRow(context.Background(), "SELECT count(*) FROM "+from).Scan(&n); err != nil {
		t.Fatalf("count %s: %v", from, err)
	}
	return n
}

// geometries returns every derived geometry as text.
func geometries(t *testing.T, pool *pgxpool.Pool) []string {
	t.Helper()
	rows, err := pool.Query(context.Background(), `
		SELECT ST_AsText(geom_3857) FROM administrative_unit UNION ALL SELECT ST_AsText(geom_3857) FROM layer_irrigation
		UNION ALL SELECT ST_AsText(geom_3857) FROM layer_parcel UNION ALL SELECT ST_AsText(geom_3857) FROM base_water`)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func run(t *testing.T, program string, args ...string) {
	t.Helper()
	if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(program), err, out)
	}
}

func open(t *testing.T, address string) *pgxpool.Pool {
	t.Helper()
	if _, err := url.Parse(address); err != nil {
		t.Fatal(err)
	}
	pool, err := postgres.Open(context.Background(), address, postgres.WithMaxConns(8))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}
