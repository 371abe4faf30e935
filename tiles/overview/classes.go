package overview

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// lastClass stands for all classes beyond the 254th.
const lastClass = 255

// classes numbers the values of a layer's class column from 1. A number is never
// given anew.
type classes struct {
	names   [256]string
	ids     map[string]uint8
	strange bool // asked for one without a number
}

// numbered gives numbers to classes that have none, in alphabetical order, and
// returns all. It looks at every row, with all the time that takes.
func numbered(ctx context.Context, pool *pgxpool.Pool, s source) (c *classes, err error) {
	err = patiently(ctx, pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO overview_class (layer, id, class)
			SELECT $1, least(255, coalesce((SELECT max(id) FROM overview_class WHERE layer = $1), 0) + row_number() OVER (ORDER BY class COLLATE "C")), class
			FROM (SELECT DISTINCT `+s.classOf()+` AS class FROM `+s.from()+`) c
			WHERE NOT EXISTS (SELECT FROM overview_class o WHERE o.layer = $1 AND o.class = c.class)`, s.slug)
		if err != nil {
			return fmt.Errorf("number the classes of layer %s: %w", s.slug, err)
		}
		c, err = readClasses(ctx, tx, s)
		return err
	})
	return c, err
}

// readClasses returns the numbers given so far.
func readClasses(ctx context.Context, db querier, s source) (*classes, error) {
	rows, err := db.Query(ctx, `SELECT id, class FROM overview_class WHERE layer = $1 ORDER BY id, class`, s.slug)
	if err != nil {
		return nil, fmt.Errorf("read the classes of layer %s: %w", s.slug, err)
	}
	c := &classes{ids: map[string]uint8{}}
	var id int16
	var name string
	if _, err := pgx.ForEachRow(rows, []any{&id, &name}, func() error {
		c.ids[name] = uint8(id)
		c.names[id] = name
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read the classes of layer %s: %w", s.slug, err)
	}
	return c, nil
}

// id is the number of a class. One that appeared since is noted as strange.
func (c *classes) id(name string) uint8 {
	if id, known := c.ids[name]; known {
		return id
	}
	c.strange = true
	return lastClass
}
