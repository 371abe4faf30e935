package overview

import (
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"

	"haidang/geo"
)

func TestLook(t *testing.T) {
	base := maptile.Zoom(14)
	// one z11 tile's worth
	x0, y0 := sampleX(105.99*111319.49, base), sampleY(1059000, base)
	top := maptile.New(uint32(x0/side), uint32(y0/side), base)
	_ = top
	ids := map[string]uint8{}
	sheets := map[maptile.Tile]sheet{}
	n := 16
	c := newCanvas(base, int(top.X)/16*16*side, int(top.Y)/16*16*side, n*side, n*side)
	start := time.Now()
	for p := range geo.Parcels(420000) {
		if ids[p.LandUse] == 0 {
			ids[p.LandUse] = uint8(len(ids) + 1)
		}
		r := make(orb.Ring, len(p.Outline))
		for i, q := range p.Outline {
			r[i] = orb.Point{(q[0]-530000)*1.014 + 105.85*111319.49, (q[1]-1046000)*1.014 + 1059000}
		}
		c.draw(orb.Polygon{r}, ids[p.LandUse])
	}
	c.finish()
	t.Log("drawn", time.Since(start), ids)
	for ty := range n {
		for tx := range n {
			s := newSheet()
			for y := range side {
				copy(s[y*side:(y+1)*side], c.labels[(ty*side+y)*c.width+tx*side:])
			}
			sheets[maptile.New(uint32(c.x/side+tx), uint32(c.y/side+ty), base)] = s
		}
	}
	for z := base - 1; z >= 8; z-- {
		next := map[maptile.Tile]sheet{}
		start := time.Now()
		for tile := range sheets {
			if tile.Z != z+1 {
				continue
			}
			up, _, _ := parent(tile)
			if next[up] != nil {
				continue
			}
			s := newSheet()
			below := [4]sheet{sheets[maptile.New(2*up.X, 2*up.Y, z+1)], sheets[maptile.New(2*up.X+1, 2*up.Y, z+1)], sheets[maptile.New(2*up.X, 2*up.Y+1, z+1)], sheets[maptile.New(2*up.X+1, 2*up.Y+1, z+1)]}
			for by := range blocks {
				for bx := range blocks {
					s.reduce(up, below, bx, by)
				}
			}
			next[up] = s
		}
		t.Log(z, "reduced", len(next), time.Since(start))
		sheets = next
		var best maptile.Tile
		bestN := -1
		for tile, s := range sheets {
			k := 0
			for _, v := range s {
				if v != 0 {
					k++
				}
			}
			if k > bestN || k == bestN && (tile.X < best.X || tile.Y < best.Y) {
				best, bestN = tile, k
			}
		}
		for level, d := range details[:4] {
			start = time.Now()
			g := make([]uint8, ground*ground)
			for y := range ground {
				for x := range ground {
					gx, gy := int(best.X)*side+x-margin-block, int(best.Y)*side+y-margin-block
					g[y*ground+x] = sheets[maptile.New(uint32(gx/side), uint32(gy/side), z)].at(gx%side, gy%side)
				}
			}
			shown := generalise(best, g, d)
			a := time.Since(start)
			of, sizes := components(shown, shownSide)
			class := make([]int, len(sizes))
			for i, k := range of {
				class[k] = int(shown[i])
			}
			l := traceArcs(of)
			b := time.Since(start)
			v0 := 0
			for _, a := range l.arcs {
				v0 += len(a.points)
			}
			cl := func(area int32) int {
				if area == outside {
					return 256
				}
				return class[area]
			}
			simplifyArcs(l, cl, d)
			c := time.Since(start)
			v1 := 0
			for _, a := range l.arcs {
				v1 += len(a.points)
			}
			fs := faces(l, func(a int32) bool { return class[a] != 0 })
			e := time.Since(start)
			var truth, after, got [256]float64
			for _, v := range sheets[best] {
				truth[v]++
			}
			for y := rim; y < rim+side; y++ {
				for x := rim; x < rim+side; x++ {
					after[shown[y*shownSide+x]]++
				}
			}
			for _, f := range fs {
				for _, r := range f.shape {
					got[class[f.area]] += surface(r) / 16
				}
			}
			t.Log(z, "level", level, "faces", len(fs), "vertices", v0, v1, "times", a, b, c, e)
			for k := range 7 {
				if truth[k] > 0 {
					t.Logf("   class %d: truth %.0f after %.4f", k, truth[k], after[k]/truth[k])
				}
			}
			paint(t, fs, class, int(z), level)
		}
	}
}

var colours = []color.RGBA{{255, 255, 255, 255}, {255, 252, 140, 255}, {255, 210, 160, 255}, {170, 255, 255, 255}, {255, 240, 180, 255}, {255, 208, 255, 255}, {180, 255, 180, 255}, {200, 180, 120, 255}}

func paint(t *testing.T, fs []face, class []int, z, level int) {
	const w = 1024
	img := image.NewRGBA(image.Rect(0, 0, w, w))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for _, f := range fs {
		for y := range w {
			at := (float64(y) + 0.5) * 4
			var xs []float64
			for _, r := range f.shape {
				for i := 1; i < len(r); i++ {
					a, b := r[i-1], r[i]
					if a[1] > b[1] {
						a, b = b, a
					}
					if a[1] <= at && at < b[1] {
						xs = append(xs, a[0]+(at-a[1])*(b[0]-a[0])/(b[1]-a[1]))
					}
				}
			}
			if len(xs) == 0 {
				continue
			}
			for i := range xs {
				for j := i; j > 0 && xs[j] < xs[j-1]; j-- {
					xs[j], xs[j-1] = xs[j-1], xs[j]
				}
			}
			for i := 0; i+1 < len(xs); i += 2 {
				for x := int(math.Max(0, math.Ceil(xs[i]/4-0.5))); x < int(math.Min(w, math.Ceil(xs[i+1]/4-0.5))); x++ {
					img.SetRGBA(x, y, colours[class[f.area]])
				}
			}
		}
	}
	f, _ := os.Create("/tmp/ov/z" + string(rune('0'+z/10)) + string(rune('0'+z%10)) + "_" + string(rune('0'+level)) + ".png")
	defer f.Close()
	_ = png.Encode(f, img)
}
