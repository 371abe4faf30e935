package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"
	"github.com/paulmach/orb/maptile/tilecover"

	"haidang/internal/postgres"
	"haidang/tiles/overview"
)

// Zooms that random tiles are asked of, and how many of each.
const (
	firstRandom, lastRandom = 8, 16
	randomTiles             = 8
)

// settling is how long a service that has just started is left to measure its layers
// and to look through their parts, which reads every row once.
const settling = 3 * time.Second

// dataset is a layer to measure tiles on.
type dataset struct {
	layer, table, class string
	fill                func(ctx context.Context, pool *pgxpool.Pool) error
}

// randomBench asks for random tiles of every zoom, nothing cached, and in turn lets
// PostGIS cut the same tiles from the layer's rows with the barest statement.
type randomBench struct {
	*tilesBench
	dataset
	others []maptile.Tile                // as many more, not measured: the service answers them first, as the floor has its earlier runs
	took   [2]map[maptile.Zoom][]float64 // milliseconds: bare, ours
	bytes  map[maptile.Zoom]int          // gzipped, the largest tile seen
	built  time.Duration
	extra  map[string][]float64
	proof  string // lines on what the tiles of each zoom show
}

func random(d dataset) func(context.Context) (*bench, error) {
	return func(ctx context.Context) (*bench, error) {
		w, err := openWorkshop(ctx)
		if err != nil {
			return nil, err
		}
		b := &randomBench{tilesBench: &tilesBench{workshop: w}, dataset: d, bytes: map[maptile.Zoom]int{}, extra: map[string][]float64{}}
		if err := b.ready(ctx); err != nil {
			return nil, errors.Join(err, b.close())
		}
		return &bench{floor: b.floor, value: b.value, close: b.close, extras: b.extra, note: b.note}, nil
	}
}

func (b *randomBench) ready(ctx context.Context) error {
	patient, err := postgres.Open(ctx, b.cluster.URL(), postgres.WithoutStatementTimeout())
	if err != nil {
		return err
	}
	b.bare = patient
	if err := b.fill(ctx, patient); err != nil {
		return err
	}
	if _, err := patient.Exec(ctx, "VACUUM ANALYZE "+b.table); err != nil {
		return err
	}
	start := time.Now()
	if err := overview.Build(ctx, b.pool); err != nil {
		return err
	}
	b.built = time.Since(start)
	return b.pick(ctx)
}

// pick chooses tiles that hold something, the same ones every time.
func (b *randomBench) pick(ctx context.Context) error {
	var box orb.Bound
	err := b.pool.QueryRow(ctx, `SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e)
		FROM (SELECT ST_Transform(ST_SetSRID(ST_Extent(geom_3857)::geometry, 3857), 4326) AS e FROM `+b.table+`) t`).
		Scan(&box.Min[0], &box.Min[1], &box.Max[0], &box.Max[1])
	if err != nil {
		return err
	}
	if b.proof, err = b.prove(ctx, box); err != nil {
		return err
	}
	dice := rand.New(rand.NewPCG(1, 2))
	for z := maptile.Zoom(firstRandom); z <= lastRandom; z++ {
		var all []maptile.Tile
		for t := range tilecover.Bound(box, z) {
			all = append(all, t)
		}
		slices.SortFunc(all, func(a, b maptile.Tile) int { return int(int64(a.Quadkey()) - int64(b.Quadkey())) })
		dice.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		b.tiles = append(b.tiles, all[:min(randomTiles, len(all))]...)
		b.others = append(b.others, all[min(randomTiles, len(all)):min(2*randomTiles, len(all))]...)
	}
	return nil
}

func (b *randomBench) bareQuery() string {
	return fmt.Sprintf(`SELECT ST_AsMVT(t, '%s', 4096, 'geom', 'fid') FROM (
		SELECT fid, %s, ST_AsMVTGeom(geom_3857, ST_TileEnvelope($1, $2, $3), 4096, 64, true) AS geom
		FROM %s WHERE geom_3857 && ST_TileEnvelope($1, $2, $3, margin => 64.0 / 4096)) t`, b.layer, b.class, b.table)
}

// floor and value return tiles per second of zoom 14; the other zooms are extras.
func (b *randomBench) floor(ctx context.Context) (float64, error) {
	b.took[0] = map[maptile.Zoom][]float64{}
	for _, t := range b.tiles {
		start := time.Now()
		var raw []byte
		if err := b.bare.QueryRow(ctx, b.bareQuery(), int32(t.Z), int32(t.X), int32(t.Y)).Scan(&raw); err != nil {
			return 0, err
		}
		b.took[0][t.Z] = append(b.took[0][t.Z], milliseconds(time.Since(start)))
	}
	return 1000 / median(b.took[0][14]), nil
}

func (b *randomBench) value(ctx context.Context) (float64, error) {
	b.took[1] = map[maptile.Zoom][]float64{}
	err := b.serve(ctx, func(url string) error {
		client := newTileClient(1)
		defer client.CloseIdleConnections()
		if err := b.warm(ctx, url); err != nil {
			return err
		}
		time.Sleep(settling)
		for _, t := range b.others {
			if _, err := read(ctx, client, fmt.Sprintf("%s/tiles/%s/%d/%d/%d", url, b.layer, t.Z, t.X, t.Y)); err != nil {
				return err
			}
		}
		for _, t := range b.tiles {
			start := time.Now()
			body, err := read(ctx, client, fmt.Sprintf("%s/tiles/%s/%d/%d/%d", url, b.layer, t.Z, t.X, t.Y))
			if err != nil {
				return err
			}
			b.took[1][t.Z] = append(b.took[1][t.Z], milliseconds(time.Since(start)))
			b.bytes[t.Z] = max(b.bytes[t.Z], len(bytes.TrimSpace(body)))
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	b.addExtras()
	return 1000 / median(b.took[1][14]), nil
}

// warm lets every connection of the service prepare every zoom's statement, as the
// floor's connection has: it asks for tiles where nothing is, many at once.
func (b *randomBench) warm(ctx context.Context, url string) error {
	client := newTileClient(tileConns())
	defer client.CloseIdleConnections()
	const each = 6 * 4
	_, err := rate(tileConns(), each*(lastRandom-firstRandom+1), func(i int) error {
		return fetch(ctx, client, fmt.Sprintf("%s/tiles/%s/%d/%d/0", url, b.layer, firstRandom+i/each, i%each))
	})
	return err
}

func (b *randomBench) addExtras() {
	var all []float64
	for z := maptile.Zoom(firstRandom); z <= lastRandom; z++ {
		bare, ours := b.took[0][z], b.took[1][z]
		name := fmt.Sprintf("z%02d_", z)
		b.extra[name+"bare_ms"] = append(b.extra[name+"bare_ms"], median(bare))
		b.extra[name+"ms"] = append(b.extra[name+"ms"], median(ours))
		b.extra[name+"times"] = append(b.extra[name+"times"], median(bare)/median(ours))
		b.extra[name+"gzip_kB"] = append(b.extra[name+"gzip_kB"], float64(b.bytes[z])/1000)
		all = append(all, ours...)
	}
	slices.Sort(all)
	b.extra["p50_ms"] = append(b.extra["p50_ms"], all[len(all)/2])
	b.extra["p99_ms"] = append(b.extra["p99_ms"], all[len(all)*99/100])
}

func (b *randomBench) note() string {
	return fmt.Sprintf("   %d random tiles of zooms %d to %d; overviews first built in %.1f s%s", len(b.tiles), firstRandom, lastRandom, b.built.Seconds(), b.proof)
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
