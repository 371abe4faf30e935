package overview

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/paulmach/orb/maptile"
)

// scenes are small maps of many kinds: few large areas, many small ones, specks on
// everything, nothing on most of it.
func scene(seed uint64) []uint8 {
	dice := rand.New(rand.NewPCG(seed, 7))
	labels := make([]uint8, ground*ground)
	classes := 2 + dice.IntN(8)
	largest := []int{600, 120, 24, 6}[seed%4]
	for range []int{60, 700, 8000, 60_000}[seed%4] {
		class := uint8(dice.IntN(classes))
		x, y := dice.IntN(ground), dice.IntN(ground)
		w, h := 1+dice.IntN(largest), 1+dice.IntN(largest)
		for row := y; row < min(ground, y+h); row++ {
			for column := x; column < min(ground, x+w-(row-y)%3); column++ { // ragged on the right
				labels[row*ground+column] = class
			}
		}
	}
	return labels
}

// shown returns arcs and areas of a scene as a tile shows it.
func shown(seed uint64, d detail) (before, after []uint8, l *lattice, class []uint8) {
	labels := scene(seed)
	for y := margin + block; y < margin+block+side; y++ {
		before = append(before, labels[y*ground+margin+block:][:side]...)
	}
	after = generalise(maptile.New(5, 6, 10), labels, asDrawn(labels), d)
	of, sizes := components(after, shownSide)
	class = labelsOf(of, sizes, after)
	l = traceArcs(of)
	simplifyArcs(l, sizes, func(area int32) int {
		if area == outside {
			return 256
		}
		return int(class[area])
	}, d)
	return before, after, l, class
}

func TestScenesAreShownTrue(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		for k, d := range details[:3] {
			t.Run(fmt.Sprintf("scene %d, detail %d", seed, k), func(t *testing.T) {
				before, after, l, class := shown(seed, d)
				arePartition(t, l)
				keepAreas(t, before, l, class)
				keepBlocks(t, before, after)
			})
		}
	}
}

// Whatever is drawn, no two borders cross or touch but in a node, so the faces
// between them neither overlap nor leave a gap; and their areas sum to the tile.
func arePartition(t *testing.T, l *lattice) {
	if n := crossings(l); n > 0 {
		t.Errorf("%d borders cross", n)
	}
	sum := 0.0
	list := faces(l, func(int32) bool { return true })
	for _, f := range list {
		for k, ring := range f.shape {
			if s := surface(ring); (s > 0) != (k == 0) {
				t.Fatalf("ring %d of an area goes the wrong way round", k)
			}
			sum += surface(ring)
		}
	}
	if want := float64(shownSide*unit) * float64(shownSide*unit); sum != want {
		t.Errorf("%d faces have %g square units, the tile has %g", len(list), sum, want)
	}
}

// crossings counts pairs of border segments that meet elsewhere than in an end of both.
func crossings(l *lattice) (n int) {
	type segment struct{ a, b corner }
	var all []segment
	for _, a := range l.arcs {
		for i := 1; i < len(a.points); i++ {
			all = append(all, segment{a.points[i-1], a.points[i]})
		}
		if a.closed {
			all = append(all, segment{a.points[len(a.points)-1], a.points[0]})
		}
	}
	slices.SortFunc(all, func(p, q segment) int { return int(min(p.a.x, p.b.x) - min(q.a.x, q.b.x)) })
	for i, p := range all {
		for _, q := range all[i+1:] {
			if min(q.a.x, q.b.x) > max(p.a.x, p.b.x) {
				break
			}
			if min(q.a.y, q.b.y) <= max(p.a.y, p.b.y) && min(p.a.y, p.b.y) <= max(q.a.y, q.b.y) && meet(p.a, p.b, q.a, q.b) {
				n++
			}
		}
	}
	return n
}

