package main

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"haidang/geo/changesets"
)

const (
	largeChangeset = 10_000 // edits
	putAtOnce      = 5_000
)

// prepareEditLarge measures how long it takes to apply a changeset of ten thousand
// features in one transaction, and how long somebody else then waits for the layer. The
// floor is one bare UPDATE of as many rows.
func prepareEditLarge(ctx context.Context) (*bench, error) {
	d, err := openDesk(ctx, editedParcels)
	if err != nil {
		return nil, err
	}
	return &bench{floor: d.bareLarge, value: d.large, extras: d.extras, close: d.end}, nil
}

func (d *desk) bareLarge(ctx context.Context) (float64, error) {
	begin := time.Now()
	_, err := d.pool.Exec(ctx, `UPDATE bare SET land_use = $2, row_version = row_version + 1 WHERE fid <= $1`, largeChangeset, anyUse())
	return time.Since(begin).Seconds() * 1000, err
}

func (d *desk) large(ctx context.Context) (float64, error) {
	id, err := d.draftLarge(ctx)
	if err != nil {
		return 0, err
	}
	done := make(chan struct{})
	var took time.Duration
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(done)
		begin := time.Now()
		_, err := d.editor.Submit(ctx, benchEditor, d.layer, id, 0, "")
		took = time.Since(begin)
		return err
	})
	g.Go(func() error { return d.others(ctx, done) })
	err = g.Wait()
	return took.Seconds() * 1000, err
}

// draftLarge has the changeset drafted, as many edits at once as may come.
func (d *desk) draftLarge(ctx context.Context) (int64, error) {
	begin := time.Now()
	id, err := d.editor.Begin(ctx, benchEditor, d.layer, "bench", changesets.Page)
	if err != nil {
		return 0, err
	}
	edits := make([]changesets.Edit, largeChangeset)
	for i := range edits {
		edits[i] = changesets.Edit{Op: changesets.Update, FID: int64(i + 1), Properties: map[string]any{"area_m2": float64(id) + float64(i)/8}}
	}
	for part := range slices.Chunk(edits, putAtOnce) {
		if _, err := d.editor.Put(ctx, benchEditor, d.layer, id, 0, part); err != nil {
			return 0, err
		}
	}
	d.note("draft ms", time.Since(begin).Seconds()*1000)
	return id, nil
}

// others edit one other parcel after another meanwhile, and look at the layer.
func (d *desk) others(ctx context.Context, done chan struct{}) error {
	var edit, read time.Duration
	for n := int64(0); ; n++ {
		select {
		case <-done:
			d.note("another's edit waits ms", edit.Seconds()*1000)
			d.note("a reader waits ms", read.Seconds()*1000)
			return nil
		default:
		}
		begin := time.Now()
		if err := d.exec(ctx, `SELECT count(*) FROM layer_parcel WHERE fid <= 100`); err != nil {
			return err
		}
		read = max(read, time.Since(begin))
		took, err := d.once(ctx, benchEditor, largeChangeset+1+n)
		if err != nil {
			return err
		}
		edit = max(edit, took[0]+took[1]+took[2])
	}
}
