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
	Reshaped   bool                       `json:"reshaped"` // in a list: another shape than before
	Geometry   *geojson.Geometry          `json:"geometry"` // nil in a list
}

// History returns the versions of a feature, the newest first, at most 1000, without
// their shapes: a version says whether its shape is another than before. ErrNotFound:
// there never was one.
func (e *Editor) History(ctx context.Context, l catalogue.Layer, fid int64) ([]Past, error) {
	return e.past(ctx, l, fid, wanted{history: true})
}

// Was returns one version of a feature, its shape in the system of that SRID, or ErrNotFound.
func (e *Editor) Was(ctx context.Context, l catalogue.Layer, fid, rowVersion int64, srid int) (Past, error) {
	return e.onePast(ctx, l, fid, wanted{history: true, version: rowVersion, srid: srid})
}

// Now returns a feature as it is, its shape in the system of that SRID, or ErrNotFound.
func (e *Editor) Now(ctx context.Context, l catalogue.Layer, fid int64, srid int) (Past, error) {
	return e.onePast(ctx, l, fid, wanted{srid: srid})
}

func (e *Editor) onePast(ctx context.Context, l catalogue.Layer, fid int64, w wanted) (Past, error) {
	list, err := e.past(ctx, l, fid, w)
	if err != nil {
		return Past{}, err
	}
	return list[0], nil
}

// wanted says which versions of a feature are to be read.
type wanted struct {
	history bool  // not only the one that is
	version int64 // just that; 0: all
	srid    int   // of the shapes; 0: none, for a list of large ones fits no memory
}

// mostVersions is how many versions a list has.
const mostVersions = 1000

// versions selects the versions of feature $1; $2 and $3 are the SRID and the version.
func (w wanted) versions(l catalogue.Layer) string {
	sql := fmt.Sprintf(`SELECT t.fid, t.row_version, t._since AS since, NULL::timestamptz AS until, t._changeset AS made_by, NULL::bigint AS ended_by, t.geom, to_jsonb(t) AS attributes FROM %s t WHERE t.fid = $1`,
		pgx.Identifier{l.Table}.Sanitize())
	if w.history {
		sql += fmt.Sprintf(` UNION ALL SELECT h.fid, h.row_version, lower(h.recorded), upper(h.recorded), h._changeset, h.ended_by, h.geom, to_jsonb(h) FROM %s h WHERE h.fid = $1`, l.History())
	}
	return fmt.Sprintf(`SELECT v.*, $2::integer = 0 AND v.geom IS DISTINCT FROM lag(v.geom) OVER (ORDER BY v.row_version) AS reshaped
		FROM (SELECT u.* FROM (%s) u WHERE $3::bigint IN (0, u.row_version) ORDER BY u.row_version DESC LIMIT %d) v`, sql, mostVersions+1)
}

func (e *Editor) past(ctx context.Context, l catalogue.Layer, fid int64, w wanted) ([]Past, error) {
	if l.Kind != catalogue.Vector || !l.Own() {
		return nil, sentence(l, "no history", detail{})
	}
	rows, err := e.pool.Query(ctx, fmt.Sprintf(`SELECT v.fid, v.row_version, v.since, v.until, coalesce(c.goes_with, v.made_by), coalesce(c.author, ''), coalesce(a.full_name, ''), coalesce(c.title, ''), coalesce(c.source, ''), coalesce((SELECT goes_with FROM changeset WHERE id = v.ended_by), v.ended_by),
			v.attributes - house_columns(), v.reshaped, CASE WHEN $2::integer <> 0 THEN ST_AsBinary(ST_Transform(v.geom, $2::integer)) END
		FROM (%s) v LEFT JOIN changeset c ON c.id = v.made_by LEFT JOIN account a ON a.name = c.author ORDER BY v.row_version DESC LIMIT %d`, w.versions(l), mostVersions), fid, w.srid, w.version)
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
	if err := row.Scan(&p.FID, &p.RowVersion, &p.From, &p.Until, &p.Changeset, &p.By, &p.ByName, &p.Why, &p.Source, &p.EndedBy, &p.Properties, &p.Reshaped, &b); err != nil {
		return p, err
	}
	g, err := shape(b)
	if g != nil {
		p.Geometry = geojson.NewGeometry(g)
	}
	return p, err
}
