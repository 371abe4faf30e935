package mapserver

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/internal/postgres"
)

// readerGroup is the role that the private cluster lets in by password; every
// database has a reader of its own in it.
const readerGroup = "haidang_reader"

// reader is the database role that MapServer's connections have.
type reader struct{ role, password string }

// openReader makes sure that the database's reader is there, with no rights but
// those that grant gives it. Its name and password are kept in the database, so that
// several processes share it: it may read only what everybody may see.
func openReader(ctx context.Context, pool *pgxpool.Pool) (r reader, err error) {
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `LOCK TABLE open_reader IN EXCLUSIVE MODE`); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO open_reader (role, password) SELECT $1, $2 WHERE NOT EXISTS (SELECT FROM open_reader)`,
			"haidang_open_"+strings.ToLower(rand.Text()[:8]), rand.Text()); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `SELECT role, password FROM open_reader`).Scan(&r.role, &r.password); err != nil {
			return err
		}
		return r.make(ctx, tx)
	})
	if postgres.IsForbidden(err) {
		cure := "ALTER ROLE " + pgx.Identifier{pool.Config().ConnConfig.User}.Sanitize() + " CREATEROLE;"
		return r, &haidang.Error{Code: haidang.ErrUnavailable, Cause: err, Text: haidang.Text{
			VI: "WMS và WFS chưa chạy: người dùng cơ sở dữ liệu của Hải Đăng không được tạo vai trò chỉ đọc. Quản trị viên cơ sở dữ liệu hãy chạy: " + cure,
			EN: "WMS and WFS are not running: Hải Đăng's database user may not make a read-only role. The database's administrator should run: " + cure}}
	}
	if err != nil {
		return r, fmt.Errorf("make the reader of open layers: %w", err)
	}
	return r, nil
}

// make creates the role where it is missing: after a restore elsewhere it is.
func (r reader) make(ctx context.Context, tx pgx.Tx) error {
	var group, own bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1), EXISTS (SELECT FROM pg_roles WHERE rolname = $2)`, readerGroup, r.role).Scan(&group, &own)
	if err != nil || own {
		return err
	}
	role := pgx.Identifier{r.role}.Sanitize()
	if !group {
		if err := savepoint(ctx, tx, `CREATE ROLE `+readerGroup+` NOLOGIN`); err != nil {
			return err
		}
	}
	for _, sql := range []string{
		`CREATE ROLE ` + role + ` LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE CONNECTION LIMIT 16 PASSWORD '` + r.password + `' IN ROLE ` + readerGroup,
		`ALTER ROLE ` + role + ` SET default_transaction_read_only = on`,
		`ALTER ROLE ` + role + ` SET statement_timeout = '15s'`,
		`ALTER ROLE ` + role + ` SET idle_in_transaction_session_timeout = '15s'`,
		`ALTER ROLE ` + role + ` SET max_parallel_workers_per_gather = 0`,
	} {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// savepoint runs a statement that may fail without taking the transaction with it.
func savepoint(ctx context.Context, tx pgx.Tx, sql string) error {
	err := pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, sql)
		return err
	})
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && (e.Code == "42710" || e.Code == "23505") {
		return nil // another database's process was first
	}
	return err
}

// grant gives the reader exactly these columns of these tables, and takes away
// whatever else it had.
func (r reader) grant(ctx context.Context, pool *pgxpool.Pool, want map[string][]string) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `LOCK TABLE open_reader IN EXCLUSIVE MODE`); err != nil { // one at a time
			return err
		}
		have, err := r.granted(ctx, tx)
		if err != nil {
			return err
		}
		role := pgx.Identifier{r.role}.Sanitize()
		for table, columns := range have {
			if !slices.Equal(columns, sorted(want[table])) {
				if _, err := tx.Exec(ctx, `REVOKE ALL ON `+pgx.Identifier{table}.Sanitize()+` FROM `+role); err != nil {
					return fmt.Errorf("take %s from the reader: %w", table, err)
				}
				delete(have, table)
			}
		}
		for _, table := range slices.Sorted(maps.Keys(want)) {
			if have[table] != nil {
				continue
			}
			if _, err := tx.Exec(ctx, `GRANT SELECT (`+names(want[table])+`) ON `+pgx.Identifier{table}.Sanitize()+` TO `+role); err != nil {
				return fmt.Errorf("give %s to the reader: %w", table, err)
			}
		}
		return nil
	})
}

func (r reader) granted(ctx context.Context, tx pgx.Tx) (map[string][]string, error) {
	rows, err := tx.Query(ctx, `SELECT table_name, column_name FROM information_schema.column_privileges
		WHERE grantee = $1 AND privilege_type = 'SELECT' AND table_schema = 'public' ORDER BY 1, 2`, r.role)
	if err != nil {
		return nil, fmt.Errorf("read what the reader may: %w", err)
	}
	have := map[string][]string{}
	var table, column string
	_, err = pgx.ForEachRow(rows, []any{&table, &column}, func() error {
		have[table] = append(have[table], column)
		return nil
	})
	for table := range have {
		have[table] = sorted(have[table])
	}
	return have, err
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

func names(columns []string) string {
	quoted := make([]string, len(columns))
	for i, c := range columns {
		quoted[i] = pgx.Identifier{c}.Sanitize()
	}
	return strings.Join(quoted, ", ")
}
