package tiles

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/maypok86/otter/v2"
	"github.com/prometheus/client_golang/prometheus"

	"haidang"
	"haidang/geo"
	"haidang/internal/bus"
	"haidang/internal/postgres"
	"haidang/internal/turns"
)

// maxWaiting bounds how many cuts may wait for a connection: a hundred browsers that
// each ask for ten tiles at once.
const maxWaiting = 1_000

// Config is what the service needs. Zero values of the limits mean the defaults named beside them.
type Config struct {
	Pool       *pgxpool.Pool
	Bus        *bus.Bus              // may be nil: then nobody is told
	Registerer prometheus.Registerer // may be nil: then nothing is measured
	CacheBytes uint64                // encoded tiles kept in memory; 64 MiB
	Conns      int                   // database connections for tiles; as many as cores, 2 at the least
	Wait       time.Duration         // longest wait for one of them; 20 s
	Timeout    time.Duration         // longest query; 15 s

	DiskDir     string // folder for encoded tiles, which outlive a restart there; empty: memory only
	DiskBytes   uint64 // what they may take on the disk; 1 GiB
	DiskReserve uint64 // what others keep free on it: tiles leave twice as much; a twentieth of the disk, 1 GiB at most
}

// layers is what is known of the layers at one moment.
type layers = map[haidang.LayerSlug]*layer

// Service serves tiles. It is safe for concurrent use between Start and Stop.
type Service struct {
	config  Config
	layers  atomic.Pointer[layers]
	pool    *pgxpool.Pool // tiles only: a flood of tiles leaves the others' connections alone
	cache   *otter.Cache[key, tile]
	past    *otter.Cache[key, tile] // of tiles as they were
	disk    *disk                   // nil: none
	queue   *turns.Queue
	flights flights
	watcher *geo.Watcher
	metrics metrics

	running context.Context // until Stop
	end     context.CancelFunc
	chore   sync.Mutex // held while what can wait is done

	reading  sync.Mutex // held while the catalogue and the outbox are read
	database string     // tells it from all others
	listed   time.Time  // when the catalogue was read last
	tidied   time.Time  // when the outbox was
	mended   time.Time  // when the parts of heavy shapes were looked through
}

// New makes a service; Start runs it.
func New(c Config) *Service {
	if c.CacheBytes == 0 {
		c.CacheBytes = 64 << 20
	}
	if c.Conns == 0 {
		c.Conns = max(2, runtime.GOMAXPROCS(0))
	}
	if c.Wait == 0 {
		c.Wait = 20 * time.Second
	}
	if c.Timeout == 0 {
		c.Timeout = 15 * time.Second
	}
	if c.DiskBytes == 0 {
		c.DiskBytes = 1 << 30
	}
	s := &Service{config: c, cache: newCache(c.CacheBytes - c.CacheBytes/pastShare), past: newCache(c.CacheBytes / pastShare), queue: turns.New(c.Conns, maxWaiting), flights: flights{open: map[key]*flight{}}}
	if c.DiskDir != "" {
		s.disk = newDisk(c.DiskDir, c.DiskBytes, c.DiskReserve)
	}
	s.running, s.end = context.WithCancel(context.Background())
	s.layers.Store(&layers{})
	s.metrics = newMetrics(c.Registerer, s)
	return s
}

// Start reads the catalogue and begins to watch it.
func (s *Service) Start(ctx context.Context) (err error) {
	if s.database, err = identify(ctx, s.config.Pool); err != nil {
		return err
	}
	if s.pool, err = openPool(ctx, s.config); err != nil {
		return err
	}
	if _, err := s.read(ctx); err != nil {
		s.pool.Close()
		return err
	}
	s.measure(ctx)
	if s.disk != nil {
		s.disk.start()
	}
	s.watcher = geo.NewWatcher(s.config.Pool, s.look)
	return s.watcher.Start(ctx)
}

// openPool opens a small pool of connections set up for tiles: no query may hold
// one for long, none may spread over the cores, and what comes in goes first.
func openPool(ctx context.Context, c Config) (*pgxpool.Pool, error) {
	config := c.Pool.Config().Copy()
	config.MinConns, config.MaxConns = 0, int32(c.Conns)
	params := config.ConnConfig.RuntimeParams
	params["application_name"] = "haidang tiles"
	params["statement_timeout"] = strconv.FormatInt(c.Timeout.Milliseconds(), 10)
	params["max_parallel_workers_per_gather"] = "0"
	params["jit"] = "off"
	// One plan serves every tile of a zoom; to plan each anew takes longer than a small tile.
	params["plan_cache_mode"] = "force_generic_plan"
	// A cut that is given up asks the server to stop; the connection stays.
	config.ConnConfig.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: time.Second}
	}
	postgres.Yield(config)
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
	s.end()
	err := errors.Join(s.watcher.Stop(ctx), s.flights.stop(ctx))
	if s.disk != nil {
		err = errors.Join(err, s.disk.stop(ctx))
	}
	s.pool.Close()
	return err
}

func (s *Service) known() layers { return *s.layers.Load() }
