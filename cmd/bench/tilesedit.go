package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/maptile"
	"golang.org/x/sync/errgroup"

	"haidang/geo/catalogue"
	"haidang/geo/changesets"
	"haidang/tiles/overview"
)

// The load of the bench of edits.
const (
	editsPerSecond = 10
	editTime       = 10 * time.Second // of one run
	editReaders    = 50
	editZoom       = 16
)

// editBench measures how long after its COMMIT an edit is on the tile that is served,
// milliseconds, the 95th of a hundred, at ten edits a second while fifty clients read
// and the overviews are kept up. Its floor asks PostGIS for the tile right after the
// COMMIT, with nobody beside it.
type editBench struct {
	*tilesBench
	layer  catalogue.Layer
	editor *changesets.Editor
	extras map[string][]float64
}

func prepareEdit(ctx context.Context) (*bench, error) {
	b, err := openTilesBench(ctx, editZoom)
	if err != nil {
		return nil, err
	}
	e := &editBench{tilesBench: b, extras: map[string][]float64{}}
	if e.layer, err = catalogue.Get(ctx, b.pool, "parcel"); err != nil {
		return nil, errors.Join(err, b.close())
	}
	if e.editor, err = openEditor(ctx, b.pool); err != nil {
		return nil, errors.Join(err, b.close())
	}
	return &bench{floor: e.floor, value: e.value, close: func() error { e.editor.Close(); return b.close() }, extras: e.extras}, nil
}

// benchEditor may edit every layer.
const benchEditor = "bench"

// openEditor lets benchEditor edit.
func openEditor(ctx context.Context, pool *pgxpool.Pool) (*changesets.Editor, error) {
	_, err := pool.Exec(ctx, `WITH made AS (INSERT INTO account (name, full_name, password_hash) VALUES ('`+benchEditor+`', 'Bench', '') RETURNING name)
		INSERT INTO account_grant (account, role) SELECT name, 'admin' FROM made`)
	if err != nil {
		return nil, err
	}
	return changesets.Open(ctx, pool)
}

// edited is a parcel with what it was changed to, and a tile that shows it.
type edited struct {
	fid int64
	use string
	at  maptile.Tile
}

// edit changes the use of a parcel, and returns after the COMMIT.
func (b *editBench) edit(ctx context.Context) (e edited, err error) {
	e.fid, e.use = 1+rand.Int64N(parcels), []string{"LUC", "CLN", "ONT", "NTS"}[rand.IntN(4)]
	var lon, lat float64
	err = b.pool.QueryRow(ctx, `SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_Transform(ST_PointOnSurface(geom_3857), 4326) AS p FROM layer_parcel WHERE fid = $1) x`, e.fid).Scan(&lon, &lat)
	if err != nil {
		return e, err
	}
	e.at = maptile.At([2]float64{lon, lat}, editZoom)
	return e, b.apply(ctx, changesets.Edit{Op: changesets.Update, FID: e.fid, Properties: map[string]any{"land_use": e.use, "area_m2": float64(rand.IntN(1e9)) / 8}}) // a value that it has already would be no edit
}

// apply makes one edit as people do: a changeset of its own, on a layer without review.
func (b *editBench) apply(ctx context.Context, edit changesets.Edit) error {
	id, err := b.editor.Begin(ctx, benchEditor, b.layer, "bench", changesets.Page)
	if err != nil {
		return err
	}
	if _, err := b.editor.Put(ctx, benchEditor, b.layer, id, 0, []changesets.Edit{edit}); err != nil {
		return err
	}
	_, err = b.editor.Submit(ctx, benchEditor, b.layer, id, 0, "")
	return err
}

// shows reports whether the tile has the parcel as it is now.
func (e edited) shows(raw []byte) (bool, error) {
	layers, err := mvt.Unmarshal(raw)
	if err != nil {
		return false, err
	}
	for _, l := range layers {
		for _, f := range l.Features {
			if id, _ := f.ID.(float64); int64(id) == e.fid {
				return f.Properties["land_use"] == e.use, nil
			}
		}
	}
	return false, fmt.Errorf("parcel %d is not on its tile %v", e.fid, e.at)
}

// many edits at the pace and returns the milliseconds that each took to be seen.
func (b *editBench) many(ctx context.Context, seen func(context.Context, edited) error) ([]float64, error) {
	var mu sync.Mutex
	var took []float64
	g, ctx := errgroup.WithContext(ctx)
	begin := time.Now()
	for i := range int(editTime.Seconds() * editsPerSecond) {
		time.Sleep(time.Until(begin.Add(time.Duration(i) * time.Second / editsPerSecond)))
		g.Go(func() error {
			e, err := b.edit(ctx)
			if err != nil {
				return err
			}
			committed := time.Now()
			if err := seen(ctx, e); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, float64(time.Since(committed))/float64(time.Millisecond))
			return nil
		})
	}
	err := g.Wait()
	return took, err
}

func (b *editBench) floor(ctx context.Context) (float64, error) {
	took, err := b.many(ctx, func(ctx context.Context, e edited) error {
		var raw []byte
		if err := b.bare.QueryRow(ctx, bareQuery, int32(e.at.Z), int32(e.at.X), int32(e.at.Y)).Scan(&raw); err != nil {
			return err
		}
		_, err := e.shows(raw)
		return err
	})
	return percentile(took, 0.95), err
}

func (b *editBench) value(ctx context.Context) (p95 float64, err error) {
	kept := overview.New(b.pool)
	if err := kept.Start(ctx); err != nil {
		return 0, err
	}
	err = b.serve(ctx, func(url string) error {
		stop, done := make(chan struct{}), make(chan error, 1)
		var answers atomic.Int64
		go func() { done <- b.read(ctx, url, stop, &answers) }()
		took, err := b.many(ctx, func(ctx context.Context, e edited) error { return b.await(ctx, url, e) })
		close(stop)
		p95 = percentile(took, 0.95)
		b.extras["p50"] = append(b.extras["p50"], percentile(took, 0.5))
		b.extras["p99"] = append(b.extras["p99"], percentile(took, 0.99))
		b.extras["reads_per_s"] = append(b.extras["reads_per_s"], float64(answers.Load())/editTime.Seconds())
		return errors.Join(err, <-done)
	})
	stopping, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return p95, errors.Join(err, kept.Stop(stopping))
}

// await asks for the tile until it shows the edit.
func (b *editBench) await(ctx context.Context, url string, e edited) error {
	client := &http.Client{Timeout: time.Minute} // unpacks by itself
	defer client.CloseIdleConnections()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		raw, err := readPlain(ctx, client, url+address(e.at))
		if err != nil {
			return err
		}
		if is, err := e.shows(raw); err != nil || is {
			return err
		}
	}
	return fmt.Errorf("the edit of parcel %d did not show within a minute", e.fid)
}

// read has clients ask for random tiles, as fast as ten a second each, until stop is closed.
func (b *editBench) read(ctx context.Context, url string, stop <-chan struct{}, answers *atomic.Int64) error {
	client := newTileClient(editReaders)
	defer client.CloseIdleConnections()
	var g errgroup.Group
	for range editReaders {
		g.Go(func() error {
			for {
				select {
				case <-stop:
					return nil
				case <-time.After(time.Duration(50+rand.IntN(100)) * time.Millisecond):
				}
				if err := fetch(ctx, client, url+address(b.tiles[rand.IntN(len(b.tiles))])); err != nil {
					return err
				}
				answers.Add(1)
			}
		})
	}
	return g.Wait()
}
