package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
)

// The oldest servers whose behaviour the tests have seen.
const (
	oldestPostgres = 150000
	oldestPostGIS  = "3.3"
)

// privateSystems is how many coordinate systems migration 1 adds to spatial_ref_sys.
const privateSystems = 18

// server is what one look at the database tells.
type server struct {
	version                    int
	versionText, encoding      string
	database, role, schema     string
	mayCreate, mayAddExtension bool
}

// check refuses a database that the migrations or the tiles would fail on later.
func check(ctx context.Context, pool *pgxpool.Pool) error {
	var s server
	err := pool.QueryRow(ctx, `
		SELECT current_setting('server_version_num')::int, current_setting('server_version'), current_setting('server_encoding'),
		       current_database(), current_user, coalesce(current_schema(), ''),
		       coalesce(has_schema_privilege(current_user, current_schema(), 'CREATE'), false),
		       has_database_privilege(current_user, current_database(), 'CREATE')`).
		Scan(&s.version, &s.versionText, &s.encoding, &s.database, &s.role, &s.schema, &s.mayCreate, &s.mayAddExtension)
	if err != nil {
		return fmt.Errorf("look at the database: %w", err)
	}
	if err := s.check(); err != nil {
		return err
	}
	if err := checkPostGIS(ctx, pool, s); err != nil {
		return err
	}
	return checkMayAddSystems(ctx, pool, s)
}

func (s server) check() error {
	switch {
	case s.version < oldestPostgres:
		return haidang.Refuse(haidang.ErrUnavailable,
			fmt.Sprintf("Máy chủ là PostgreSQL %s; cần bản 15 trở lên.", s.versionText),
			fmt.Sprintf("The server is PostgreSQL %s; version 15 or newer is needed.", s.versionText))
	case s.encoding != "UTF8":
		return haidang.Refuse(haidang.ErrUnavailable,
			fmt.Sprintf("Cơ sở dữ liệu %q dùng bảng mã %s; cần UTF8.", s.database, s.encoding),
			fmt.Sprintf("Database %q is encoded in %s; UTF8 is needed: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0.", s.database, s.encoding))
	case !s.mayCreate:
		return ask("quyền tạo bảng", "the right to create tables",
			fmt.Sprintf("GRANT CREATE ON SCHEMA public TO %s;", ident(s.role)))
	}
	return nil
}

// checkPostGIS adds the extension where the role may, and refuses where it is missing or old.
func checkPostGIS(ctx context.Context, pool *pgxpool.Pool, s server) error {
	var present, recent bool
	var version string
	err := pool.QueryRow(ctx, `
		SELECT extversion IS NOT NULL, coalesce(extversion, ''),
		       coalesce(string_to_array(substring(extversion FROM '^[0-9]+\.[0-9]+'), '.')::int[] >= string_to_array($1, '.')::int[], false)
		FROM (VALUES ('postgis')) AS want (name) LEFT JOIN pg_extension ON extname = want.name`, oldestPostGIS).
		Scan(&present, &version, &recent)
	if err != nil {
		return fmt.Errorf("look for PostGIS: %w", err)
	}
	if !present {
		return addPostGIS(ctx, pool, s)
	}
	if !recent {
		return haidang.Refuse(haidang.ErrUnavailable,
			fmt.Sprintf("Cơ sở dữ liệu %q có PostGIS %s; cần bản %s trở lên. Hãy cài gói mới rồi chạy: SELECT postgis_extensions_upgrade();", s.database, version, oldestPostGIS),
			fmt.Sprintf("Database %q has PostGIS %s; %s or newer is needed. Install the newer package, then run: SELECT postgis_extensions_upgrade();", s.database, version, oldestPostGIS))
	}
	return nil
}

func addPostGIS(ctx context.Context, pool *pgxpool.Pool, s server) error {
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		// On an old, busy machine this takes longer than a statement may.
		if _, err := tx.Exec(ctx, "SET LOCAL statement_timeout = 0"); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS postgis")
		return err
	})
	if err == nil {
		return nil
	}
	pg, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case IsForbidden(err):
		return ask("phần mở rộng PostGIS", "the PostGIS extension", "CREATE EXTENSION postgis;")
	case !ok || pg.Code != "0A000" && pg.Code != "58P01": // feature_not_supported, undefined_file: it is not installed
		return fmt.Errorf("add the PostGIS extension: %w", err)
	}
	major := s.version / 10000
	return &haidang.Error{Code: haidang.ErrUnavailable, Cause: err, Text: haidang.Text{
		VI: fmt.Sprintf("Máy chủ PostgreSQL %d không có PostGIS; trên Debian hãy cài gói postgresql-%d-postgis-3.", major, major),
		EN: fmt.Sprintf("The PostgreSQL %d server has no PostGIS; on Debian install the package postgresql-%d-postgis-3.", major, major)}}
}

// checkMayAddSystems wants the right that migration 1 needs, or its rows.
func checkMayAddSystems(ctx context.Context, pool *pgxpool.Pool, s server) error {
	var may bool
	err := pool.QueryRow(ctx, `
		SELECT has_table_privilege(current_user, 'spatial_ref_sys', 'INSERT')
		    OR (SELECT count(*) >= $1 FROM spatial_ref_sys WHERE auth_name = 'VNGOV')`, privateSystems).Scan(&may)
	if IsForbidden(err) {
		err, may = nil, false
	}
	if err != nil {
		return fmt.Errorf("look at spatial_ref_sys: %w", err)
	}
	if !may {
		return ask("quyền thêm hệ toạ độ VN-2000 vào spatial_ref_sys", "the right to add the VN-2000 coordinate systems to spatial_ref_sys",
			fmt.Sprintf("GRANT SELECT, INSERT ON spatial_ref_sys TO %s;", ident(s.role)))
	}
	return nil
}

// ask is a refusal that only the database's owner can cure, with the SQL to run.
func ask(vi, en, sql string) error {
	return haidang.Refuse(haidang.ErrUnavailable,
		"Cơ sở dữ liệu còn thiếu "+vi+"; chủ cơ sở dữ liệu hãy chạy: "+sql,
		"The database lacks "+en+"; its owner should run: "+sql)
}

func ident(name string) string { return pgx.Identifier{name}.Sanitize() }
