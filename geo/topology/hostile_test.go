package topology_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"haidang/geo/topology"
)

// turned is a polygon turned about the tests' origin by an angle that no vertex survives
// on the straight line between two others.
func turned(xy ...float64) string {
	sin, cos := math.Sincos(0.3)
	s := make([]string, 0, len(xy)/2+1)
	for i := 0; i < len(xy); i += 2 {
		s = append(s, fmt.Sprintf("%.17g %.17g", east+cos*xy[i]-sin*xy[i+1], north+sin*xy[i]+cos*xy[i+1]))
	}
	return "POLYGON((" + strings.Join(append(s, s[0]), ",") + "))"
}

// A corner on the side of a neighbour that has no vertex there neither makes a gap of its
// own nor opens another one to the outside.
func TestCornersOnSides(t *testing.T) {
	t.Parallel()
	b := newBoard(t, plots())
	b.has(turned(0, 0, 30, 0, 30, 10, 0, 10), // one along the south, two to the north of it, one along the north
		turned(0, 10, 17, 10, 17, 20, 0, 20), turned(17, 10, 30, 10, 30, 20, 17, 20), turned(0, 20, 30, 20, 30, 30, 0, 30))
	for name, c := range map[string]struct {
		shape, want string
	}{
		"as it was":          {turned(0, 10, 17, 10, 17, 20, 0, 20), ""},
		"half a metre back":  {turned(0, 10, 16.5, 10, 16.5, 20, 0, 20), "gap 2 0 5.00"},
		"both corners stay":  {turned(0, 10, 17, 10, 16, 15, 17, 20, 0, 20), "gap 2 0 5.00"},
		"one corner stays":   {turned(0, 10, 17, 10, 16, 20, 0, 20), "gap 2 0 5.00"},
		"half a metre ahead": {turned(0, 10, 17.5, 10, 17.5, 20, 0, 20), "overlap 2 3 5.00"},
	} {
		if got := say(b.problems(update(2, c.shape))); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// wild is a polygon that nobody would draw: vertices upon each other, spikes, crossings,
// or all nearly on a line.
func wild(r *rand.Rand) string {
	n, flat := 3+r.IntN(8), 1.0
	if r.IntN(3) == 0 {
		flat = 1e-9
	}
	xy, x, y := []float64{}, r.Float64()*60, r.Float64()*60
	for range n {
		xy = append(xy, math.Round(x+r.Float64()*15), y+flat*math.Round(r.Float64()*15))
		if r.IntN(4) == 0 {
			xy = append(xy, xy[len(xy)-2], xy[len(xy)-1])
		}
	}
	return turned(xy...)
}

// Whatever shapes there are and come, the answer is a list of problems.
func TestWildShapes(t *testing.T) {
	t.Parallel()
	b := newBoard(t, plots())
	r := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		b.has(wild(r))
	}
	for round := range 40 {
		var edits []edit
		for i := range 10 {
			switch fid := int64(round + i + 1); i % 3 {
			case 0:
				edits = append(edits, update(fid, wild(r)))
			case 1:
				edits = append(edits, remove(fid))
			default:
				edits = append(edits, insert(1000+fid, wild(r)))
			}
		}
		if _, err := topology.Check(t.Context(), b.pool, b.layer, b.draft(edits...)); err != nil {
			t.Errorf("round %d: %v\n%v", round, err, edits)
		}
	}
}
