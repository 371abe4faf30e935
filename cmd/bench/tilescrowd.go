package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
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
	err = b.ground.serveWith(ctx, tiles.Config{Pool: b.pool}, func(_ *tiles.Service, url string) error {
		time.Sleep(settling)
		crowd := make(chan crowdSaw, 1)
		come := make(chan error, 1)
		go func() {
			saw, err := sendCrowd(ctx, crowdGoes{URL: url, Tiles: b.ground.tiles, For: latencyTime})
			crowd <- saw
			come <- err
		}()
		most := make(chan float64, 1)
		go func() { most <- b.connections(ctx, time.Now().Add(latencyTime)) }()
		p99, err = b.commit(ctx)
		saw := <-crowd
		err = errors.Join(err, <-come)
		b.note("connections", <-most)
		b.note("tiles_per_s", float64(saw.Got)/latencyTime.Seconds())
		b.note("tile_p50", percentile(saw.Took, 0.5))
		b.note("tile_p99", percentile(saw.Took, 0.99))
		b.note("refused_percent", 100*float64(saw.Refused)/float64(saw.Got+saw.Refused))
		b.note("errors", float64(saw.Failed))
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

// crowdWord as first argument makes the program the crowd.
const crowdWord = "crowd"

// crowdGoes says where the crowd goes, and crowdSaw what became of it.
type crowdGoes struct {
	URL   string
	Tiles []maptile.Tile
	For   time.Duration
}

type crowdSaw struct {
	Got, Refused, Failed int64
	Took                 []float64 // milliseconds
}

// sendCrowd runs the crowd as a process of its own, the last to get the cores: a
// province's browsers have theirs, and none of the server's.
func sendCrowd(ctx context.Context, goes crowdGoes) (saw crowdSaw, err error) {
	self, err := os.Executable()
	if err != nil {
		return saw, err
	}
	where, err := json.Marshal(goes)
	if err != nil {
		return saw, err
	}
	cmd := exec.CommandContext(ctx, self, crowdWord)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(where), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return saw, fmt.Errorf("the crowd's process: %w", err)
	}
	return saw, json.Unmarshal(out, &saw)
}

// playCrowd is that process.
func playCrowd(ctx context.Context, in io.Reader, out io.Writer) error {
	if err := syscall.Setpriority(syscall.PRIO_PROCESS, 0, 19); err != nil {
		return err
	}
	var goes crowdGoes
	if err := json.NewDecoder(in).Decode(&goes); err != nil {
		return err
	}
	c := &crowd{url: goes.URL, tiles: goes.Tiles, until: time.Now().Add(goes.For)}
	if err := c.run(ctx); err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(crowdSaw{c.got.Load(), c.refused.Load(), c.failed.Load(), c.took})
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
