package features

import (
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang/geo/catalogue"
)

// turnBack has the question read the layer as it was at an instant: the rows that have
// been so since then, and those that were so until later. Both are told by name: columns
// that were added stand in another order there.
func (n *question) turnBack(l catalogue.Layer, at time.Time) error {
	if err := l.CheckInstant(at); err != nil {
		return err
	}
	n.table = Past(l, n.arg(at))
	return nil
}

// Past is the layer as of the instant of an SQL expression, in place of its table.
func Past(l catalogue.Layer, at string) string {
	names := []string{"fid", "row_version", "geom", "geom_3857", "_clearance"}
	for _, c := range l.Columns {
		names = append(names, pgx.Identifier{c.Name}.Sanitize())
	}
	if l.Dated {
		names = append(names, "period")
	}
	return fmt.Sprintf("(SELECT %[1]s FROM %[2]s WHERE _since <= %[4]s::timestamptz UNION ALL SELECT %[1]s FROM %[3]s WHERE recorded @> %[4]s::timestamptz)",
		strings.Join(names, ", "), pgx.Identifier{l.Table}.Sanitize(), l.History(), at)
}
