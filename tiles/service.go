package tiles

import (
	"context"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"haidang"
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

// Service serves tiles. It is safe for concurrent use between Start and Stop.
type Service struct{}

// New makes a service; Start runs it.
func New(c Config) *Service { return &Service{} }

// Start reads the catalogue and begins to watch it.
func (s *Service) Start(ctx context.Context) error { return nil }

// Stop ends the watch and closes the connections. It may be called twice.
func (s *Service) Stop(ctx context.Context) error { return nil }

// Layer is one entry of the catalogue.
type Layer struct {
	Slug        haidang.LayerSlug `json:"slug"`
	Title       haidang.Text      `json:"title"`
	Sector      string            `json:"sector"`
	MinZoom     int               `json:"minZoom"`
	MaxZoom     int               `json:"maxZoom"`
	Simulated   bool              `json:"simulated"`
	Attribution string            `json:"attribution"`
	Public      bool              `json:"public"` // anybody may see it
	Version     int64             `json:"version"`
}

// Layers returns the catalogue ordered by slug, as known within the last seconds.
func (s *Service) Layers(ctx context.Context) ([]Layer, error) { return nil, nil }

// Layer returns one entry of the catalogue, or ErrNotFound.
func (s *Service) Layer(slug haidang.LayerSlug) (Layer, error) { return Layer{}, nil }

// TileJSON describes one layer in TileJSON 3.0.0; base is the site's address, such
// as "https://example.vn", or empty for addresses relative to the host. It returns
// ErrNotFound for an unknown layer.
func (s *Service) TileJSON(ctx context.Context, slug haidang.LayerSlug, base string) (TileJSON, error) {
	return TileJSON{}, nil
}

// TileJSON is a TileJSON 3.0.0 document.
type TileJSON struct {
	TileJSON string   `json:"tilejson"`
	Name     string   `json:"name"`
	Tiles    []string `json:"tiles"`
}

// ServeTile answers with one tile. When it returns an error it has written no
// status and no body (at most a Retry-After header): the edge shows the error.
// ErrNotFound: no such layer or zoom; ErrInvalid: no such tile; ErrUnavailable: too busy, or the database is away.
func (s *Service) ServeTile(w http.ResponseWriter, r *http.Request, layer string, z, x, y uint32) error {
	return nil
}
