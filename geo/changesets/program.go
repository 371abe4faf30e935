package changesets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/features"
	"haidang/internal/audit"
)

// A program that edits feature by feature cannot say what belongs together. What one
// person's programs send to a layer belongs together for as long as they do not pause.
const (
	together = 30 * time.Second // where nobody reviews: changesets that are undone together
	quiet    = time.Minute      // where somebody does: the draft is handed in after that
)

// programTitle is why a program edits, as far as anybody knows.
const programTitle = "Sửa bằng QGIS (OGC API)"

// Sent is what became of a program's edit.
type Sent struct {
	FID     int64
	State   State // Applied, or Draft: somebody reviews it
	Version int64 // RowVersion that it made; 0: none
}

// Send does what a program asks for with one feature. On a layer without review it holds
// at once; otherwise it joins a draft that HandIn hands in. ErrConflict, ErrBlocked: it is
// kept in a draft of its author, and the sentence says in which.
func (e *Editor) Send(ctx context.Context, who haidang.AccountName, l catalogue.Layer, edit Edit) (Sent, error) {
	list, err := e.encode(ctx, l, []Edit{edit})
	if err != nil {
		return Sent{}, err
	}
	if l.Review == catalogue.ReviewNone {
		return e.sendAtOnce(ctx, who, l, edit, list)
	}
	return e.gather(ctx, who, l, edit, list)
}

func (e *Editor) sendAtOnce(ctx context.Context, who haidang.AccountName, l catalogue.Layer, edit Edit, list []byte) (Sent, error) {
	id, fid, err := e.draft(ctx, who, l, list)
	if err != nil {
		return Sent{}, err
	}
	sent := Sent{FID: fid, State: Applied}
	if _, err := e.Submit(ctx, who, l, id, 0, ""); err != nil {
		return sent, e.setAside(ctx, who, l, id, err)
	}
	if edit.Op != Delete {
		err = e.pool.QueryRow(ctx, `SELECT applied_version FROM changeset_edit WHERE changeset = $1 AND fid = $2`, id, fid).Scan(&sent.Version)
	}
	return sent, err
}

// draft opens a draft of one edit that goes with what its author sent lately.
func (e *Editor) draft(ctx context.Context, who haidang.AccountName, l catalogue.Layer, list []byte) (id, fid int64, err error) {
	err = e.act(ctx, l, who, "changeset.begin", func(tx pgx.Tx, said *audit.Entry) error {
		if err := tx.QueryRow(ctx, `SELECT changeset_begin($1, $2, $3, 'qgis')`, who, l.Slug, programTitle).Scan(&id); err != nil {
			return err
		}
		said.Object = object(id)
		if err := tx.QueryRow(ctx, `SELECT fids[1] FROM changeset_put($1, $2, 0, $3)`, who, id, list).Scan(&fid); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `SELECT changeset_join($1, $2, $3)`, who, id, together)
		return err
	})
	return id, fid, err
}

// gather adds an edit to the draft that waits for more. What would clash already, or may
// never be, does not hold up the others.
func (e *Editor) gather(ctx context.Context, who haidang.AccountName, l catalogue.Layer, edit Edit, list []byte) (Sent, error) {
	sent := Sent{State: Draft}
	err := e.act(ctx, l, who, "changeset.gather", func(tx pgx.Tx, said *audit.Entry) error {
		var id int64
		if err := tx.QueryRow(ctx, `SELECT changeset_gather($1, $2, $3)`, who, l.Slug, programTitle).Scan(&id); err != nil {
			return err
		}
		said.Object = object(id)
		if err := tx.QueryRow(ctx, `SELECT fids[1] FROM changeset_put($1, $2, 0, $3)`, who, id, list).Scan(&sent.FID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `SELECT changeset_wait($1, $2, $3, $4)`, who, id, sent.FID, quiet); err != nil {
			return err
		}
		return clashes(ctx, tx, l, id, sent.FID)
	})
	if haidang.CodeOf(err) != haidang.ErrConflict || edit.Op == Insert {
		return sent, err
	}
	id, _, failed := e.draft(ctx, who, l, list)
	if failed != nil {
		return sent, err // and nothing to keep: the feature is gone, say
	}
	return sent, e.setAside(ctx, who, l, id, err)
}

