package pictures

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo"
	"haidang/geo/catalogue"
	"haidang/geo/raster"
)

// picture is a raster layer and the pyramid that it shows.
type picture struct {
	catalogue.Layer
	pyramid raster.Entry
}

// Service serves the tiles of raster layers. It is safe for concurrent use between
// Start and Stop.
type Service struct {
	pool    *pgxpool.Pool
	dir     string
	known   atomic.Pointer[map[haidang.LayerSlug]picture]
	watcher *geo.Watcher
}

// New makes a service over the folder of the rasters; Start runs it.
func New(pool *pgxpool.Pool, dir string) *Service {
	s := &Service{pool: pool, dir: dir}
	s.known.Store(&map[haidang.LayerSlug]picture{})
	return s
}

// longestLook is the longest wait for the catalogue.
const longestLook = 5 * time.Second

// Start removes what imports that died left behind, reads the catalogue and begins
// to watch it.
func (s *Service) Start(ctx context.Context) error {
	if err := raster.Sweep(ctx, s.pool, s.dir); err != nil {
		slog.Warn("rasters: cannot tidy up; nothing else depends on it", "error", err)
	}
	if err := s.reload(ctx); err != nil {
		return err
	}
	s.watcher = geo.NewWatcher(s.pool, s.look)
	return s.watcher.Start(ctx)
}

// Stop ends the watch. It may be called twice.
func (s *Service) Stop(ctx context.Context) error {
	if s.watcher == nil {
		return nil
	}
	return s.watcher.Stop(ctx)
}

func (s *Service) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, longestLook)
	defer cancel()
	before := *s.known.Load()
	err := s.reload(ctx)
	if err == nil && s.lost(before) {
		err = raster.Sweep(ctx, s.pool, s.dir)
	}
	if err != nil && ctx.Err() != context.Canceled {
		slog.Warn("rasters: cannot follow the catalogue; what was known stays", "error", err)
	}
}

// lost reports whether a layer that was shown is no more, so that its tiles can go.
func (s *Service) lost(before map[haidang.LayerSlug]picture) bool {
	now := *s.known.Load()
	for slug := range before {
		if _, ok := now[slug]; !ok {
			return true
		}
	}
	return false
}

func (s *Service) reload(ctx context.Context) error {
	pyramids, err := raster.List(ctx, s.pool)
	if err != nil {
		return err
	}
	now := map[haidang.LayerSlug]picture{}
	if len(pyramids) > 0 {
		entries, err := catalogue.List(ctx, s.pool)
		if err != nil {
			return err
		}
		for _, p := range pyramids {
			i := slices.IndexFunc(entries, func(l catalogue.Layer) bool { return l.Slug == p.Layer })
			if i >= 0 { // not gone between the two questions
				now[p.Layer] = picture{entries[i], p}
			}
		}
	}
	s.known.Store(&now)
	return nil
}

// Entry returns a raster layer as the catalogue describes it, as known within the
// last seconds, or ErrNotFound.
func (s *Service) Entry(slug haidang.LayerSlug) (catalogue.Layer, error) {
	p, err := s.picture(slug)
	return p.Layer, err
}

func (s *Service) picture(slug haidang.LayerSlug) (picture, error) {
	if p, ok := (*s.known.Load())[slug]; ok {
		return p, nil
	}
	return picture{}, catalogue.NotFound(slug)
}
