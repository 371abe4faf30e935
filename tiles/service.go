package tiles

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/maypok86/otter/v2"
	"github.com/prometheus/client_golang/prometheus"

	"haidang"
	"haidang/geo"
	"haidang/internal/bus"
)

// Config is what the service needs. Zero values of the limits mean the defaults named beside them.
type Config struct {
	Pool       *pgxpool.Pool
	Bus        *bus.Bus              // may be nil: then nobody is told
	Registerer prometheus.Registerer // may be nil: then nothing is measured
	CacheBytes uint64                // encoded tiles kept in memory; 64 MiB
	Conns      int                   // database connections for tiles; twice the cores
	Wait       time.Duration         // longest wait for one of them; 5 s
	Timeout    time.Duration         // longest query; 15 s
}

// layers is what is known of the layers at one moment.
type layers = map[haidang.LayerSlug]*layer

// Service serves tiles. It is safe for concurrent use between Start and Stop.
type Service struct {
	config  Config
	layers  atomic.Pointer[layers]
	pool    *pgxpool.Pool // tiles only: a flood of tiles leaves the others' connections alone
	cache   *otter.Cache[key, tile]
	waiting atomic.Int64 // loads that wait for a connection or hold one
	watcher *geo.Watcher
	metrics metrics
}

// New makes a service; Start runs it.
func New(c Config) *Service {
	if c.CacheBytes == 0 {
		c.CacheBytes = 64 << 20
	}
	if c.Conns == 0 {
		c.Conns = 2 * runtime.GOMAXPROCS(0)
	}
	if c.Wait == 0 {
		c.Wait = 5 * time.Second
	}
	if c.Timeout == 0 {
		c.Timeout = 15 * time.Second
	}
	s := &Service{config: c, cache: newCache(c.CacheBytes)}
	s.layers.Store(&layers{})
	s.metrics = newMetrics(c.Registerer, s)
	return s
}

// Start reads the catalogue and begins to watch it.
func (s *Service) Start(ctx context.Context) error {
	pool, err := openPool(ctx, s.config)
	if err != nil {
		return err
	}
	s.pool = pool
	if _, _, err := s.reload(ctx); err != nil {
		pool.Close()
		return err
	}
	s.watcher = geo.NewWatcher(s.config.Pool, s.look)
	return s.watcher.Start(ctx)
}

// openPool opens a small pool of connections set up for tiles: no query may hold
// one for long, and none may spread over the cores, which the others need too.
func openPool(ctx context.Context, c Config) (*pgxpool.Pool, error) {
	config := c.Pool.Config().Copy()
	config.MinConns, config.MaxConns = 0, int32(c.Conns)
	params := config.ConnConfig.RuntimeParams
	params["application_name"] = "haidang tiles"
	params["statement_timeout"] = strconv.FormatInt(c.Timeout.Milliseconds(), 10)
	params["max_parallel_workers_per_gather"] = "0"
	params["jit"] = "off"
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open connections for tiles: %w", err)
	}
	return pool, nil
}

// Stop ends the watch and closes the connections. It may be called twice.
func (s *Service) Stop(ctx context.Context) error {
	if s.watcher == nil {
		return nil
	}
	err := s.watcher.Stop(ctx)
	s.pool.Close()
	return err
}

func (s *Service) known() layers { return *s.layers.Load() }

// look reads the catalogue again and tells the live bus what is new.
func (s *Service) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, s.config.Wait)
	defer cancel()
	fresh, news, err := s.reload(ctx)
	if err != nil {
		if ctx.Err() != context.Canceled {
			slog.Warn("tiles: cannot read the catalogue; the last one stays", "error", err)
		}
		return
	}
	if !fresh || s.config.Bus == nil {
		return
	}
	events := []haidang.Event{haidang.PlacesChanged{}}
	for _, l := range news {
		events = append(events, haidang.TilesChanged{Layer: l.Slug, Version: l.Version})
	}
	for _, e := range events {
		if err := s.config.Bus.Publish(e); err != nil {
			slog.Warn("tiles: cannot tell that the map changed", "error", err)
		}
	}
}

// reload reports whether a layer is new, changed or gone, and those that are new or changed.
func (s *Service) reload(ctx context.Context) (fresh bool, news []*layer, err error) {
	now, err := readLayers(ctx, s.config.Pool)
	if err != nil {
		return false, nil, err
	}
	before := s.known()
	for slug, l := range now {
		if old := before[slug]; old != nil && old.Version == l.Version {
			l.bounds = old.bounds
			continue
		}
		news = append(news, l)
		if err := l.readBounds(ctx, s.config.Pool); err != nil {
			return false, nil, err
		}
	}
	s.layers.Store(&now)
	return len(news) > 0 || len(now) != len(before), news, nil
}
