// Package featuretest puts features into layers for tests.
//
// In: a layer and changes of its features, with values as pgx takes them. Out: rows of the
// layer's table, written as the owner of the tables writes them. It must never be used by
// the program: people edit by changesets.
package featuretest

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkb"

	"haidang/geo/catalogue"
)

// Op is what a change does.
type Op string

// The ops.
const (
	Insert Op = "insert"
	Update Op = "update" // of the given properties, and of the geometry unless it is nil
	Delete Op = "delete"
)

// Change is one change to one feature.
type Change struct {
	Op         Op
	FID        int64
	Properties map[string]any // by column, period too; values as pgx takes them
	Geometry   orb.Geometry   // in the layer's storage CRS
}

// Apply makes the changes in their order and returns the features' numbers.
func Apply(ctx context.Context, tx pgx.Tx, l catalogue.Layer, changes []Change) (fids []int64, err error) {
	for _, c := range changes {
		sql, args, err := c.sql(l)
		if err != nil {
			return nil, err
		}
		var fid int64
		if err := tx.QueryRow(ctx, sql+" RETURNING fid", args...).Scan(&fid); err != nil {
			return nil, fmt.Errorf("%s feature %d of %s: %w", c.Op, c.FID, l.Slug, err)
		}
		fids = append(fids, fid)
	}
	return fids, nil
}

func (c Change) sql(l catalogue.Layer) (sql string, args []any, err error) {
	table := pgx.Identifier{l.Table}.Sanitize()
	if c.Op == Delete {
		return `DELETE FROM ` + table + ` WHERE fid = $1`, []any{c.FID}, nil
	}
	var names, marks, sets []string
	add := func(name, mark string, arg any) {
		args = append(args, arg)
		mark = fmt.Sprintf(mark, len(args))
		names, marks, sets = append(names, name), append(marks, mark), append(sets, name+" = "+mark)
	}
	for name, v := range c.Properties {
		add(pgx.Identifier{name}.Sanitize(), "$%d", v)
	}
	if c.Geometry != nil {
		b, err := wkb.Marshal(c.Geometry)
		if err != nil {
			return "", nil, err
		}
		mark := fmt.Sprintf("ST_GeomFromWKB($%%d, %d)", l.SRID)
		if strings.HasPrefix(l.Geometry, "Multi") {
			mark = "ST_Multi(" + mark + ")"
		}
		add("geom", mark, b)
	}
	if c.Op == Insert {
		return fmt.Sprintf(`INSERT INTO %s (%s) VALUES (%s)`, table, strings.Join(names, ", "), strings.Join(marks, ", ")), args, nil
	}
	args = append(args, c.FID)
	return fmt.Sprintf(`UPDATE %s SET %s WHERE fid = $%d`, table, strings.Join(sets, ", "), len(args)), args, nil
}
