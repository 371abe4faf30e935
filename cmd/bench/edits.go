package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/paulmach/orb/encoding/wkb"

	"haidang"
	"haidang/geo"
	"haidang/geo/catalogue"
	"haidang/geo/changesets"
)

const (
	editedParcels = 50_000 // in the layer that is edited
	ratedEdits    = 300    // of one run
	movedShapes   = 100    // beside
)

// desk is a layer of parcels with somebody who may edit it, and a bare table of the same
// rows with the same indexes.
type desk struct {
	*workshop
	layer  catalogue.Layer
	editor *changesets.Editor
	extras map[string][]float64
}

func openDesk(ctx context.Context, n int) (*desk, error) {
	w, err := openWorkshop(ctx)
	if err != nil {
		return nil, err
	}
	d := &desk{workshop: w, extras: map[string][]float64{}}
	if err := d.furnish(ctx, n); err != nil {
		return nil, errors.Join(err, d.end())
	}
	return d, nil
}

func (d *desk) furnish(ctx context.Context, n int) (err error) {
	if err := geo.ReferenceData(ctx, d.pool); err != nil {
		return err
	}
	if err := geo.GenerateParcels(ctx, d.pool, n); err != nil {
		return err
	}
	if d.layer, err = catalogue.Get(ctx, d.pool, "parcel"); err != nil {
		return err
	}
	if d.editor, err = openEditor(ctx, d.pool); err != nil {
		return err
	}
	return d.exec(ctx, `UPDATE layer SET review = 'none' WHERE slug = 'parcel'`, `CREATE TABLE bare AS SELECT * FROM layer_parcel`, `ALTER TABLE bare ADD PRIMARY KEY (fid)`,
		`CREATE INDEX ON bare USING gist (geom)`, `CREATE INDEX ON bare USING gist (geom_3857)`, `VACUUM ANALYZE bare`, `VACUUM ANALYZE layer_parcel`)
}

func (d *desk) exec(ctx context.Context, statements ...string) error {
	for _, sql := range statements {
		if _, err := d.pool.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%.60s: %w", sql, err)
		}
	}
	return nil
}

func (d *desk) end() error {
	if d.editor != nil {
		d.editor.Close()
	}
	return d.close()
}

func (d *desk) note(name string, v float64) { d.extras[name] = append(d.extras[name], v) }

// prepareEditRate measures edits/s of one person, each a changeset of its own: begun,
// drafted, handed in and applied, with rights, conflicts, history, audit and the tiles
// told. The floor is the bare UPDATE of as many rows, each committed.
func prepareEditRate(ctx context.Context) (*bench, error) {
	d, err := openDesk(ctx, editedParcels)
	if err != nil {
		return nil, err
	}
	return &bench{floor: d.bareRate, value: d.rate, extras: d.extras, close: d.end}, nil
}

func (d *desk) bareRate(ctx context.Context) (float64, error) {
	begin := time.Now()
	for range ratedEdits {
		if _, err := d.pool.Exec(ctx, `UPDATE bare SET land_use = $2, row_version = row_version + 1 WHERE fid = $1`, 1+rand.Int64N(editedParcels), anyUse()); err != nil {
			return 0, err
		}
	}
	return ratedEdits / time.Since(begin).Seconds(), nil
}

func anyUse() string { return []string{"LUC", "CLN", "ONT", "NTS", "BHK"}[rand.IntN(5)] }

func (d *desk) rate(ctx context.Context) (float64, error) {
	var stages [3]time.Duration
	for range ratedEdits {
		took, err := d.once(ctx, benchEditor, 1+rand.Int64N(editedParcels))
		if err != nil {
			return 0, err
		}
		for i := range stages {
			stages[i] += took[i]
		}
	}
	for i, name := range []string{"begin", "put", "submit"} {
		d.note(name+" ms", stages[i].Seconds()*1000/ratedEdits)
	}
	return ratedEdits / (stages[0] + stages[1] + stages[2]).Seconds(), d.moves(ctx)
}

// moves notes edits/s that move a border by a hair: these are looked at beside their neighbours.
func (d *desk) moves(ctx context.Context) error {
	var total time.Duration
	for range movedShapes {
		e := changesets.Edit{Op: changesets.Update, FID: 1 + rand.Int64N(editedParcels)}
		var b []byte
		if err := d.pool.QueryRow(ctx, `SELECT ST_AsBinary(ST_Translate(geom, 0.0002, 0)) FROM layer_parcel WHERE fid = $1`, e.FID).Scan(&b); err != nil {
			return err
		}
		var err error
		if e.Geometry, err = wkb.Unmarshal(b); err != nil {
			return err
		}
		took, err := d.apply(ctx, benchEditor, e)
		if err != nil {
			return err
		}
		total += took[0] + took[1] + took[2]
	}
	d.note("moves/s", movedShapes/total.Seconds())
	return nil
}

// once changes the use of one parcel, and says how long each step took. A value that it
// has already is no edit; the area always is another.
func (d *desk) once(ctx context.Context, who haidang.AccountName, fid int64) (took [3]time.Duration, err error) {
	return d.apply(ctx, who, changesets.Edit{Op: changesets.Update, FID: fid, Properties: map[string]any{"land_use": anyUse(), "area_m2": float64(rand.IntN(1e9)) / 8}})
}

func (d *desk) apply(ctx context.Context, who haidang.AccountName, edit changesets.Edit) (took [3]time.Duration, err error) {
	begin := time.Now()
	id, err := d.editor.Begin(ctx, who, d.layer, "bench", changesets.Page)
	if err != nil {
		return took, err
	}
	took[0], begin = time.Since(begin), time.Now()
	if _, err := d.editor.Put(ctx, who, d.layer, id, 0, []changesets.Edit{edit}); err != nil {
		return took, err
	}
	took[1], begin = time.Since(begin), time.Now()
	_, err = d.editor.Submit(ctx, who, d.layer, id, 0, "")
	took[2] = time.Since(begin)
	return took, err
}
