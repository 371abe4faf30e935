package tiles

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/maypok86/otter/v2"

	"haidang"
)

// What the disk is asked for.
const (
	maxUnwritten = 512         // tiles that wait to be written; more are not written
	diskPause    = time.Minute // after a write that failed
	diskBlock    = 4096        // a file takes so many bytes, or twice or thrice …
	tileSuffix   = ".tile"
)

// disk keeps tiles in files, one each, by the layer's slug and a hash of the key. It
// remembers which there are and removes those that are wanted least. It is a
// convenience: whatever goes wrong with it, tiles are cut anew. A nil disk keeps nothing.
type disk struct {
	dir       string
	reserve   uint64                       // bytes that others keep free; 0: as many as they do by default
	files     *otter.Cache[string, uint32] // size by name
	unwritten chan unwritten
	paused    atomic.Int64 // no writes before that instant, Unix seconds
	end       context.CancelFunc
	work      sync.WaitGroup
}

type unwritten struct {
	key  key
	tile tile
}

func newDisk(dir string, limit, reserve uint64) *disk {
	d := &disk{dir: dir, reserve: reserve, unwritten: make(chan unwritten, maxUnwritten)}
	d.files = otter.Must(&otter.Options[string, uint32]{
		MaximumWeight: limit,
		Weigher:       func(_ string, size uint32) uint32 { return (size + diskBlock - 1) / diskBlock * diskBlock },
		OnDeletion: func(e otter.DeletionEvent[string, uint32]) {
			if e.Cause != otter.CauseReplacement {
				_ = os.Remove(d.path(e.Key)) // gone already is as good
			}
		},
	})
	return d
}

// start begins to write, after having found out what is there. Until then nothing is.
func (d *disk) start() {
	ctx, cancel := context.WithCancel(context.Background())
	d.end = cancel
	d.work.Go(func() {
		d.survey(ctx)
		for {
			select {
			case <-ctx.Done():
				return
			case u := <-d.unwritten:
				d.write(u)
			}
		}
	})
}

// stop ends the writing and waits for it, or for ctx. What is not written yet is not.
func (d *disk) stop(ctx context.Context) error {
	if d.end == nil {
		return nil
	}
	d.end()
	done := make(chan struct{})
	go func() { d.work.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// survey takes in the files of an earlier life, and removes what it left half written.
func (d *disk) survey(ctx context.Context) {
	err := filepath.WalkDir(d.dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil || e.IsDir():
			return nil //nolint:nilerr // what cannot be read is not there
		case strings.HasSuffix(path, temporary):
			_ = os.Remove(path)
		case strings.HasSuffix(path, tileSuffix):
			if name, err := filepath.Rel(d.dir, path); err == nil {
				if info, err := e.Info(); err == nil {
					d.files.Set(name, uint32(info.Size()))
				}
			}
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		slog.Warn("tiles: the folder of tiles cannot be read", "folder", d.dir, "error", err)
	}
}

func (d *disk) path(name string) string { return filepath.Join(d.dir, name) }

// file names a key: the layer's folder, one of 256 in it, and the rest.
func (k key) file() string {
	h := fnv.New128a()
	fmt.Fprintf(h, "%s/%x/%d/%s/%d/%d/%d", k.name, k.print, k.version, k.day, k.z, k.x, k.y)
	sum := fmt.Sprintf("%x", h.Sum(nil))
	return filepath.Join(string(k.name), sum[:2], sum[2:]+tileSuffix)
}

// get reads a tile. What is not as it was written is removed.
func (d *disk) get(k key) (tile, bool) {
	if d == nil {
		return nil, false
	}
	name := k.file()
	if _, ok := d.files.GetIfPresent(name); !ok {
		return nil, false
	}
	data, err := os.ReadFile(d.path(name))
	if err == nil {
		var t tile
		if t, err = unseal(data, k); err == nil {
			return t, true
		}
	}
	if !errors.Is(err, fs.ErrNotExist) {
		slog.Warn("tiles: a file is broken and is removed", "file", name, "error", err)
	}
	d.files.Invalidate(name)
	return nil, false
}

// put writes a tile by and by, or not at all when the disk does not keep up.
func (d *disk) put(k key, t tile) {
	if d == nil {
		return
	}
	select {
	case d.unwritten <- unwritten{k, t}:
	default:
	}
}

func (d *disk) write(u unwritten) {
	if time.Now().Unix() < d.paused.Load() {
		return
	}
	name, data := u.key.file(), seal(u.key, u.tile)
	err := d.room()
	if err == nil {
		err = writeWhole(d.path(name), data)
	}
	if err != nil {
		d.paused.Store(time.Now().Add(diskPause).Unix())
		slog.Warn("tiles: no tiles are written to the disk for a while", "error", err)
		return
	}
	d.files.Set(name, uint32(len(data)))
}

var errNoRoom = errors.New("the disk's reserve is reached")

// room returns an error when others need what is left of the disk, and then makes the
// files of tiles half as many: readings are worth more than tiles.
func (d *disk) room() error {
	var s syscall.Statfs_t
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return err
	}
	if err := syscall.Statfs(d.dir, &s); err != nil {
		return err
	}
	block, reserve := uint64(s.Bsize), d.reserve
	if reserve == 0 {
		reserve = min(1<<30, s.Blocks*block/20)
	}
	if s.Bavail*block >= 2*reserve {
		return nil
	}
	limit := d.files.GetMaximum()
	d.files.SetMaximum(d.files.WeightedSize() / 2)
	d.files.CleanUp()
	d.files.SetMaximum(limit)
	return errNoRoom
}

// forget removes the files of a layer that is gone.
func (d *disk) forget(slug haidang.LayerSlug) {
	if d == nil || slug == "" {
		return
	}
	for name := range d.files.Keys() {
		if strings.HasPrefix(name, string(slug)+string(filepath.Separator)) {
			d.files.Invalidate(name)
		}
	}
}

func (d *disk) size() uint64 {
	if d == nil {
		return 0
	}
	return d.files.WeightedSize()
}
