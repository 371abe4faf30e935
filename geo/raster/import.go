package raster

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/internal/sandbox"
)

// Import makes the GeoTIFF the content of the layer, new or there already, in the
// folder of the rasters. All or nothing: until it returns the layer shows what it
// showed before, also when the program is killed. A file or option that cannot be
// is an ErrInvalid; ErrConflict while another import runs, or when the layer is not
// a raster; ErrUnavailable without GDAL or room on the disk.
func Import(ctx context.Context, pool *pgxpool.Pool, dir, file string, o Options) (Report, error) {
	if err := needPrograms(); err != nil {
		return Report{}, err
	}
	o.File = cmp.Or(o.File, filepath.Base(file))
	if err := o.check(ctx, pool); err != nil {
		return Report{}, err
	}
	unlock, err := lock(dir)
	if err != nil {
		return Report{}, err
	}
	defer unlock()
	if err := sweep(ctx, pool, dir); err != nil {
		return Report{}, err
	}
	return importLocked(ctx, pool, dir, file, o)
}

func needPrograms() error {
	for _, program := range []string{"gdalinfo", "gdalwarp", "gdal_translate"} {
		if !sandbox.Installed(program) {
			return haidang.Refuse(haidang.ErrUnavailable, "Máy chủ chưa cài GDAL; quản trị viên hãy cài gói gdal-bin (make deps).",
				"GDAL is not installed on the server; an administrator should install the package gdal-bin (make deps).")
		}
	}
	return nil
}

func importLocked(ctx context.Context, pool *pgxpool.Pool, dir, file string, o Options) (Report, error) {
	scratchDir, err := os.MkdirTemp(dir, scratch)
	if err != nil {
		return Report{}, err
	}
	defer os.RemoveAll(scratchDir)
	work := filepath.Join(scratchDir, "work")
	if err := makeWork(scratchDir, work); err != nil {
		return Report{}, err
	}
	if file, err = reachable(file, work); err != nil {
		return Report{}, err
	}
	o.tell("inspect", 0, 1)
	c, p, err := plot(ctx, pool, work, file, o)
	if err != nil {
		return Report{}, err
	}
	if err := checkRoom(dir, c.grid); err != nil {
		return Report{}, err
	}
	c.out = &writer{dir: filepath.Join(scratchDir, "tiles")}
	c.told = func(done, total int64) { o.tell("cut", done, total) }
	if err := c.run(ctx); err != nil {
		return Report{}, err
	}
	if c.out.tiles == 0 {
		return Report{}, refuse("file", "Ảnh hoàn toàn trong suốt: không có gì để hiển thị.", "The picture is transparent throughout: there is nothing to show.")
	}
	o.tell("publish", 0, 1)
	return finish(ctx, pool, dir, file, o, c, p)
}

// plot looks at the file and settles how it will be cut.
func plot(ctx context.Context, pool *pgxpool.Pool, work, file string, o Options) (*cutter, picture, error) {
	p, err := inspect(ctx, file, o)
	if err != nil {
		return nil, p, err
	}
	s, err := place(ctx, pool, p, o)
	if err != nil {
		return nil, p, err
	}
	pl, _ := p.plan()
	if err := prepare(ctx, work, file, pl); err != nil {
		return nil, p, err
	}
	g, err := layOut(ctx, work, file, s, p, pl)
	if err != nil {
		return nil, p, err
	}
	return &cutter{file: file, work: work, system: s, plan: pl, grid: g}, p, nil
}

// makeWork makes the folder that GDAL may write in.
func makeWork(scratchDir, work string) error {
	if err := os.Mkdir(work, 0o755); err != nil {
		return err
	}
	if err := os.Chmod(scratchDir, 0o755); err != nil {
		return err
	}
	return sandbox.Lend(work)
}

// reachable is the file by a path without links that GDAL can read also as nobody:
// itself, or a copy in the folder of the work.
func reachable(file, work string) (string, error) {
	file, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	if file, err = filepath.EvalSymlinks(file); err != nil {
		return "", err
	}
	info, err := os.Stat(file)
	if err != nil || os.Geteuid() != 0 || info.Mode().Perm()&0o004 != 0 {
		return file, err
	}
	from, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer from.Close()
	to, err := os.OpenFile(filepath.Join(work, "source.tif"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(to, from)
	if err == nil {
		err = sandbox.Lend(to.Name())
	}
	if closing := to.Close(); err == nil {
		err = closing
	}
	return to.Name(), err
}

// finish puts the pyramid in its place and has the catalogue say so.
func finish(ctx context.Context, pool *pgxpool.Pool, dir, file string, o Options, c *cutter, p picture) (Report, error) {
	sum, err := digest(file)
	if err != nil {
		return Report{}, err
	}
	r := c.report(o, p)
	r.Version, r.Tiles, r.Bytes, r.Format = newVersion(time.Now()), c.out.tiles, c.out.bytes, c.out.format()
	to := filepath.Join(dir, string(o.Layer), r.Version)
	if err := publish(c.out.dir, to); err != nil {
		return Report{}, err
	}
	o.tell("record", 0, 1)
	if err := record(ctx, pool, o, r, sum); err != nil {
		_ = sweep(context.WithoutCancel(ctx), pool, dir) // it asks the catalogue: the COMMIT may have held all the same
		return Report{}, err
	}
	o.tell("done", 1, 1)
	return r, sweep(ctx, pool, dir)
}

// report is what is known before anything is cut.
func (c *cutter) report(o Options, p picture) Report {
	return Report{Layer: o.Layer, Width: p.Size[0], Height: p.Size[1], CRS: c.system.name, Resolution: c.grid.ground(),
		Bounds: c.grid.bounds(), MinZoom: c.grid.minZoom, MaxZoom: c.grid.maxZoom, Notices: c.notices(p)}
}

// notices say what a person may not expect.
func (c *cutter) notices(p picture) []haidang.Text {
	all := []haidang.Text{}
	if c.system.notice != nil {
		all = append(all, *c.system.notice)
	}
	if c.plan.extra {
		all = append(all, haidang.Text{VI: fmt.Sprintf("Ảnh có %d kênh; chỉ hiển thị các kênh %v.", len(p.Bands), c.plan.bands),
			EN: fmt.Sprintf("The picture has %d bands; only the bands %v are shown.", len(p.Bands), c.plan.bands)})
	}
	return all
}

func digest(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return h.Sum(nil), err
}
