package catalogue

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// searchTypes are the types of columns that people search: those whose spelling
// depends on no setting of the database.
var searchTypes = []ColumnType{Text, CodeType, Integer, Number}

// SearchColumns are the columns that the search looks into, in the layer's order.
func (l Layer) SearchColumns() (columns []Column) {
	for _, name := range l.Search {
		if c, ok := l.Column(name); ok && slices.Contains(searchTypes, c.Type) {
			columns = append(columns, c)
		}
	}
	return columns[:min(len(columns), maxSearchColumns)]
}

// SearchSQL is the words of a feature in SQL, folded; empty where nothing is searched.
// An index is on just this expression, so the search has to use it as it is.
func (l Layer) SearchSQL() string {
	var parts []string
	for _, c := range l.SearchColumns() {
		parts = append(parts, "coalesce("+pgx.Identifier{c.Name}.Sanitize()+"::text, '')")
	}
	if len(parts) == 0 {
		return ""
	}
	return "search_words(" + strings.Join(parts, " || ' ' || ") + ")"
}

// SearchesNumbers reports whether all columns that are searched hold whole numbers.
// Then they have ordinary indexes, which cost an import far less.
func (l Layer) SearchesNumbers() bool {
	columns := l.SearchColumns()
	return len(columns) > 0 && !slices.ContainsFunc(columns, func(c Column) bool { return c.Type != Integer })
}

// searchIndexes are what the indexes for the search are on.
func (l Layer) searchIndexes() (on []string) {
	if l.SearchesNumbers() {
		for _, c := range l.SearchColumns() {
			on = append(on, "btree ("+pgx.Identifier{c.Name}.Sanitize()+")")
		}
	} else if words := l.SearchSQL(); words != "" {
		on = append(on, "gin (to_tsvector('simple'::regconfig, "+words+"))")
	}
	return on
}

// maxSearchColumns bounds the columns that the search looks into.
const maxSearchColumns = 8

// indexSearch gives a layer that has a table the indexes for its search columns, and
// takes away those for others. An index's comment says what it is on.
func indexSearch(ctx context.Context, tx pgx.Tx, l Layer) error {
	on := l.searchIndexes()
	for i := range maxSearchColumns {
		want := ""
		if i < len(on) {
			want = on[i]
		}
		if err := indexFor(ctx, tx, l, fmt.Sprintf("%s_search%d", l.Table, i+1), want); err != nil {
			return fmt.Errorf("index layer %s for the search: %w", l.Slug, err)
		}
	}
	return nil
}

func indexFor(ctx context.Context, tx pgx.Tx, l Layer, name, want string) error {
	table, index := pgx.Identifier{l.Table}.Sanitize(), pgx.Identifier{name}.Sanitize()
	var hasTable bool
	var on string
	if err := tx.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL, coalesce(obj_description(to_regclass($2), 'pg_class'), '')`, table, index).Scan(&hasTable, &on); err != nil {
		return err
	}
	if !hasTable || on == want {
		return nil
	}
	sql := `DROP INDEX IF EXISTS ` + index
	if want != "" {
		sql += fmt.Sprintf(`; CREATE INDEX %s ON %s USING %s; COMMENT ON INDEX %[1]s IS '%[4]s'`, index, table, want, strings.ReplaceAll(want, "'", "''"))
	}
	_, err := tx.Exec(ctx, sql)
	return err
}
