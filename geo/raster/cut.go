package raster

import (
	"context"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"haidang/internal/sandbox"
)

// sourceVRT names the file's bands in our order, in the folder of the work.
const sourceVRT = "source.vrt"

// cutter cuts the pyramid of one picture.
type cutter struct {
	file, work string // what is read; scratch space
	system     system
	plan       plan
	grid       grid
	out        *writer
	told       func(done, total int64)
	done       int64
	total      int64
}

// prepare writes the description of the file's bands that all cutting starts from.
func prepare(ctx context.Context, work, file string, pl plan) error {
	args := []string{"-q", "-if", "GTiff", "-of", "VRT"}
	for _, n := range pl.bands {
		args = append(args, "-b", strconv.Itoa(n))
	}
	if pl.palette == nil && !pl.alpha { // a mask of the file stays
		args = append(args, "-mask", "auto")
	}
	_, err := sandboxed(ctx, sandbox.Limits{Wall: time.Minute, Memory: toolsNeed}, []string{file}, []string{work},
		"gdal_translate", append(args, file, filepath.Join(work, sourceVRT))...)
	if err != nil {
		return unreadable(err)
	}
	return nil
}

// run cuts all tiles, from one corner of the first zoom to the other.
func (c *cutter) run(ctx context.Context) error {
	z := c.blockZoom()
	x0, y0, x1, y1 := c.grid.tiles(z)
	c.total = int64(x1-x0+1) * int64(y1-y0+1)
	x0, y0, x1, y1 = c.grid.tiles(c.grid.minZoom)
	for y := y0; y <= y1; y++ {
		for x := x0; x <= x1; x++ {
			if _, err := c.tile(ctx, c.grid.minZoom, x, y); err != nil {
				return err
			}
		}
	}
	return nil
}

// blockZoom is the zoom whose tiles are each cut from one block.
func (c *cutter) blockZoom() int { return max(c.grid.minZoom, c.grid.maxZoom-blockZooms) }

// tile cuts a tile and all below it. It returns the picture for the tile above, nil
// when there is nothing. At most one block is held, and one tile per zoom above it.
func (c *cutter) tile(ctx context.Context, z, x, y int) (*image.NRGBA, error) {
	if !c.grid.touches(z, x, y) {
		return nil, nil
	}
	if z == c.blockZoom() {
		return c.block(ctx, z, x, y)
	}
	var quarters [4]*image.NRGBA
	for i := range quarters {
		var err error
		if quarters[i], err = c.tile(ctx, z+1, 2*x+i%2, 2*y+i/2); err != nil {
			return nil, err
		}
	}
	return c.keep(z, x, y, join(quarters))
}

// block has GDAL cut a block, and makes tiles of it.
func (c *cutter) block(ctx context.Context, z, x, y int) (*image.NRGBA, error) {
	side := tileSize << (c.grid.maxZoom - z)
	raw, err := c.warp(ctx, tileBox(z, x, y), side, side)
	if err != nil {
		return nil, err
	}
	top, err := c.split(z, x, y, raw, side, image.Point{})
	c.done++
	c.told(c.done, c.total)
	return top, err
}

// split makes the tile at the corner of the block, from those below it where there are.
func (c *cutter) split(z, x, y int, raw []byte, side int, corner image.Point) (*image.NRGBA, error) {
	if z == c.grid.maxZoom {
		return c.keep(z, x, y, c.pixels(raw, side, corner))
	}
	half := tileSize << (c.grid.maxZoom - z) / 2
	var quarters [4]*image.NRGBA
	for i := range quarters {
		var err error
		at := corner.Add(image.Pt(i%2*half, i/2*half))
		if quarters[i], err = c.split(z+1, 2*x+i%2, 2*y+i/2, raw, side, at); err != nil {
			return nil, err
		}
	}
	return c.keep(z, x, y, join(quarters))
}

// keep writes a tile unless nothing can be seen in it.
func (c *cutter) keep(z, x, y int, img *image.NRGBA) (*image.NRGBA, error) {
	if img == nil {
		return nil, nil
	}
	return img, c.out.write(z, x, y, img)
}

// pixels reads one tile of the block; nil when nothing can be seen in it.
func (c *cutter) pixels(raw []byte, side int, corner image.Point) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, tileSize, tileSize))
	n, seen := c.plan.samples(), false
	for y := range tileSize {
		row := raw[((corner.Y+y)*side+corner.X)*n:]
		for x := range tileSize {
			px := c.plan.rgba(row[x*n : (x+1)*n])
			if px[3] != 0 {
				copy(img.Pix[(y*tileSize+x)*4:], px[:])
				seen = true
			}
		}
	}
	if !seen {
		return nil
	}
	return img
}

// warp cuts width × height pixels of the box in Web Mercator, sample by sample.
func (c *cutter) warp(ctx context.Context, box [4]float64, width, height int) ([]byte, error) {
	out := filepath.Join(c.work, "block.raw")
	args := warpArgs(c.system, c.plan)
	for _, option := range [][]string{{"-te"}, number(box[:]), {"-ts", strconv.Itoa(width), strconv.Itoa(height)},
		{"-of", "ENVI", "-co", "INTERLEAVE=BIP", "-overwrite", filepath.Join(c.work, sourceVRT), out}} {
		args = append(args, option...)
	}
	limits := sandbox.Limits{Wall: 10 * time.Minute, Memory: toolsNeed, FileSize: 1 << 30}
	if _, err := sandboxed(ctx, limits, []string{c.file}, []string{c.work}, "gdalwarp", args...); err != nil {
		return nil, unreadable(err)
	}
	raw, err := os.ReadFile(out)
	if err != nil {
		return nil, err
	}
	if want := width * height * c.plan.samples(); len(raw) != want {
		return nil, fmt.Errorf("gdalwarp wrote %d bytes, want %d", len(raw), want)
	}
	return raw, nil
}

func number(values []float64) []string {
	var texts []string
	for _, v := range values {
		texts = append(texts, strconv.FormatFloat(v, 'f', -1, 64))
	}
	return texts
}
