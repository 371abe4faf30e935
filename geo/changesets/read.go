package changesets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkb"

	"haidang"
	"haidang/geo/catalogue"
)

// Query asks for changesets, the newest first.
type Query struct {
	Layers []haidang.LayerSlug // of these
	Viewer haidang.AccountName // sees applied ones, and their own
	Worked []haidang.LayerSlug // layers of which the viewer sees submitted ones, too
	States []State             // nil: any
	Author haidang.AccountName // "": anybody
	Before int64               // only of smaller numbers; 0: all
	Limit  int
}

const selectChangesets = `SELECT c.id, c.layer, c.title, c.state, c.source, c.author, coalesce(a.full_name, ''), c.reverts,
	(SELECT max(r.id) FROM changeset r WHERE r.reverts = c.id AND r.state = 'applied'), c.version, c.created_at, c.updated_at, c.submitted_at, c.decided_by, c.decided_at, c.applied_at,
	n.inserts, n.updates, n.deletes,
	(SELECT count(*) FROM changeset_problem p WHERE p.changeset = c.id), (SELECT count(*) FROM changeset_problem p WHERE p.changeset = c.id AND p.severity = 'block')
	FROM changeset c LEFT JOIN account a ON a.name = c.author, LATERAL (SELECT count(*) FILTER (WHERE op = 'insert') AS inserts, count(*) FILTER (WHERE op = 'update') AS updates,
		count(*) FILTER (WHERE op = 'delete') AS deletes FROM changeset_edit e WHERE e.changeset IN (SELECT c.id UNION ALL SELECT g.id FROM changeset g WHERE g.goes_with = c.id)) n `

func scanChangeset(row pgx.CollectableRow) (c Changeset, err error) {
	err = row.Scan(&c.ID, &c.Layer, &c.Title, &c.State, &c.Source, &c.Author, &c.AuthorName, &c.Reverts, &c.RevertedBy, &c.Version, &c.CreatedAt, &c.UpdatedAt,
		&c.SubmittedAt, &c.DecidedBy, &c.DecidedAt, &c.AppliedAt, &c.Counts.Insert, &c.Counts.Update, &c.Counts.Delete, &c.Counts.Problems, &c.Counts.Blocking)
	return c, err
}

