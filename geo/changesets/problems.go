package changesets

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb/geojson"

	"haidang"
	"haidang/geo/catalogue"
)

// Remark is a problem that the check of a changeset found.
type Remark struct {
	Kind     string            `json:"kind"`
	Severity string            `json:"severity"` // warn, block
	FID      int64             `json:"fid"`
	OtherFID *int64            `json:"otherFid"`
	Geometry *geojson.Geometry `json:"geometry"` // where it is
	Measure  *float64          `json:"measure"`  // square metres, metres or per cent, by kind
	Text     haidang.Text      `json:"text"`
}

// Problems returns what the last check of a changeset found; shapes in the system of that SRID.
func (e *Editor) Problems(ctx context.Context, l catalogue.Layer, id int64, srid int) ([]Remark, error) {
	rows, err := e.pool.Query(ctx, `SELECT kind, severity, fid, other_fid, ST_AsBinary(ST_Transform(geom, $2::integer)), measure FROM changeset_problem WHERE changeset = $1 ORDER BY n`, id, srid)
	if err != nil {
		return nil, fmt.Errorf("read the problems of changeset %d: %w", id, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Remark, err error) {
		var b []byte
		if err := row.Scan(&r.Kind, &r.Severity, &r.FID, &r.OtherFID, &b, &r.Measure); err != nil {
			return r, err
		}
		g, err := shape(b)
		if g != nil {
			r.Geometry = geojson.NewGeometry(g)
		}
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the problems of changeset %d: %w", id, err)
	}
	return list, nil
}

// Check looks for problems of topology in a draft and keeps them with it.
func (e *Editor) Check(ctx context.Context, who haidang.AccountName, l catalogue.Layer, id, seen int64) error {
	return e.call(ctx, l, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `SELECT changeset_check($1, $2, $3, '[]')`, who, id, seen)
		return err
	})
}
