package raster

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo/crs"
	"haidang/internal/sandbox"
)

// Found is what a file shows of itself before anything is decided.
type Found struct {
	Width      int          `json:"width"` // pixels
	Height     int          `json:"height"`
	Bands      string       `json:"bands"`    // such as Red, Green, Blue
	Declared   string       `json:"declared"` // system as the file says; empty for none
	Chosen     string       `json:"chosen"`   // such as EPSG:9209; empty when it has to be asked
	Candidates []crs.CRS    `json:"-"`        // systems by which the picture lies in the mapped region, the likeliest first
	Remark     haidang.Text `json:"remark"`   // why it has to be asked
}

// Look examines a GeoTIFF without unpacking its pixels. A file that can be no picture
// of ours is an ErrInvalid; one of an unknown system is not.
func Look(ctx context.Context, pool *pgxpool.Pool, file string) (Found, error) {
	if err := needPrograms(); err != nil {
		return Found{}, err
	}
	var p picture
	err := inWork(filepath.Dir(file), file, func(_, file string) (err error) {
		p, err = inspect(ctx, file, Options{})
		return err
	})
	if err != nil {
		return Found{}, err
	}
	f := Found{Width: p.Size[0], Height: p.Size[1], Bands: p.colours(), Declared: p.declared()}
	x, y := p.centre()
	if f.Candidates, err = fitting(ctx, pool, x, y); err != nil {
		return f, err
	}
	s, err := place(ctx, pool, p, Options{})
	if refusal, ok := errors.AsType[*haidang.Error](err); ok {
		f.Remark = refusal.Text
		return f, nil
	}
	f.Chosen = s.name
	return f, err
}

// previewSide is the longer side of a preview, pixels.
const previewSide = 1024

// Try says what importing would give, Version and Tiles aside, and draws the picture
// small as PNG, warped to fill Bounds in Web Mercator. It needs room for a folder
// beside the file, and changes nothing.
func Try(ctx context.Context, pool *pgxpool.Pool, dir, file string, o Options) (r Report, preview []byte, err error) {
	if err := errors.Join(needPrograms(), o.check(ctx, pool)); err != nil {
		return r, nil, err
	}
	err = inWork(filepath.Dir(file), file, func(work, file string) error {
		c, p, err := plot(ctx, pool, work, file, o)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		if err := checkRoom(dir, c.grid); err != nil {
			return err
		}
		r = c.report(o, p)
		preview, err = c.preview(ctx)
		return err
	})
	return r, preview, err
}

// inWork calls do with a folder that GDAL may write in and the file where GDAL can
// read it, and removes the folder afterwards.
func inWork(parent, file string, do func(work, file string) error) (err error) {
	work, err := sandbox.Scratch(parent)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	if file, err = reachable(file, work); err != nil {
		return err
	}
	return do(work, file)
}

// preview draws the whole picture at once, small.
func (c *cutter) preview(ctx context.Context) ([]byte, error) {
	w, h := c.grid.box[2]-c.grid.box[0], c.grid.box[3]-c.grid.box[1]
	pixel := max(max(w, h)/previewSide, c.grid.pixel)
	width, height := max(int(w/pixel), 1), max(int(h/pixel), 1)
	raw, err := c.warp(ctx, c.grid.box, width, height)
	if err != nil {
		return nil, err
	}
	img, n := image.NewNRGBA(image.Rect(0, 0, width, height)), c.plan.samples()
	for i := range width * height {
		px := c.plan.rgba(raw[i*n : (i+1)*n])
		copy(img.Pix[i*4:], px[:])
	}
	var b bytes.Buffer
	err = png.Encode(&b, img)
	return b.Bytes(), err
}

// declared is the system in the file's own words.
func (p picture) declared() string {
	if p.STAC.EPSG != nil {
		return fmt.Sprintf("EPSG:%d", *p.STAC.EPSG)
	}
	return cmp.Or(firstName(p.CRS.WKT), p.CRS.WKT)
}
