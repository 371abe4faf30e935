package tangle

import (
	"math/rand/v2"
	"testing"
)

// outline runs through pairs of coordinates.
func outline(xy ...float64) Outline {
	o := NewOutline()
	for i := 2; i < len(xy); i += 2 {
		o.Add(xy[i-2], xy[i-1], xy[i], xy[i+1])
	}
	return o
}

// Neighbours that touch, or share a border, do not cross.
func TestBetween(t *testing.T) {
	t.Parallel()
	square := outline(0, 0, 10, 0, 10, 10, 0, 10, 0, 0)
	for name, c := range map[string]struct {
		other Outline
		want  int
	}{
		"beside it":             {outline(10, 0, 20, 0, 20, 10, 10, 10, 10, 0), 0},
		"beside, a corner more": {outline(10, 2, 20, 2, 20, 8, 10, 8, 10, 5, 10, 2), 0},
		"the same":              {square, 0},
		"a corner on its side":  {outline(10, 5, 12, 4, 12, 6, 10, 5), 0},
		"over a corner":         {outline(5, 5, 15, 5, 15, 15, 5, 15, 5, 5), 2},
		"through all of it":     {outline(-5, 2, 15, 2, 15, 4, -5, 4, -5, 2), 4},
		"far":                   {outline(50, 50, 60, 50), 0},
	} {
		for _, pair := range [][2]Outline{{square, c.other}, {c.other, square}} {
			count := Count{Most: 100}
			count.Between(pair[0], pair[1])
			if count.found != c.want {
				t.Errorf("%s: %d, want %d", name, count.found, c.want)
			}
		}
	}
}

// The sweep finds what comparing all with all finds.
func TestBetweenFindsAll(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	scribble := func(width, height float64) Outline {
		xy := make([]float64, 200)
		for i := range xy {
			xy[i] = r.Float64() * []float64{width, height}[i%2]
		}
		return outline(xy...)
	}
	for _, size := range [][2]float64{{100, 10}, {10, 100}, {50, 50}} {
		a, b, want := scribble(size[0], size[1]), scribble(size[0], size[1]), 0
		for _, e := range a.Edges {
			for _, f := range b.Edges {
				if through(e, f) {
					want++
				}
			}
		}
		count := Count{Most: 1 << 30}
		if count.Between(a, b); count.found != want || want == 0 {
			t.Errorf("%v: %d, want %d", size, count.found, want)
		}
		count = Count{Most: want / 2}
		if count.Between(a, b); !count.Over() {
			t.Errorf("%v: %d are not over %d", size, count.found, count.Most)
		}
	}
}

// Nothing of these crosses, but nobody would wait until that is known.
func TestBetweenGivesUp(t *testing.T) {
	t.Parallel()
	comb := func(from, n float64) (o Outline) {
		o = NewOutline()
		for y := range int(n) {
			o.Add(0, from+float64(y)*2, 1e6, from+float64(y)*2)
		}
		return o
	}
	count := Count{}
	if count.Between(comb(0, 1000), comb(1, 1000)); count.Over() {
		t.Error("a thousand lines between a thousand are not too many")
	}
	if count.Between(comb(0, 25_000), comb(1, 25_000)); !count.Over() || count.found > 0 {
		t.Error("it compared all of 25,000 lines")
	}
}
