package postgres_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"haidang"
	"haidang/internal/postgres"
	"haidang/internal/postgres/pgtest"
)

func TestOpenAddsPostGISWhereItMay(t *testing.T) {
	t.Parallel()
	pool := open(t, pgtest.NewBareURL(t))
	if count(t, pool, "pg_extension WHERE extname = 'postgis'") != 1 {
		t.Error("PostGIS is not there")
	}
}

// An ordinary role is told step by step what the database's owner has to run, and
// after the last step it can migrate.
func TestOpenAsksTheOwner(t *testing.T) {
	t.Parallel()
	owner := pgtest.NewBareURL(t)
	role := "plain_" + databaseOf(t, owner)
	mustExec(t, owner, "CREATE ROLE "+role+" LOGIN")
	plain := asRole(t, owner, role)
	for _, lacks := range []struct{ sql, remedy string }{
		{"GRANT CREATE ON SCHEMA public", `GRANT CREATE ON SCHEMA public TO "` + role + `";`},
		{"CREATE EXTENSION", "CREATE EXTENSION postgis;"},
		{"GRANT SELECT, INSERT ON spatial_ref_sys", `GRANT SELECT, INSERT ON spatial_ref_sys TO "` + role + `";`},
	} {
		_, err := postgres.Open(context.Background(), plain)
		if err == nil || !strings.HasSuffix(err.Error(), lacks.remedy) {
			t.Fatalf("without %s: got %v", lacks.sql, err)
		}
		if haidang.CodeOf(err) != haidang.ErrUnavailable {
			t.Errorf("code %s", haidang.CodeOf(err))
		}
		mustExec(t, owner, lacks.remedy)
	}
	if err := postgres.Migrate(context.Background(), open(t, plain)); err != nil {
		t.Errorf("with every right granted: %v", err)
	}
	mustExec(t, owner, "REASSIGN OWNED BY "+role+" TO haidang; DROP OWNED BY "+role+"; DROP ROLE "+role)
}

func TestOpenNamesWhatItCannotReach(t *testing.T) {
	t.Parallel()
	address, err := url.Parse(pgtest.NewBareURL(t))
	if err != nil {
		t.Fatal(err)
	}
	address.Path = "/nowhere"
	_, err = postgres.Open(context.Background(), address.String())
	if err == nil || !strings.Contains(err.Error(), `"nowhere"`) || !strings.Contains(err.Error(), "HAIDANG_DATABASE_URL") {
		t.Errorf("got %v", err)
	}
	if _, err = postgres.Open(context.Background(), "postgres://%zz"); haidang.CodeOf(err) != haidang.ErrInvalid {
		t.Errorf("an unreadable address: got %v", err)
	}
}

func TestMigrateAtOnce(t *testing.T) {
	t.Parallel()
	address := pgtest.NewBareURL(t)
	var all errgroup.Group
	for range 4 {
		pool := open(t, address)
		all.Go(func() error { return postgres.Migrate(context.Background(), pool) })
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	have, want, err := postgres.Schema(context.Background(), open(t, address))
	if err != nil || have != want || want == 0 {
		t.Errorf("schema %d, want %d, %v", have, want, err)
	}
}

func TestMigrateRefusesANewerSchema(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	ctx := context.Background()
	if _, err := pool.Exec(ctx, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)"); err != nil {
		t.Fatal(err)
	}
	err := postgres.Migrate(ctx, pool)
	if err == nil || !strings.Contains(err.Error(), "newer haidang (schema 9999") {
		t.Errorf("got %v", err)
	}
}

func TestTimesAreUTC(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	var zone string
	if err := pool.QueryRow(context.Background(), "SHOW timezone").Scan(&zone); err != nil || zone != "UTC" {
		t.Errorf("the session's zone is %q, %v", zone, err)
	}
}

func databaseOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(u.Path, "/")
}

func asRole(t *testing.T, address, role string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("user", role)
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20")
	return u.String()
}

// A query that nobody waits for ends by itself, except for who works on all of it.
func TestStatementTimeout(t *testing.T) {
	t.Parallel()
	address := pgtest.NewURL(t)
	for want, options := range map[string][]postgres.Option{"30s": nil, "0": {postgres.WithoutStatementTimeout()}} {
		pool, err := postgres.Open(t.Context(), address, options...)
		if err != nil {
			t.Fatal(err)
		}
		var got string
		if err := pool.QueryRow(t.Context(), "SHOW statement_timeout").Scan(&got); err != nil || got != want {
			t.Errorf("statement_timeout is %q (error %v), want %q", got, err, want)
		}
		pool.Close()
	}
}