// List returns the changesets that the query asks for; those that go with another are in that one.
func (e *Editor) List(ctx context.Context, q Query) ([]Changeset, error) {
	rows, err := e.pool.Query(ctx, selectChangesets+`WHERE c.goes_with IS NULL AND c.layer = ANY ($1) AND ($2::text[] IS NULL OR c.state = ANY ($2)) AND ($3 = '' OR c.author = $3) AND ($4::bigint = 0 OR c.id < $4)
			AND (c.state IN ('applied', 'reverted') OR c.author = $6 OR c.layer = ANY ($7) AND c.state NOT IN ('draft', 'dropped'))
		ORDER BY c.id DESC LIMIT $5`, q.Layers, q.States, q.Author, q.Before, q.Limit, q.Viewer, q.Worked)
	if err != nil {
		return nil, fmt.Errorf("list changesets: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanChangeset)
	if err != nil {
		return nil, fmt.Errorf("list changesets: %w", err)
	}
	return list, nil
}

// Get returns one changeset, or ErrNotFound.
func (e *Editor) Get(ctx context.Context, id int64) (Changeset, error) {
	rows, err := e.pool.Query(ctx, selectChangesets+`WHERE c.id = $1`, id)
	if err != nil {
		return Changeset{}, fmt.Errorf("read changeset %d: %w", id, err)
	}
	c, err := pgx.CollectExactlyOneRow(rows, scanChangeset)
	if errors.Is(err, pgx.ErrNoRows) {
		return c, sentence(catalogue.Layer{}, "no changeset", detail{})
	}
	if err != nil {
		return c, fmt.Errorf("read changeset %d: %w", id, err)
	}
	return c, nil
}

// maxVertices are read at once: what a page takes in a second.
const maxVertices = 500_000

// Edits returns some of a changeset's edits, and of those that go with it, in the order
// of drafting, fewer than the limit where their shapes are large; with their conflicts
// while it can still be applied; shapes in the system of that SRID.
func (e *Editor) Edits(ctx context.Context, c Changeset, from, limit, srid int) ([]Drafted, error) {
	rows, err := e.pool.Query(ctx, `SELECT fid, n, op, base_version, base, ST_AsBinary(ST_Transform(base_geom, $4::integer)), attributes, ST_AsBinary(ST_Transform(geom, $4::integer))
		FROM (SELECT *, sum(coalesce(ST_NPoints(geom), 0) + coalesce(ST_NPoints(base_geom), 0)) OVER (ORDER BY n ROWS UNBOUNDED PRECEDING) AS vertices, row_number() OVER (ORDER BY n) AS at
			FROM (SELECT * FROM changeset_edit WHERE changeset IN (SELECT $1::bigint UNION ALL SELECT g.id FROM changeset g WHERE g.goes_with = $1) ORDER BY n OFFSET $2 LIMIT $3) page) e
		WHERE vertices <= $5 OR at = 1 ORDER BY n`, c.ID, from, limit, srid, maxVertices)
	if err != nil {
		return nil, fmt.Errorf("read the edits of changeset %d: %w", c.ID, err)
	}
	list, err := pgx.CollectRows(rows, scanEdit)
	if err != nil {
		return nil, fmt.Errorf("read the edits of changeset %d: %w", c.ID, err)
	}
	if c.State != Draft && c.State != Submitted && c.State != Approved {
		return list, nil
	}
	conflicts, err := e.conflicts(ctx, c.ID)
	for i := range list {
		list[i].Conflicts = conflicts[list[i].FID]
	}
	return list, err
}

func scanEdit(row pgx.CollectableRow) (d Drafted, err error) {
	var base, attributes map[string]json.RawMessage
	var was, is []byte
	if err := row.Scan(&d.FID, &d.N, &d.Op, &d.BaseVersion, &base, &was, &attributes, &is); err != nil {
		return d, err
	}
	before, err := shape(was)
	if err != nil {
		return d, err
	}
	after, err := shape(is)
	if err != nil {
		return d, err
	}
	if d.Op != Insert {
		d.Before = &Version{base, before}
	}
	if d.Op == Delete {
		return d, nil
	}
	for name := range attributes {
		d.Changed = append(d.Changed, name)
	}
	slices.Sort(d.Changed)
	if after != nil {
		d.Changed = append(d.Changed, "geometry")
	} else {
		after = before
	}
	d.After = &Version{merged(base, attributes), after}
	return d, nil
}

func merged(base, over map[string]json.RawMessage) map[string]json.RawMessage {
	all := make(map[string]json.RawMessage, len(base)+len(over))
	for _, m := range []map[string]json.RawMessage{base, over} {
		for k, v := range m {
			all[k] = v
		}
	}
	return all
}

func shape(b []byte) (orb.Geometry, error) {
	if b == nil {
		return nil, nil
	}
	return wkb.Unmarshal(b)
}

func (e *Editor) conflicts(ctx context.Context, id int64) (map[int64][]Conflict, error) {
	rows, err := e.pool.Query(ctx, `SELECT fid, field, now_version, base, theirs, mine FROM changeset_conflicts($1)`, id)
	if err != nil {
		return nil, fmt.Errorf("look for conflicts of changeset %d: %w", id, err)
	}
	all := map[int64][]Conflict{}
	var c Conflict
	_, err = pgx.ForEachRow(rows, []any{&c.FID, &c.Field, &c.Now, &c.Base, &c.Theirs, &c.Mine}, func() error {
		k := c
		k.Base, k.Theirs, k.Mine = slices.Clone(c.Base), slices.Clone(c.Theirs), slices.Clone(c.Mine)
		all[c.FID] = append(all[c.FID], k)
		return nil
	})
	return all, err
}

// Notes returns what was said of a changeset and what became of it, the oldest first.
func (e *Editor) Notes(ctx context.Context, id int64) ([]Note, error) {
	rows, err := e.pool.Query(ctx, `SELECT n.at, n.by, coalesce(a.full_name, ''), n.kind, n.text FROM changeset_note n LEFT JOIN account a ON a.name = n.by WHERE n.changeset = $1 ORDER BY n.id`, id)
	if err != nil {
		return nil, fmt.Errorf("read the notes of changeset %d: %w", id, err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Note])
}

// Drafted are the features that a changeset changes.
func (e *Editor) Drafted(ctx context.Context, id int64) (map[int64]bool, error) {
	rows, err := e.pool.Query(ctx, `SELECT fid FROM changeset_edit WHERE changeset = $1`, id)
	if err != nil {
		return nil, fmt.Errorf("read the edits of changeset %d: %w", id, err)
	}
	var fid int64
	all := map[int64]bool{}
	_, err = pgx.ForEachRow(rows, []any{&fid}, func() error { all[fid] = true; return nil })
	return all, err
}
