package catalogue

import (
	"context"
	"fmt"
)

// Origin names what a layer's version counts in: the database and the layer's table. A
// layer made again under the same name has another table, and a database put back from
// an older day is another, in which the same number may stand for something else.
func Origin(ctx context.Context, db Querier, l Layer) (string, error) {
	var origin string
	err := db.QueryRow(ctx, `SELECT concat_ws('/', s.system_identifier, c.timeline_id, d.oid, to_regclass(quote_ident($1))::oid)
		FROM pg_control_system() s, pg_control_checkpoint() c, pg_database d WHERE d.datname = current_database()`, l.Table).Scan(&origin)
	if err != nil {
		return "", fmt.Errorf("find the origin of layer %s: %w", l.Slug, err)
	}
	return origin, nil
}
