package imports

import (
	"context"
	"errors"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang/internal/sandbox"
)

// Config is what imports stand on.
type Config struct {
	Pool   *pgxpool.Pool
	Dir    string // folder for files on their way; made when it is missing
	Limits Limits
	// Rasters is the folder of the raster layers' tiles; empty: no GeoTIFF is taken.
	Rasters string
}

// Importer takes files through their stages.
type Importer struct {
	pool   *pgxpool.Pool
	dir    string
	limits Limits

	rasters string
}

// New makes an importer and its folder.
func New(c Config) (*Importer, error) {
	if err := os.MkdirAll(c.Dir, 0o711); err != nil {
		return nil, err
	}
	return &Importer{pool: c.Pool, dir: c.Dir, limits: c.Limits.orDefault(), rasters: c.Rasters}, nil
}

// withSource lays a file out for the sandbox, and clears away when do has ended.
func (im *Importer) withSource(ctx context.Context, file, name string, do func(source) error) (err error) {
	dir, err := sandbox.Scratch(im.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := unpack(ctx, file, name, dir, im.limits, im.room)
	if err != nil {
		return err
	}
	return do(s)
}

// MaxFileSize is the largest file that is taken, bytes.
func (im *Importer) MaxFileSize() int64 { return im.limits.FileSize }