func meet(a, b, c, d corner) bool {
	on := func(p, q, r corner) bool { // r lies on pq, not in an end
		return r != p && r != q && twice(p, q, r) == 0 && min(p.x, q.x) <= r.x && r.x <= max(p.x, q.x) && min(p.y, q.y) <= r.y && r.y <= max(p.y, q.y)
	}
	if on(a, b, c) || on(a, b, d) || on(c, d, a) || on(c, d, b) || a == c && b == d || a == d && b == c {
		return true
	}
	sign := func(v int) int { return min(1, max(-1, v)) }
	return sign(twice(a, b, c))*sign(twice(a, b, d)) < 0 && sign(twice(c, d, a))*sign(twice(c, d, b)) < 0
}

// No class gains or loses more than two in a hundred of its area.
func keepAreas(t *testing.T, before []uint8, l *lattice, class []uint8) {
	var was [256]float64
	for _, c := range before {
		was[c] += unit * unit
	}
	is := inTile(l, class)
	for c := range was {
		if math.Abs(is[c]-was[c]) > 0.02*was[c]+256 { // 256 square units: 4 pixels
			t.Errorf("class %d had %g square units and shows %g", c, was[c], is[c])
		}
	}
}

// No block that holds something shows nothing.
func keepBlocks(t *testing.T, before, after []uint8) {
	for b := range blocks * blocks {
		if something(before, side, 0, b) && !something(after, shownSide, rim, b) {
			t.Errorf("block %d shows nothing", b)
		}
	}
}

// inTile sums the faces' areas within the tile by class. Nodes stand where borders
// leave it, so each arc lies within or without.
func inTile(l *lattice, class []uint8) (sum [256]float64) {
	for _, f := range faces(l, func(int32) bool { return true }) {
		for _, ring := range f.shape {
			cut := ring.Clone()
			for i := range cut {
				cut[i][0], cut[i][1] = min(extent, max(0, cut[i][0])), min(extent, max(0, cut[i][1]))
			}
			sum[class[f.area]] += surface(cut)
		}
	}
	return sum
}

func something(labels []uint8, width, from, b int) bool {
	for y := range block {
		for x := range block {
			if labels[(from+b/blocks*block+y)*width+from+b%blocks*block+x] != 0 {
				return true
			}
		}
	}
	return false
}

// Two neighbours have their borders leave at the same places of their common edge.
func TestNeighboursMeet(t *testing.T) {
	t.Parallel()
	dice := rand.New(rand.NewPCG(3, 3))
	const width = 2*side + 2*(block+margin)
	wide := make([]uint8, width*ground)
	for range 20_000 {
		class, x, y := uint8(dice.IntN(5)), dice.IntN(width), dice.IntN(ground)
		for row := y; row < min(ground, y+1+dice.IntN(30)); row++ {
			for column := x; column < min(width, x+20); column++ {
				wide[row*width+column] = class
			}
		}
	}
	nodes := [2]map[int32]bool{{}, {}}
	for k := range nodes {
		labels := make([]uint8, 0, ground*ground)
		for y := range ground {
			labels = append(labels, wide[y*width+k*side:][:ground]...)
		}
		after := generalise(maptile.New(uint32(100+k), 60, 10), labels, asDrawn(labels), details[0])
		of, _ := components(after, shownSide)
		l := traceArcs(of)
		for i := range l.steps {
			if c := (corner{int32(i) % corners, int32(i) / corners}); l.isNode(c) && c.x == int32(rim+side*(1-k)) && c.y >= rim && c.y <= rim+side {
				nodes[k][c.y] = true
			}
		}
	}
	for y := range nodes[0] {
		if !nodes[1][y] {
			t.Errorf("a border leaves the west tile at %d, where none enters the east one", y)
		}
	}
	if len(nodes[0]) < 20 || len(nodes[0]) != len(nodes[1]) {
		t.Errorf("%d and %d borders meet", len(nodes[0]), len(nodes[1]))
	}
}

// asDrawn lets each block of the ground keep what it has.
func asDrawn(labels []uint8) *quotas {
	var all quotas
	for k := range all {
		x, y := margin+k%(blocks+2)*block, margin+k/(blocks+2)*block
		for row := range block {
			for _, class := range labels[(y+row)*ground+x:][:block] {
				all[k][class]++
			}
		}
	}
	return &all
}
