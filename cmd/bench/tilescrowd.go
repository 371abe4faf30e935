package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/paulmach/orb/maptile"
	"golang.org/x/sync/errgroup"

	"haidang/tiles"
)

// The crowd of the bench, and the readings that come in beside it.
const (
	crowdUsers  = 100
	crowdAtOnce = 6               // connections of a browser
	crowdRate   = 500             // messages a second
	crowdTiles  = 12              // on a screen
	crowdLook   = 3 * time.Second // at a screen, before going elsewhere
)

// crowdBench measures from PUBLISH to COMMIT, milliseconds, the 99th of a hundred, while
// a hundred people open the map on an empty cache. Its floor is the same without them.
type crowdBench struct {
	*latencyBench
	ground *tilesBench
}

func prepareCrowd(ctx context.Context) (*bench, error) {
	b, err := openLatency(ctx)
	if err != nil {
		return nil, err
	}
	b.rate = crowdRate
	c := &crowdBench{latencyBench: b, ground: &tilesBench{workshop: b.workshop}}
	if err := c.ground.prepare(ctx, 14); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return &bench{floor: c.alone, value: c.crowded, close: c.close, extras: b.extras}, nil
}

func (b *crowdBench) alone(ctx context.Context) (float64, error) { return b.commit(ctx) }

func (b *crowdBench) crowded(ctx context.Context) (p99 float64, err error) {
	config := tiles.Config{Pool: b.pool}
	err = b.ground.serveWith(ctx, config, func(_ *tiles.Service, url string) error {
		c := &crowd{url: url, tiles: b.ground.tiles, until: time.Now().Add(latencyTime)}
		done := make(chan error, 1)
		go func() { done <- c.run(ctx) }()
		most := make(chan float64, 1)
		go func() { most <- b.connections(ctx, c.until) }()
		p99, err = b.commit(ctx)
		err = errors.Join(err, <-done)
		b.note("connections", <-most)
		b.note("tiles_per_s", float64(c.got.Load())/latencyTime.Seconds())
		b.note("tile_p50", percentile(c.took, 0.5))
		b.note("tile_p99", percentile(c.took, 0.99))
		b.note("refused_percent", 100*float64(c.refused.Load())/float64(c.got.Load()+c.refused.Load()))
		b.note("errors", float64(c.failed.Load()))
		return err
	})
	return p99, err
}

// connections is the most that tiles had open at once.
func (b *crowdBench) connections(ctx context.Context, until time.Time) (most float64) {
	for ; time.Now().Before(until); time.Sleep(100 * time.Millisecond) {
		var n float64
		if b.pool.QueryRow(ctx, `SELECT count(*)::float8 FROM pg_stat_activity WHERE application_name = 'haidang tiles'`).Scan(&n) == nil {
			most = max(most, n)
		}
	}
	return most
}

func (b *crowdBench) close() error {
	if b.ground.bare != nil {
		b.ground.bare.Close()
	}
	return b.latencyBench.close()
}

// crowd are people who open the map somewhere, look at it for some seconds, and go elsewhere.
type crowd struct {
	url   string
	tiles []maptile.Tile
	until time.Time

	got, refused, failed atomic.Int64
	mu                   sync.Mutex
	took                 []float64 // milliseconds
}

func (c *crowd) run(ctx context.Context) error {
	client := newTileClient(crowdUsers * crowdAtOnce)
	defer client.CloseIdleConnections()
	var g errgroup.Group
	for user := range crowdUsers {
		g.Go(func() error {
			for time.Now().Before(c.until) {
				if err := c.look(ctx, client, user); err != nil {
					return err
				}
				time.Sleep(time.Duration(float64(crowdLook) * (0.5 + rand.Float64())))
			}
			return nil
		})
	}
	return g.Wait()
}

// look opens one screen: some tiles of one zoom, a few at once.
func (c *crowd) look(ctx context.Context, client *http.Client, user int) error {
	z := maptile.Zoom(13 + rand.IntN(4))
	at := c.tiles[rand.IntN(len(c.tiles))]
	corner := maptile.At(at.Center(), z)
	var g errgroup.Group
	g.SetLimit(crowdAtOnce)
	for i := range uint32(crowdTiles) {
		g.Go(func() error { return c.ask(ctx, client, user, maptile.New(corner.X+i%4, corner.Y+i/4, z)) })
	}
	return g.Wait()
}

// ask asks again after as long as a refusal says.
func (c *crowd) ask(ctx context.Context, client *http.Client, user int, t maptile.Tile) error {
	start := time.Now()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+address(t), nil)
		if err != nil {
			return err
		}
		request.Header.Set("Accept-Encoding", "gzip")
		request.Header.Set(askerHeader, fmt.Sprint(user))
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, response.Body)
		if err = errors.Join(err, response.Body.Close()); err != nil {
			return err
		}
		wait, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		switch {
		case response.StatusCode == http.StatusServiceUnavailable && wait > 0:
			c.refused.Add(1)
			time.Sleep(time.Duration(wait) * time.Second)
			if time.Now().After(c.until) {
				return nil
			}
			continue
		case response.StatusCode >= http.StatusBadRequest:
			c.failed.Add(1)
		}
		c.got.Add(1)
		c.mu.Lock()
		c.took = append(c.took, float64(time.Since(start))/float64(time.Millisecond))
		c.mu.Unlock()
		return nil
	}
}
