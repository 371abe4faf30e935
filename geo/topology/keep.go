package topology

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/ewkb"
	"github.com/paulmach/orb/encoding/wkb"

	"haidang/geo/catalogue"
)

// row is a problem as the database's functions take it.
type row struct {
	Kind     catalogue.ProblemKind `json:"kind"`
	Severity catalogue.Severity    `json:"severity"`
	FID      int64                 `json:"fid"`
	OtherFID *int64                `json:"other_fid"`
	Geom     *string               `json:"geom"`
	Measure  float64               `json:"measure"`
}

// Rows writes problems of the layer as changeset_check and changeset_submit take them.
func Rows(l catalogue.Layer, problems []Problem) ([]byte, error) {
	rows := make([]row, len(problems))
	for i, p := range problems {
		rows[i] = row{Kind: p.Kind, Severity: p.Severity, FID: p.FID, Measure: p.Measure}
		if p.OtherFID != 0 {
			rows[i].OtherFID = &p.OtherFID
		}
		if p.Geometry == nil {
			continue
		}
		shape, err := ewkb.Marshal(p.Geometry, l.SRID)
		if err != nil {
			return nil, fmt.Errorf("write a problem's place: %w", err)
		}
		text := hex.EncodeToString(shape)
		rows[i].Geom = &text
	}
	return json.Marshal(rows)
}

// Kept returns the problems that were kept of a changeset, in their order, with their
// places in the system with the SRID.
func Kept(ctx context.Context, db catalogue.Querier, changeset int64, srid int) ([]Problem, error) {
	rows, err := db.Query(ctx, `SELECT kind, severity, fid, coalesce(other_fid, 0), ST_AsBinary(ST_Transform(geom, $2::integer)), coalesce(measure, 0),
			ST_X(middle), ST_Y(middle)
		FROM changeset_problem, ST_Centroid(ST_Envelope(geom)) middle WHERE changeset = $1 ORDER BY n`, changeset, srid)
	if err != nil {
		return nil, fmt.Errorf("read problems of changeset %d: %w", changeset, err)
	}
	problems, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p Problem, err error) {
		var shape []byte
		var x, y *float64
		if err := row.Scan(&p.Kind, &p.Severity, &p.FID, &p.OtherFID, &shape, &p.Measure, &x, &y); err != nil || shape == nil {
			return p, err
		}
		p.At = orb.Point{*x, *y}
		p.Geometry, err = wkb.Unmarshal(shape)
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("read problems of changeset %d: %w", changeset, err)
	}
	return problems, nil
}