// clashes is the conflict of one feature of a changeset.
func clashes(ctx context.Context, tx pgx.Tx, l catalogue.Layer, id, fid int64) error {
	rows, err := tx.Query(ctx, `SELECT fid, field, now_version, base, theirs, mine FROM changeset_conflicts($1, $2)`, id, fid)
	if err != nil {
		return err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Conflict])
	if err != nil || len(list) == 0 {
		return err
	}
	return sentence(l, "conflict", detail{Conflicts: list})
}

// setAside keeps for its author what could not be done because of others or of the shape,
// and gives up what would never be. What changes nothing is no error.
func (e *Editor) setAside(ctx context.Context, who haidang.AccountName, l catalogue.Layer, id int64, why error) error {
	refusal, _ := errors.AsType[*haidang.Error](why)
	if refusal == nil || refusal.Field != "conflicts" && refusal.Code != haidang.ErrBlocked {
		_, err := e.Decide(ctx, who, l, id, 0, Drop, "")
		if err == nil && (refusal == nil || refusal.Field != "edits") {
			err = why
		}
		return err
	}
	err := e.call(ctx, l, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT changeset_keep($1, $2, $3)`, who, id, refusal.Text.VI).Scan(&id)
	})
	if err != nil {
		return err
	}
	said := *refusal
	said.Text = haidang.Text{VI: fmt.Sprintf("%s Bản nháp: gói thay đổi %d.", refusal.Text.VI, id), EN: fmt.Sprintf("%s The draft is changeset %d.", refusal.Text.EN, id)}
	return &said
}

// Keep keeps for its author an edit that was refused before it was sent, and returns the
// refusal, with where it is. What changes nothing is not kept.
func (e *Editor) Keep(ctx context.Context, who haidang.AccountName, l catalogue.Layer, edit Edit, why *haidang.Error) error {
	if len(edit.Properties) == 0 && edit.Geometry == nil {
		return why
	}
	list, err := e.encode(ctx, l, []Edit{edit})
	if err != nil {
		return err
	}
	id, _, err := e.draft(ctx, who, l, list)
	if err != nil {
		return err
	}
	return e.setAside(ctx, who, l, id, why)
}

// Seen is what a program shows of a feature: as it read it, with what it sent since.
type Seen struct {
	Version    int64 // RowVersion that it goes on from; 0: of a feature that is in a draft only
	Properties map[string]any
	Stored     orb.Geometry // in the layer's system
	Asked      orb.Geometry // in the system of srid
	Waits      bool         // some of what it sent was to be reviewed: who reads the version again does not see it
	Gone       bool         // it asked to delete it
}

// Seen returns what a person's program shows of a feature that it read at a version; 0:
// it made the feature itself and read it never. who "": the version alone, whatever was
// sent since. nil when there is no such version.
func (e *Editor) Seen(ctx context.Context, who haidang.AccountName, l catalogue.Layer, fid, version int64, srid int) (*Seen, error) {
	s := &Seen{Version: version}
	var attributes, stored, asked []byte
	var made *int64
	err := e.pool.QueryRow(ctx, `SELECT s.attributes || CASE WHEN l.dated THEN jsonb_build_object($6::text, lower((s.attributes ->> 'period')::daterange), $7::text, upper((s.attributes ->> 'period')::daterange)) ELSE '{}' END,
			ST_AsBinary(s.geom), ST_AsBinary(ST_Transform(s.geom, $5::integer)), s.made, s.waits, s.gone
		FROM layer l, seen_by(l, $1, $3, $4) s WHERE l.slug = $2`, who, l.Slug, fid, version, srid, features.ValidFrom, features.ValidUntil).Scan(&attributes, &stored, &asked, &made, &s.Waits, &s.Gone)
	if err != nil {
		return nil, fmt.Errorf("read what is seen of feature %d of %s: %w", fid, l.Slug, err)
	}
	if attributes == nil || stored == nil {
		return nil, nil //nolint:nilnil // nothing is seen
	}
	if err := json.Unmarshal(attributes, &s.Properties); err != nil {
		return nil, err
	}
	if version == 0 && made != nil {
		s.Version = *made
	}
	if s.Stored, err = shape(stored); err != nil {
		return nil, err
	}
	s.Asked, err = shape(asked)
	return s, err
}
