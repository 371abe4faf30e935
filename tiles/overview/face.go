package overview

import (
	"slices"

	"github.com/paulmach/orb"
)

// face is one connected area as a tile shows it, in tile units: the first ring goes
// round it clockwise on the screen, the others round its holes.
type face struct {
	area  int32
	shape orb.Polygon
}

// half is an arc in one direction, with its area on the left.
type half struct {
	arc  int32
	back bool
}

// faces puts the arcs together to areas, in the order of their numbers; keep says
// which are wanted.
func faces(l *lattice, keep func(area int32) bool) []face {
	f := &facer{lattice: l, from: map[int32][4]int32{}, used: make([]bool, 2*len(l.arcs))}
	for k, a := range l.arcs {
		if !a.closed {
			f.register(a.points[0], a.first, half{int32(k), false})
			f.register(a.points[len(a.points)-1], (a.last+2)%4, half{int32(k), true})
		}
	}
	rings := map[int32][]orb.Ring{}
	for h := range f.used {
		if at := (half{int32(h / 2), h%2 == 1}); !f.used[h] {
			if area := f.leftOf(at); area != outside && keep(area) {
				rings[area] = append(rings[area], f.ring(at)...)
			}
		}
	}
	list := make([]face, 0, len(rings))
	for area, r := range rings {
		list = append(list, face{area, polygon(r)})
	}
	slices.SortFunc(list, func(a, b face) int { return int(a.area - b.area) })
	return list
}

type facer struct {
	*lattice
	from map[int32][4]int32 // at a node, by direction: 1 + 2·arc + back of the half that leaves
	used []bool
}

func (f *facer) register(c corner, d uint8, h half) {
	leaving := f.from[c.index()]
	leaving[d] = 1 + h.index()
	f.from[c.index()] = leaving
}

func (h half) index() int32 {
	if h.back {
		return 2*h.arc + 1
	}
	return 2 * h.arc
}

func (f *facer) leftOf(h half) int32 {
	if h.back {
		return f.arcs[h.arc].right
	}
	return f.arcs[h.arc].left
}

// ring follows the border of one area; where it touches itself it is cut into
// several.
func (f *facer) ring(h half) []orb.Ring {
	var path []corner
	for !f.used[h.index()] {
		f.used[h.index()] = true
		a := &f.arcs[h.arc]
		points := slices.Clone(a.points)
		if h.back {
			slices.Reverse(points)
		}
		if a.closed {
			return []orb.Ring{f.close(points)}
		}
		path = append(path, points[:len(points)-1]...)
		h = f.follow(a, h)
	}
	return f.split(path)
}

// follow returns the half that goes on from the end of h, as far left as it can.
func (f *facer) follow(a *arc, h half) half {
	end, d := a.points[len(a.points)-1], a.last
	if h.back {
		end, d = a.points[0], (a.first+2)%4
	}
	leaving := f.from[end.index()]
	for _, turn := range [3]uint8{left(d), d, right(d)} {
		if k := leaving[turn]; k != 0 {
			return half{(k - 1) / 2, (k-1)%2 == 1}
		}
	}
	panic("overview: a border ends nowhere")
}

// split cuts a path at the corners that it passes more than once.
func (f *facer) split(path []corner) (rings []orb.Ring) {
	var open []corner
	where := map[corner]int{}
	for _, c := range path {
		if k, again := where[c]; again {
			for _, gone := range open[k+1:] {
				delete(where, gone)
			}
			rings = append(rings, f.close(slices.Clone(open[k:])))
			open = open[:k]
		}
		where[c] = len(open)
		open = append(open, c)
	}
	return append(rings, f.close(open))
}

// close makes a closed ring of tile units that has its area on the right, as tiles
// want it: clockwise on the screen about the area, the other way about a hole.
func (f *facer) close(path []corner) orb.Ring {
	ring := make(orb.Ring, 0, len(path)+1)
	for i := len(path) - 1; i >= 0; i-- {
		ring = append(ring, orb.Point{float64((path[i].x - rim) * unit), float64((path[i].y - rim) * unit)})
	}
	return append(ring, ring[0])
}

// polygon puts the ring that goes round the area first.
func polygon(rings []orb.Ring) orb.Polygon {
	p := orb.Polygon{nil}
	for _, r := range rings {
		if surface(r) > 0 {
			if p[0] != nil { // cannot be: an area is connected
				panic("overview: an area with two outer rings")
			}
			p[0] = r
		} else {
			p = append(p, r)
		}
	}
	return p
}

// surface is the signed area of a ring in square tile units, positive clockwise on the screen.
func surface(r orb.Ring) (twice float64) {
	for i := 1; i < len(r); i++ {
		twice += r[i-1][0]*r[i][1] - r[i][0]*r[i-1][1]
	}
	return twice / 2
}
