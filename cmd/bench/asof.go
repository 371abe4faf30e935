package main

import (
	"context"
	"fmt"
	"time"

	"github.com/paulmach/orb"

	"haidang/geo/catalogue"
	"haidang/geo/features"
)

const (
	pastFeatures = 10_000
	pastVersions = 100 // of each, in the history
)

// prepareAsOf measures how long it takes to read ten thousand features as of an instant
// in the middle of a history of a million rows, and those of a box in it. The floor
// reads the layer as it is.
func prepareAsOf(ctx context.Context) (*bench, error) {
	d, err := openDesk(ctx, pastFeatures)
	if err != nil {
		return nil, err
	}
	b := &pastBench{desk: d}
	if err := b.fill(ctx); err != nil {
		return nil, fmt.Errorf("fill the history: %w", err)
	}
	now := func(ctx context.Context) (float64, error) { return b.read(ctx, features.Query{}, "now, box ms") }
	then := func(ctx context.Context) (float64, error) {
		return b.read(ctx, features.Query{At: &b.at}, "then, box ms")
	}
	return &bench{floor: now, value: then, extras: d.extras, close: d.end}, nil
}

type pastBench struct {
	*desk
	at  time.Time
	box orb.Bound
}

// fill writes the history as a hundred changesets of the whole layer would have, one a
// minute, the first a day ago.
func (b *pastBench) fill(ctx context.Context) (err error) {
	statements := []string{`UPDATE layer_clock SET began = began - interval '1 day' WHERE layer = 'parcel'`}
	for v := range pastVersions {
		statements = append(statements, fmt.Sprintf(`INSERT INTO history_layer_parcel
			SELECT tstzrange(k.began + %[1]d * interval '1 minute', k.began + %[1]d * interval '1 minute' + interval '1 minute'), 0, p.*
			FROM layer_clock k, layer_parcel p WHERE k.layer = 'parcel' ORDER BY fid`, v))
	}
	if err := b.exec(ctx, append(statements, `VACUUM ANALYZE history_layer_parcel`)...); err != nil {
		return err
	}
	if b.layer, err = catalogue.Get(ctx, b.pool, "parcel"); err != nil {
		return err
	}
	b.at = b.layer.HistoryFrom.Add(pastVersions/2*time.Minute + time.Second)
	return b.pool.QueryRow(ctx, `SELECT ST_XMin(g), ST_YMin(g), ST_XMin(g) + 400, ST_YMin(g) + 480 FROM layer_parcel, ST_Envelope(geom) g WHERE fid = 5000`).
		Scan(&b.box.Min[0], &b.box.Min[1], &b.box.Max[0], &b.box.Max[1])
}

// read reads the whole layer, and then what is in the box.
func (b *pastBench) read(ctx context.Context, q features.Query, box string) (float64, error) {
	whole, err := b.once(ctx, q, pastFeatures)
	if err != nil {
		return 0, err
	}
	q.BBox, q.BBoxSRID = &b.box, b.layer.SRID
	part, err := b.once(ctx, q, 0)
	b.note(box, part)
	return whole, err
}

// once returns the milliseconds that a reading took, of so many features; 0: of some.
func (b *pastBench) once(ctx context.Context, q features.Query, want int) (float64, error) {
	n, begin := 0, time.Now()
	q.SRID = b.layer.SRID
	err := features.Read(ctx, b.pool, b.layer, q, func(features.Feature) error { n++; return nil })
	if err == nil && (n == 0 || want > 0 && n != want) {
		err = fmt.Errorf("read %d features, want %d", n, want)
	}
	return time.Since(begin).Seconds() * 1000, err
}
