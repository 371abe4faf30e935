package raster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"haidang"
	"haidang/geo/catalogue"
)

// Entry is the pyramid that a layer shows.
type Entry struct {
	Layer            haidang.LayerSlug
	Version          string // its folder
	File             string // name of what came in
	CRS              string // of what came in
	Resolution       float64
	Taken            *time.Time
	Source           string
	Bounds           [4]float64 // west, south, east, north in degrees
	MinZoom, MaxZoom int
	Tiles            int
	Bytes            int64
	Format           string // "png", or "jpg" when some tiles are
	ImportedAt       time.Time
}

// List returns the pyramids of all raster layers. A layer of which no picture came
// in yet has none.
func List(ctx context.Context, db catalogue.Querier) ([]Entry, error) {
	rows, err := db.Query(ctx, `SELECT layer, version, file, crs, resolution, taken_on, source, bounds, min_zoom, max_zoom, tiles, bytes, format, imported_at FROM raster`)
	if err != nil {
		return nil, fmt.Errorf("read the rasters: %w", err)
	}
	defer rows.Close()
	var all []Entry
	for rows.Next() {
		var e Entry
		var bounds []float64
		if err := rows.Scan(&e.Layer, &e.Version, &e.File, &e.CRS, &e.Resolution, &e.Taken, &e.Source, &bounds,
			&e.MinZoom, &e.MaxZoom, &e.Tiles, &e.Bytes, &e.Format, &e.ImportedAt); err != nil {
			return nil, fmt.Errorf("read the rasters: %w", err)
		}
		copy(e.Bounds[:], bounds)
		all = append(all, e)
	}
	return all, rows.Err()
}

// maxTile is the most that one tile's file may be; ours are far below.
const maxTile = 1 << 20

// Read returns the bytes of a tile in the folder of the rasters; none when nothing
// is to be seen there.
func (e Entry) Read(dir string, z, x, y int) ([]byte, error) {
	path := filepath.Join(e.folder(dir), strconv.Itoa(z), strconv.Itoa(x), strconv.Itoa(y))
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(e.folder(dir)); err != nil {
			return nil, fmt.Errorf("the pyramid of %s is not there: %w", e.Layer, err)
		}
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if info.Size() > maxTile {
		return nil, fmt.Errorf("%s has %d bytes", path, info.Size())
	}
	return os.ReadFile(path)
}

func (e Entry) folder(dir string) string { return filepath.Join(dir, string(e.Layer), e.Version) }

// scratch is how the folders of imports under way begin; no layer's code does.
const scratch = ".new-"

// lock lets one import at a time work in the folder, whichever process it is in.
func lock(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, ".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, haidang.Refuse(haidang.ErrConflict, "Đang có một ảnh khác được nhập; hãy thử lại khi việc ấy xong.",
			"Another picture is being imported; try again when that is done.")
	}
	return func() { f.Close() }, nil
}

// Sweep removes what imports that died and layers that are gone left behind in the
// folder. While an import runs it does nothing.
func Sweep(ctx context.Context, db catalogue.Querier, dir string) error {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	unlock, err := lock(dir)
	if err != nil {
		return nil //nolint:nilerr // the import under way sweeps when it begins
	}
	defer unlock()
	return sweep(ctx, db, dir)
}

func sweep(ctx context.Context, db catalogue.Querier, dir string) error {
	all, err := List(ctx, db)
	if err != nil {
		return err
	}
	used := map[string]bool{}
	for _, e := range all {
		used[e.folder(dir)] = true
	}
	found, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil {
		return err
	}
	unfinished, err := filepath.Glob(filepath.Join(dir, scratch+"*"))
	if err != nil {
		return err
	}
	for _, path := range append(unfinished, found...) {
		if !used[path] {
			err = errors.Join(err, os.RemoveAll(path))
			_ = os.Remove(filepath.Dir(path)) // if that was the layer's last
		}
	}
	return err
}

// publish moves a finished pyramid to its place, on disk for good.
func publish(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := unix.Syncfs(int(f.Fd())); err != nil {
		return fmt.Errorf("write the tiles to disk: %w", err)
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	parent, err := os.Open(filepath.Dir(to))
	if err != nil {
		return err
	}
	defer parent.Close()
	return parent.Sync()
}

// newVersion names a pyramid by when it was made.
func newVersion(at time.Time) string {
	return strings.ToLower(at.UTC().Format("20060102t150405.000000"))[:15] + "-" + strconv.FormatInt(at.UnixNano()%1e9, 36)
}
