package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// prepareCached measures tiles that are in the cache, against a bare net/http
// handler that has the same bytes in a map.
func prepareCached(ctx context.Context) (*bench, error) {
	b, err := openTilesBench(ctx, 14)
	if err != nil {
		return nil, err
	}
	c := &cachedBench{tilesBench: b, bodies: map[string][]byte{}}
	return &bench{floor: c.floor, value: c.value, close: b.close,
		note: func() string { return fmt.Sprintf("   %d clients, %d tiles of zoom 14", cachedClients, len(b.tiles)) }}, nil
}

type cachedBench struct {
	*tilesBench
	bodies map[string][]byte // gzipped tiles by path, filled by the first run
}

func (c *cachedBench) floor(ctx context.Context) (perSecond float64, err error) {
	if len(c.bodies) == 0 {
		if err := c.serve(ctx, func(url string) error { return c.collect(ctx, url) }); err != nil {
			return 0, err
		}
	}
	bare := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
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
	err = c.serve(ctx, func(url string) error {
		if err := c.collect(ctx, url); err != nil { // every tile is cached from here on
			return err
		}
		perSecond, err = c.flood(ctx, url)
		return err
	})
	return perSecond, err
}

// collect asks for every tile once and keeps its bytes.
func (c *cachedBench) collect(ctx context.Context, url string) error {
	client := newTileClient(1)
	defer client.CloseIdleConnections()
	for _, t := range c.tiles {
		body, err := read(ctx, client, url+address(t))
		if err != nil {
			return err
		}
		c.bodies[address(t)] = body
	}
	return nil
}

// flood asks for the tiles in turn, many at once, for cachedTime.
func (c *cachedBench) flood(ctx context.Context, url string) (float64, error) {
	client := newTileClient(cachedClients)
	defer client.CloseIdleConnections()
	addresses := make([]string, len(c.tiles))
	for i, t := range c.tiles {
		addresses[i] = url + address(t)
	}
	var asked atomic.Int64
	start := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for range cachedClients {
		group.Go(func() error {
			for time.Since(start) < cachedTime {
				if err := fetch(ctx, client, addresses[int(asked.Add(1))%len(addresses)]); err != nil {
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

func read(ctx context.Context, client *http.Client, url string) ([]byte, error) {
	response, err := ask(ctx, client, url)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return io.ReadAll(response.Body)
}

func fetch(ctx context.Context, client *http.Client, url string) error {
	response, err := ask(ctx, client, url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

func ask(ctx context.Context, client *http.Client, url string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept-Encoding", "gzip")
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusNoContent {
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
