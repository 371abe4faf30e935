package imports

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// indexAfter fills a table that this transaction made, and indexes its shapes when the
// rows are there: sorted all at once they cost a fraction of one by one.
func indexAfter(ctx context.Context, tx pgx.Tx, table string, fill func() error) error {
	rows, err := tx.Query(ctx, `SELECT x.indexrelid::regclass::text, pg_get_indexdef(x.indexrelid) FROM pg_index x
		JOIN pg_class c ON c.oid = x.indexrelid JOIN pg_am a ON a.oid = c.relam WHERE x.indrelid = $1::regclass AND a.amname = 'gist'`, table)
	if err != nil {
		return fmt.Errorf("list the indexes of %s: %w", table, err)
	}
	var names, definitions []string
	var name, definition string
	if _, err := pgx.ForEachRow(rows, []any{&name, &definition}, func() error {
		names, definitions = append(names, name), append(definitions, definition)
		return nil
	}); err != nil {
		return fmt.Errorf("list the indexes of %s: %w", table, err)
	}
	if _, err := tx.Exec(ctx, "DROP INDEX "+strings.Join(names, ", ")); err != nil {
		return fmt.Errorf("put off the indexes of %s: %w", table, err)
	}
	if err := fill(); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, strings.Join(definitions, "; ")); err != nil {
		return fmt.Errorf("index %s: %w", table, err)
	}
	return nil
}
