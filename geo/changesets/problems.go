package changesets

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb/geojson"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/topology"
)

// Remark is a problem that the check of a changeset found.
type Remark struct {
	Kind     catalogue.ProblemKind `json:"kind"`
	Severity catalogue.Severity    `json:"severity"` // warn, block
	FID      int64                 `json:"fid"`
	OtherFID *int64                `json:"otherFid"`
	Geometry *geojson.Geometry     `json:"geometry"` // where it is
	Measure  float64               `json:"measure"`  // square metres, metres or per cent, by kind
	Text     haidang.Text          `json:"text"`
}

// Problems returns what the last check of a changeset found; shapes in the system of that SRID.
func (e *Editor) Problems(ctx context.Context, id int64, srid int) ([]Remark, error) {
	kept, err := topology.Kept(ctx, e.pool, id, srid)
	if err != nil {
		return nil, err
	}
	remarks := make([]Remark, len(kept))
	for i, p := range kept {
		remarks[i] = Remark{Kind: p.Kind, Severity: p.Severity, FID: p.FID, Measure: p.Measure, Text: p.Text()}
		if p.OtherFID != 0 {
			remarks[i].OtherFID = &p.OtherFID
		}
		if p.Geometry != nil {
			remarks[i].Geometry = geojson.NewGeometry(p.Geometry)
		}
	}
	return remarks, nil
}

// Check looks for problems of topology in a draft and keeps them with it.
func (e *Editor) Check(ctx context.Context, who haidang.AccountName, l catalogue.Layer, id, seen int64) error {
	seen, err := e.admitAuthor(ctx, who, l, id, seen)
	if err != nil {
		return err
	}
	found, err := e.inspect(ctx, who, l, id)
	if err != nil {
		return err
	}
	return e.keep(ctx, who, l, id, seen, found)
}

// inspect looks for problems in the changeset, for somebody who was admitted to it at a
// version. Nobody gets edits past a check by making them meanwhile: the next call is
// about that version.
func (e *Editor) inspect(ctx context.Context, who haidang.AccountName, l catalogue.Layer, id int64) ([]topology.Problem, error) {
	leave, err := e.turns.take(ctx, who)
	if err != nil {
		return nil, err
	}
	defer leave()
	return topology.Check(ctx, e.pool, l, id)
}

func (e *Editor) keep(ctx context.Context, who haidang.AccountName, l catalogue.Layer, id, seen int64, found []topology.Problem) error {
	rows, err := topology.Rows(l, found)
	if err != nil {
		return err
	}
	return e.call(ctx, l, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `SELECT changeset_check($1, $2, $3, $4)`, who, id, seen, rows)
		return err
	})
}

// blocked is the refusal of a changeset with these problems, which names the first that
// blocks, or nil.
func blocked(l catalogue.Layer, found []topology.Problem) error {
	i := slices.IndexFunc(found, func(p topology.Problem) bool { return p.Severity == catalogue.Block })
	if i < 0 {
		return nil
	}
	refusal, first := refuseContent(l, "problems", detail{}), found[i].Text()
	refusal.Text = haidang.Text{VI: refusal.Text.VI + " " + first.VI, EN: refusal.Text.EN + " " + first.EN}
	return refusal
}
