package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"haidang/tiles"
)

// prepareCached measures tiles that are in the cache, against a bare net/http
// handler that has the same bytes in a map.
func prepareCached(ctx context.Context) (*bench, error) { return openCached(ctx, false) }

// prepareKnownTiles measures answers to clients that have the tile already.
func prepareKnownTiles(ctx context.Context) (*bench, error) { return openCached(ctx, true) }

func openCached(ctx context.Context, known bool) (*bench, error) {
	b, err := openTilesBench(ctx, 14)
	if err != nil {
		return nil, err
	}
	c := &cachedBench{tilesBench: b, known: known, bodies: map[string][]byte{}, tags: map[string]string{}, extras: map[string][]float64{}}
	if c.counted, err = c.countQueries(ctx); err != nil {
		return nil, errors.Join(err, b.close())
	}
	return &bench{floor: c.floor, value: c.value, extras: c.extras, close: func() error { c.counted.Close(); return b.close() },
		note: func() string { return fmt.Sprintf("   %d clients, %d tiles of zoom 14", cachedClients, len(b.tiles)) }}, nil
}

type cachedBench struct {
	*tilesBench
	known   bool              // the clients send the tags they have
	bodies  map[string][]byte // gzipped tiles by path, filled by the first run
	tags    map[string]string
	counted *pgxpool.Pool
	queries atomic.Int64 // on the connections of tiles
	extras  map[string][]float64
}

func (c *cachedBench) floor(ctx context.Context) (perSecond float64, err error) {
	if len(c.bodies) == 0 {
		if err := c.serve(ctx, func(url string) error { return c.collect(ctx, url) }); err != nil {
			return 0, err
		}
	}
	bare := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tag := r.Header.Get("If-None-Match"); tag != "" && tag == c.tags[r.URL.Path] {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		body := c.bodies[r.URL.Path]
		w.Header().Set("Content-Type", "application/vnd.mapbox-vector-tile")
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	})
	err = listen(bare, func(url string) error {
		perSecond, err = c.flood(ctx, url)
		return err
	})
	return perSecond, err
}

func (c *cachedBench) value(ctx context.Context) (perSecond float64, err error) {
	config := tiles.Config{Pool: c.counted, Conns: tileConns()}
	err = c.serveWith(ctx, config, func(_ *tiles.Service, url string) error {
		if err := c.collect(ctx, url); err != nil { // every tile is cached from here on
			return err
		}
		before := c.queries.Load()
		perSecond, err = c.flood(ctx, url)
		c.extras["queries"] = append(c.extras["queries"], float64(c.queries.Load()-before))
		return err
	})
	return perSecond, err
}

// countQueries opens a pool on the same database that counts what tiles ask it.
func (c *cachedBench) countQueries(ctx context.Context) (*pgxpool.Pool, error) {
	config := c.pool.Config().Copy()
	config.ConnConfig.Tracer = queryCounter{&c.queries}
	return pgxpool.NewWithConfig(ctx, config)
}

type queryCounter struct{ n *atomic.Int64 }

func (c queryCounter) TraceQueryStart(ctx context.Context, conn *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	if conn.Config().RuntimeParams["application_name"] == "haidang tiles" {
		c.n.Add(1)
	}
	return ctx
}

func (c queryCounter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// collect asks for every tile once and keeps its bytes and its tag.
func (c *cachedBench) collect(ctx context.Context, url string) error {
	client := newTileClient(1)
	defer client.CloseIdleConnections()
	for _, t := range c.tiles {
		response, err := ask(ctx, client, url+address(t), "")
		if err != nil {
			return err
		}
		body, err := io.ReadAll(response.Body)
		if err = errors.Join(err, response.Body.Close()); err != nil {
			return err
		}
		c.bodies[address(t)], c.tags[address(t)] = body, response.Header.Get("ETag")
	}
	return nil
}

// flood asks for the tiles in turn, many at once, for cachedTime.
func (c *cachedBench) flood(ctx context.Context, url string) (float64, error) {
	client := newTileClient(cachedClients)
	defer client.CloseIdleConnections()
	addresses, tags := make([]string, len(c.tiles)), make([]string, len(c.tiles))
	for i, t := range c.tiles {
		addresses[i] = url + address(t)
		if c.known {
			tags[i] = c.tags[address(t)]
		}
	}
	var asked atomic.Int64
	start := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for range cachedClients {
		group.Go(func() error {
			for time.Since(start) < cachedTime {
				i := int(asked.Add(1)) % len(addresses)
				if err := fetchKnown(ctx, client, addresses[i], tags[i]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := group.Wait()
	return float64(asked.Load()) / time.Since(start).Seconds(), err
}

// newTileClient keeps a connection for each of n who ask, and leaves bodies gzipped.
func newTileClient(n int) *http.Client {
	return &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: n, DisableCompression: true}}
}

// readPlain reads a body that the client has unpacked.
func readPlain(ctx context.Context, client *http.Client, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", url, response.Status)
	}
	return io.ReadAll(response.Body)
}

func read(ctx context.Context, client *http.Client, url string) ([]byte, error) {
	response, err := ask(ctx, client, url, "")
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return io.ReadAll(response.Body)
}

func fetch(ctx context.Context, client *http.Client, url string) error {
	return fetchKnown(ctx, client, url, "")
}

// fetchKnown asks for what may be known by a tag; then 304 is wanted.
func fetchKnown(ctx context.Context, client *http.Client, url, tag string) error {
	response, err := ask(ctx, client, url, tag)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if tag != "" && response.StatusCode != http.StatusNotModified {
		return fmt.Errorf("%s: %s, although it is known", url, response.Status)
	}
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

func ask(ctx context.Context, client *http.Client, url, tag string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept-Encoding", "gzip")
	if tag != "" {
		request.Header.Set("If-None-Match", tag)
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= http.StatusBadRequest {
		response.Body.Close()
		return nil, fmt.Errorf("%s: %s", url, response.Status)
	}
	return response, nil
}

// rate does n things, a few at a time, and returns how many were done a second.
func rate(workers, n int, do func(i int) error) (float64, error) {
	start := time.Now()
	var group errgroup.Group
	group.SetLimit(workers)
	for i := range n {
		group.Go(func() error { return do(i) })
	}
	err := group.Wait()
	return float64(n) / time.Since(start).Seconds(), err
}
