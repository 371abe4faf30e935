package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/internal/bus"
	"haidang/tiles"
	"haidang/tiles/overview"
)

// The zooms of tiles that are counted, and the edits of one run of each kind.
const (
	firstVoided, lastVoided = 8, 16
	voidedEdits             = 50
)

// voidedBench counts the tiles that get a new version for each edit of a parcel, of its
// use or of its border. Its floor is the least possible: the tiles within whose buffer
// the parcel lies, before or after.
type voidedBench struct {
	*editBench
	local *bus.Local
	live  *bus.Bus
	close func() error
	edits []int64 // the same for floor and value
}

func prepareVoided(ctx context.Context) (*bench, error) {
	b, err := openTilesBench(ctx, editZoom)
	if err != nil {
		return nil, err
	}
	v := &voidedBench{editBench: &editBench{tilesBench: b}}
	if v.layer, err = catalogue.Get(ctx, b.pool, "parcel"); err == nil {
		err = v.openBus(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	for i := range int64(2 * voidedEdits) {
		v.edits = append(v.edits, 1+i*(parcels/(2*voidedEdits)))
	}
	return &bench{floor: v.floor, value: v.value, close: func() error { return errors.Join(v.close(), b.close()) },
		note: func() string {
			return fmt.Sprintf("   %d edits, zooms %d to %d", len(v.edits), firstVoided, lastVoided)
		}}, nil
}

func (b *voidedBench) openBus(ctx context.Context) (err error) {
	if b.local, err = bus.NewLocal(); err != nil {
		return err
	}
	if err := b.local.Start(ctx); err != nil {
		return err
	}
	conn, err := b.local.InProcessConn()
	if err != nil {
		return err
	}
	b.live = bus.New(conn)
	b.close = func() error {
		conn.Close()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		return b.local.Stop(ctx)
	}
	return nil
}

// floor counts by PostGIS which tiles an edit cannot leave as they are. Borders move by
// half a metre, so before and after are as good as one.
func (b *voidedBench) floor(ctx context.Context) (perEdit float64, err error) {
	err = b.pool.QueryRow(ctx, `SELECT count(*)::float8 / $2 FROM layer_parcel p, generate_series($3::int, $4::int) z,
			LATERAL (SELECT 40075016.685578488 / 2 ^ z AS size) s,
			generate_series(floor((ST_XMin(p.geom_3857) + 20037508.342789244) / size - 0.02)::int, floor((ST_XMax(p.geom_3857) + 20037508.342789244) / size + 0.02)::int) x,
			generate_series(floor((20037508.342789244 - ST_YMax(p.geom_3857)) / size - 0.02)::int, floor((20037508.342789244 - ST_YMin(p.geom_3857)) / size + 0.02)::int) y
		WHERE p.fid = ANY ($1) AND ST_Intersects(p.geom_3857, ST_TileEnvelope(z, x, y, margin => 64.0 / 4096))`,
		b.edits, len(b.edits), firstVoided, lastVoided).Scan(&perEdit)
	return perEdit, err
}

// value edits one parcel after the other and counts what open maps are told.
func (b *voidedBench) value(ctx context.Context) (float64, error) {
	var mu sync.Mutex
	voided, last, whole := 0, int64(0), false
	stop, err := bus.Subscribe(b.live, func(e haidang.TilesChanged) {
		mu.Lock()
		defer mu.Unlock()
		whole, last = whole || e.Tiles == nil, max(last, e.Version)
		for _, t := range e.Tiles {
			if t[0] >= firstVoided && t[0] <= lastVoided {
				voided++
			}
		}
	})
	if err != nil {
		return 0, err
	}
	defer stop()
	service := tiles.New(tiles.Config{Pool: b.pool, Bus: b.live})
	if err := service.Start(ctx); err != nil {
		return 0, err
	}
	defer func() { _ = service.Stop(context.WithoutCancel(ctx)) }()
	for i, fid := range b.edits {
		if err := b.change(ctx, fid, i); err != nil {
			return 0, err
		}
		if err := overview.Build(ctx, b.pool); err != nil {
			return 0, err
		}
		if err := b.settle(ctx, &mu, &last); err != nil {
			return 0, err
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if whole {
		return 0, errors.New("an edit voided the whole layer")
	}
	return float64(voided) / float64(len(b.edits)), nil
}

// change turns the use of a parcel or moves a corner of it half a metre.
func (b *voidedBench) change(ctx context.Context, fid int64, i int) error {
	sql := `UPDATE layer_parcel SET land_use = CASE land_use WHEN 'LUC' THEN 'CLN' ELSE 'LUC' END WHERE fid = $1`
	if i%2 == 0 {
		sql = `UPDATE layer_parcel SET geom = ST_MakePolygon(ST_SetPoint(ST_ExteriorRing(geom), 1, ST_Translate(ST_PointN(ST_ExteriorRing(geom), 2), 0.5, 0)))
			WHERE fid = $1`
	}
	_, err := b.pool.Exec(ctx, sql, fid)
	return err
}

// settle waits until all that is committed was told.
func (b *voidedBench) settle(ctx context.Context, mu *sync.Mutex, told *int64) error {
	var version int64
	if err := b.pool.QueryRow(ctx, `SELECT version FROM layer WHERE slug = 'parcel'`).Scan(&version); err != nil {
		return err
	}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		mu.Lock()
		done := *told >= version
		mu.Unlock()
		if done {
			return nil
		}
	}
	return errors.New("a change was not told within a minute")
}
