package changesets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb/geojson"

	"haidang"
	"haidang/geo/catalogue"
)

// Past is a feature during the time between two changes.
type Past struct {
	FID        int64                      `json:"fid"`
	RowVersion int64                      `json:"rowVersion"`
	From       time.Time                  `json:"from"`
	Until      *time.Time                 `json:"until"`     // nil: still so
	Changeset  *int64                     `json:"changeset"` // that made it, the first of those that go together; nil: before there was a history
	By         haidang.AccountName        `json:"by"`
	ByName     string                     `json:"byName"`
	Why        string                     `json:"why"`
	Source     Source                     `json:"source"`
	EndedBy    *int64                     `json:"endedBy"` // changeset
	Properties map[string]json.RawMessage `json:"properties"`
	Geometry   *geojson.Geometry          `json:"geometry"`
}

// History returns all versions of a feature, the newest first, at most 1000; shapes in
// the system of that SRID. ErrNotFound: there never was one.
func (e *Editor) History(ctx context.Context, l catalogue.Layer, fid int64, srid int) ([]Past, error) {
	return e.past(ctx, l, fid, srid, fmt.Sprintf(`UNION ALL
		SELECT h.fid, h.row_version, lower(h.recorded), upper(h.recorded), h._changeset, h.ended_by, h.geom, to_jsonb(h) FROM %s h WHERE h.fid = $1`, l.History()))
}

// Now returns a feature as it is, or ErrNotFound.
func (e *Editor) Now(ctx context.Context, l catalogue.Layer, fid int64, srid int) (Past, error) {
	list, err := e.past(ctx, l, fid, srid, "")
	if err != nil {
		return Past{}, err
	}
	return list[0], nil
}

func (e *Editor) past(ctx context.Context, l catalogue.Layer, fid int64, srid int, more string) ([]Past, error) {
	if l.Kind != catalogue.Vector || !l.Own() {
		return nil, sentence(l, "no history", detail{})
	}
	rows, err := e.pool.Query(ctx, fmt.Sprintf(`SELECT v.fid, v.row_version, v.since, v.until, coalesce(c.goes_with, v.made_by), coalesce(c.author, ''), coalesce(a.full_name, ''), coalesce(c.title, ''), coalesce(c.source, ''), coalesce((SELECT goes_with FROM changeset WHERE id = v.ended_by), v.ended_by),
			v.attributes - house_columns(), ST_AsBinary(ST_Transform(v.geom, $2::integer))
		FROM (SELECT t.fid, t.row_version, t._since AS since, NULL::timestamptz AS until, t._changeset AS made_by, NULL::bigint AS ended_by, t.geom, to_jsonb(t) AS attributes FROM %s t WHERE t.fid = $1 %s) v
		LEFT JOIN changeset c ON c.id = v.made_by LEFT JOIN account a ON a.name = c.author ORDER BY v.row_version DESC LIMIT 1000`, pgx.Identifier{l.Table}.Sanitize(), more), fid, srid)
	if err != nil {
		return nil, fmt.Errorf("read feature %d of %s: %w", fid, l.Slug, err)
	}
	list, err := pgx.CollectRows(rows, scanPast)
	if err == nil && len(list) == 0 {
		err = sentence(l, "no feature", detail{FID: fid})
	}
	if _, ours := errors.AsType[*haidang.Error](err); err != nil && !ours {
		err = fmt.Errorf("read feature %d of %s: %w", fid, l.Slug, err)
	}
	return list, err
}

func scanPast(row pgx.CollectableRow) (p Past, err error) {
	var b []byte
	if err := row.Scan(&p.FID, &p.RowVersion, &p.From, &p.Until, &p.Changeset, &p.By, &p.ByName, &p.Why, &p.Source, &p.EndedBy, &p.Properties, &b); err != nil {
		return p, err
	}
	g, err := shape(b)
	if g != nil {
		p.Geometry = geojson.NewGeometry(g)
	}
	return p, err
}
