package raster

import (
	"context"
	"encoding/json"
	"math"
	"path/filepath"
	"time"

	"haidang/internal/sandbox"
)

// The grid of tiles: WebMercatorQuad with tiles of 256 pixels, as every client knows it.
const (
	tileSize = 256
	maxZoom  = 22
	world    = 20037508.342789244 // half the width of Web Mercator, metres

	// A block is what GDAL cuts at once: 16 by 16 tiles, 64 MiB of red, green, blue and opacity.
	blockZooms = 4
	blockTiles = 1 << blockZooms

	// coarser is how much larger a pixel of the last zoom may be than one of the file
	// before another zoom is added, which costs four times the tiles.
	coarser = 1.15
	// mostGrowth bounds how many pixels of tiles a pixel of the file may become.
	mostGrowth = 8
)

// grid is where a picture lies among the tiles.
type grid struct {
	box              [4]float64 // metres of Web Mercator: west, south, east, north
	pixel            float64    // of the file, metres of Web Mercator
	minZoom, maxZoom int
}

// layOut asks GDAL where the picture comes to lie in Web Mercator.
func layOut(ctx context.Context, work, file string, s system, p picture, pl plan) (grid, error) {
	vrt := filepath.Join(work, "warped.vrt")
	args := append(warpArgs(s, pl), "-of", "VRT", filepath.Join(work, sourceVRT), vrt)
	limits := sandbox.Limits{Wall: time.Minute, Memory: toolsNeed, Output: 4 << 20}
	if _, err := sandboxed(ctx, limits, []string{file}, []string{work}, "gdalwarp", args...); err != nil {
		return grid{}, unreadable(err)
	}
	out, err := sandboxed(ctx, limits, []string{file, work}, nil, "gdalinfo", "-json", "-if", "VRT", vrt)
	if err != nil {
		return grid{}, unreadable(err)
	}
	var warped picture
	if err := json.Unmarshal(out, &warped); err != nil || warped.Transform == nil {
		return grid{}, unreadable(err)
	}
	g := warped.Transform
	grid := grid{pixel: g[1], box: [4]float64{g[0], g[3] + float64(warped.Size[1])*g[5], g[0] + float64(warped.Size[0])*g[1], g[3]}}
	if err := grid.checkRegion(s); err != nil {
		return grid, err
	}
	grid.chooseZooms()
	return grid, grid.checkGrowth(p)
}

// checkRegion refuses what does not lie in or near Vietnam: then the coordinate
// system is wrong, or the picture.
func (g grid) checkRegion(s system) error {
	lon, lat := degrees((g.box[0]+g.box[2])/2, (g.box[1]+g.box[3])/2)
	if lon > 101 && lon < 118 && lat > 6 && lat < 24.5 {
		return nil
	}
	return refuse("crs", "Theo %s, tâm ảnh ở kinh độ %.3f, vĩ độ %.3f, ngoài Việt Nam. Hãy kiểm tra hệ tọa độ và vị trí ảnh.",
		"By %s the centre of the picture is at longitude %.3f, latitude %.3f, outside Vietnam. Check the coordinate system and its position.", s.name, lon, lat)
}

// chooseZooms takes the last zoom whose pixels show what the file has, and the
// first at which all of it is about one tile.
func (g *grid) chooseZooms() {
	g.maxZoom = clamp(math.Ceil(math.Log2(resolution(0)/(g.pixel*coarser))), 0, maxZoom)
	side := max(g.box[2]-g.box[0], g.box[3]-g.box[1])
	g.minZoom = clamp(math.Floor(math.Log2(2*world/side)), 0, float64(g.maxZoom))
}

func (g grid) checkGrowth(p picture) error {
	r := resolution(g.maxZoom)
	pixels := (g.box[2] - g.box[0]) / r * (g.box[3] - g.box[1]) / r
	if pixels > mostGrowth*float64(p.Size[0])*float64(p.Size[1])+blockTiles*blockTiles*tileSize*tileSize {
		return refuse("file", "Ảnh bị xoay hoặc kéo lệch quá nhiều: sẽ thành %.0f triệu điểm ảnh. Hãy nắn lại cho hướng bắc lên trên.",
			"The picture is turned or stretched too much: it would become %.0f million pixels. Warp it so that north is up.", pixels/1e6)
	}
	return nil
}

// resolution is the size of a pixel of the zoom in metres of Web Mercator.
func resolution(z int) float64 { return 2 * world / tileSize / float64(int64(1)<<z) }

// tileBox is what a tile covers: west, south, east, north.
func tileBox(z, x, y int) [4]float64 {
	side := 2 * world / float64(int64(1)<<z)
	return [4]float64{float64(x)*side - world, world - float64(y+1)*side, float64(x+1)*side - world, world - float64(y)*side}
}

// tiles returns the tiles of the zoom that the picture touches, ends included.
func (g grid) tiles(z int) (x0, y0, x1, y1 int) {
	side := 2 * world / float64(int64(1)<<z)
	last := float64(int64(1)<<z - 1)
	at := func(m float64) int { return clamp(math.Floor(m/side), 0, last) }
	return at(g.box[0] + world), at(world - g.box[3]), at(g.box[2] + world), at(world - g.box[1])
}

// touches reports whether the picture may show in the tile.
func (g grid) touches(z, x, y int) bool {
	b := tileBox(z, x, y)
	return b[0] < g.box[2] && b[2] > g.box[0] && b[1] < g.box[3] && b[3] > g.box[1]
}

// bounds are west, south, east and north in degrees.
func (g grid) bounds() [4]float64 {
	w, s := degrees(g.box[0], g.box[1])
	e, n := degrees(g.box[2], g.box[3])
	return [4]float64{w, s, e, n}
}

// ground is the size of the file's pixel in metres on the ground.
func (g grid) ground() float64 {
	_, lat := degrees(0, (g.box[1]+g.box[3])/2)
	return g.pixel * math.Cos(lat*math.Pi/180)
}

func degrees(x, y float64) (lon, lat float64) {
	return x / world * 180, math.Atan(math.Sinh(y/world*math.Pi)) * 180 / math.Pi
}

func clamp(v, low, high float64) int { return int(min(max(v, low), high)) }

// warpArgs are what every run of gdalwarp is told: the one way from the file's
// system to Web Mercator, exact to a hundredth of a pixel.
func warpArgs(s system, pl plan) []string {
	args := []string{"-q", "-if", "VRT", "-s_srs", s.gdal, "-t_srs", "EPSG:3857", "-et", "0.01", "-ovr", "NONE", "-wm", "128", "-dstalpha", "-r", pl.resampling()}
	if pl.noData != "" {
		args = append(args, "-srcnodata", pl.noData)
	}
	return args
}

func (pl plan) resampling() string {
	if pl.nearest {
		return "near"
	}
	return "cubic"
}
