package mapserver

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/internal/postgres"
)

// reader is the database role that MapServer's connections have.
type reader struct{ postgres.Role }

// openReader makes sure that the database's reader is there, with no rights but
// those that grant gives it: it may read only what everybody may see.
func openReader(ctx context.Context, pool *pgxpool.Pool) (r reader, err error) {
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) (err error) {
		r.Role, err = postgres.EnsureRole(ctx, tx, "open_reader", "haidang_open_", postgres.ReaderGroup, 16, "default_transaction_read_only = on",
			"statement_timeout = '15s'", "idle_in_transaction_session_timeout = '15s'", "max_parallel_workers_per_gather = 0")
		return err
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
		role := pgx.Identifier{r.Name}.Sanitize()
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
		WHERE grantee = $1 AND privilege_type = 'SELECT' AND table_schema = 'public' ORDER BY 1, 2`, r.Name)
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
