package tangle

import "testing"

func shapeOf(lines ...[][2]float64) *Shape {
	s := &Shape{}
	for _, l := range lines {
		s.Line(len(l), func(i int) (x, y float64) { return l[i][0], l[i][1] })
	}
	return s
}

// net goes to and fro over a square of n by n, then up and down across that; with a
// vertex at every crossing on the first pass, on the second, or both.
func net(n int, first, second bool) (line [][2]float64) {
	pass := func(vertices bool, at func(along, lane float64) [2]float64) {
		for lane := range n {
			for i := range n + 2 {
				along := float64(i) - 0.5
				if lane%2 == 1 {
					along = float64(n) + 0.5 - float64(i)
				}
				if vertices || i == 0 || i == n+1 {
					line = append(line, at(along, float64(lane)+0.5))
				}
			}
		}
	}
	pass(first, func(along, lane float64) [2]float64 { return [2]float64{along, lane} })
	pass(second, func(along, lane float64) [2]float64 { return [2]float64{lane, along} })
	return append(line, line[0])
}

// Strands cross whether or not they have vertices there.
func TestCrossingsAtVertices(t *testing.T) {
	t.Parallel()
	for _, vertices := range [][2]bool{{false, false}, {true, false}, {false, true}, {true, true}} {
		if !shapeOf(net(20, vertices[0], vertices[1])).Tangled(Cross, 350) {
			t.Errorf("vertices %v: no 350 crossings of 400", vertices)
		}
		if shapeOf(net(10, vertices[0], vertices[1])).Tangled(Cross, 120) {
			t.Errorf("vertices %v: more than 120 crossings of about 100", vertices)
		}
	}
}

// Holes and parts touch as often as they like, at vertices and on edges, from both sides.
func TestTouchingIsNotCrossing(t *testing.T) {
	t.Parallel()
	shell := [][2]float64{{0, 0}, {300, 0}, {300, 9}, {0, 9}, {0, 0}}
	corners := [][2]float64{}
	for i := range 301 {
		corners = append(corners, [2]float64{float64(i), 0})
	}
	corners = append(corners, [2]float64{300, 9}, [2]float64{0, 9}, [2]float64{0, 0})
	for name, ring := range map[string][][2]float64{"on an edge": shell, "at vertices": corners} {
		all := [][][2]float64{ring}
		for i := 1.0; i < 300; i++ {
			all = append(all, [][2]float64{{i, 0}, {i + 0.3, 1}, {i - 0.3, 1}, {i, 0}}, [][2]float64{{i, 0}, {i - 0.3, -1}, {i + 0.3, -1}, {i, 0}})
		}
		if shapeOf(all...).Tangled(Cross, 0) {
			t.Errorf("%s: taken for crossings", name)
		}
	}
	eight := [][2]float64{{0, 0}, {2, 2}, {2, 0}, {0, 2}, {0, 0}}
	knotted := [][2]float64{{0, 0}, {1, 1}, {2, 2}, {2, 0}, {1, 1}, {0, 2}, {0, 0}}
	if !shapeOf(eight).Tangled(Cross, 0) || !shapeOf(knotted).Tangled(Cross, 0) || shapeOf(eight, knotted[:2]).Tangled(Cross, 9) {
		t.Error("an eight crosses itself once")
	}
	spike := [][2]float64{{0, 0}, {2, 0}, {2, 0}, {1, 0}, {1, 5}, {0, 0}}
	if shapeOf(spike).Tangled(Cross, 2) {
		t.Error("a spike is one overlap")
	}
}

// As many strands through one point as there may be vertices are told at once.
func TestStar(t *testing.T) {
	t.Parallel()
	var all [][][2]float64
	for i := range 1000 {
		y := float64(i)
		all = append(all, [][2]float64{{-1000, y}, {0, 0}, {1000, -y}})
	}
	if !shapeOf(all...).Tangled(Cross, 200) {
		t.Error("a star of a thousand lines crosses itself")
	}
}
