package overview

import (
	"cmp"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"
)

// canvas is a window of samples of one zoom on which surfaces are drawn, the
// later over the earlier. Each sample takes the class of the surface that its
// centre lies in, whatever the window.
type canvas struct {
	z             maptile.Zoom
	x, y          int // first sample of the window, counted over the world
	width, height int
	labels        []uint8 // class of each sample, row by row; 0: nothing
	missed        []speck
	crossings     []float64 // of the row being filled
}

// speck is a surface so small that it has no sample's centre.
type speck struct {
	x, y  int
	class uint8
}

func newCanvas(z maptile.Zoom, x, y, width, height int) *canvas {
	return &canvas{z: z, x: x, y: y, width: width, height: height, labels: make([]uint8, width*height)}
}

// draw fills the surface, which is in Web Mercator metres.
func (c *canvas) draw(g orb.Geometry, class uint8) {
	switch g := g.(type) {
	case orb.Polygon:
		c.fill(g, class)
	case orb.MultiPolygon:
		for _, p := range g {
			c.fill(p, class)
		}
	case orb.Collection:
		for _, part := range g {
			c.draw(part, class)
		}
	}
}

func (c *canvas) fill(p orb.Polygon, class uint8) {
	edges, box := c.edges(p)
	if len(edges) == 0 {
		return
	}
	hits := 0
	first, last := int(math.Ceil(box.Min[1]-0.5)), int(math.Ceil(box.Max[1]-0.5))
	small := box.Max[0]-box.Min[0] < 4 && box.Max[1]-box.Min[1] < 4
	if !small { // only the window's rows matter
		first, last = max(first, c.y), min(last, c.y+c.height)
	}
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Compare(a.y0, b.y0) })
	var active []edge
	for y := first; y < last; y++ {
		at := float64(y) + 0.5
		for len(edges) > 0 && edges[0].y0 <= at {
			active, edges = append(active, edges[0]), edges[1:]
		}
		active = slices.DeleteFunc(active, func(e edge) bool { return e.y1 <= at })
		hits += c.row(y, at, active, class)
	}
	if small && hits == 0 {
		at := box.Center()
		c.missed = append(c.missed, speck{int(math.Floor(at[0])), int(math.Floor(at[1])), class})
	}
}

// row fills the spans between the edges that cross one row of centres, and counts
// their samples, in the window or not.
func (c *canvas) row(y int, at float64, active []edge, class uint8) (hits int) {
	c.crossings = c.crossings[:0]
	for _, e := range active {
		c.crossings = append(c.crossings, e.x0+(at-e.y0)*e.slope)
	}
	slices.Sort(c.crossings)
	for i := 0; i+1 < len(c.crossings); i += 2 {
		from, to := int(math.Ceil(c.crossings[i]-0.5)), int(math.Ceil(c.crossings[i+1]-0.5))
		hits += max(0, to-from)
		c.span(y, from, to, class)
	}
	return hits
}

func (c *canvas) span(y, from, to int, class uint8) {
	from, to = max(from, c.x), min(to, c.x+c.width)
	if y < c.y || y >= c.y+c.height || from >= to {
		return
	}
	row := c.labels[(y-c.y)*c.width:]
	for x := from; x < to; x++ {
		row[x-c.x] = class
	}
}

// edge goes down from y0 to y1, whichever way its ring runs: two neighbours
// compute one border alike.
type edge struct{ x0, y0, y1, slope float64 }

func (c *canvas) edges(p orb.Polygon) (edges []edge, box orb.Bound) {
	box = orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}
	for _, ring := range p {
		for i, at := range ring {
			b := orb.Point{sampleX(at[0], c.z), sampleY(at[1], c.z)}
			box = box.Extend(b)
			if i == 0 {
				continue
			}
			a := orb.Point{sampleX(ring[i-1][0], c.z), sampleY(ring[i-1][1], c.z)}
			if a[1] > b[1] {
				a, b = b, a
			}
			if a[1] < b[1] {
				edges = append(edges, edge{a[0], a[1], b[1], (b[0] - a[0]) / (b[1] - a[1])})
			}
		}
	}
	return edges, box
}

// finish gives a sample to a speck that would otherwise leave its block empty, so
// that no block with something in it shows nothing. The canvas holds whole blocks.
func (c *canvas) finish() {
	for _, s := range c.missed {
		x, y := s.x-c.x, s.y-c.y
		if x < 0 || y < 0 || x >= c.width || y >= c.height || !c.emptyBlock(x/block*block, y/block*block) {
			continue
		}
		c.labels[y*c.width+x] = s.class
	}
	c.missed = nil
}

func (c *canvas) emptyBlock(x, y int) bool {
	for row := y; row < y+block; row++ {
		for _, label := range c.labels[row*c.width+x : row*c.width+x+block] {
			if label != 0 {
				return false
			}
		}
	}
	return true
}
