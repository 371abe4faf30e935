package tangle

import "testing"

// Holes that touch their shell do not cross it, but they meet; a bow tie does both.
func TestPairs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		a, b        Edge
		meet, cross bool
	}{
		"cross":           {Edge{0, 0, 2, 2}, Edge{0, 2, 2, 0}, true, true},
		"touch":           {Edge{0, 0, 2, 0}, Edge{1, 0, 1, 5}, true, false},
		"shared end":      {Edge{0, 0, 2, 0}, Edge{0, 0, 1, 5}, false, false},
		"one after one":   {Edge{0, 0, 2, 0}, Edge{2, 0, 3, 0}, false, false},
		"on each other":   {Edge{0, 0, 2, 0}, Edge{1, 0, 3, 0}, true, true},
		"the same":        {Edge{0, 0, 3, 1}, Edge{0, 0, 3, 1}, true, true},
		"within, slanted": {Edge{0, 0, 9, 3}, Edge{3, 1, 6, 2}, true, true},
		"upright":         {Edge{0, 0, 0, 2}, Edge{0, 1, 0, 3}, true, true},
		"upright, apart":  {Edge{0, 0, 0, 1}, Edge{0, 2, 0, 3}, false, false},
		"side by side":    {Edge{0, 0, 2, 0}, Edge{0, 1, 2, 1}, false, false},
		"one passes by":   {Edge{0, 0, 4, 4}, Edge{3, 0, 4, 1}, false, false},
	} {
		if m, m2 := Meet(c.a, c.b), Meet(c.b, c.a); m != c.meet || m2 != c.meet {
			t.Errorf("%s meet: %v, %v", name, m, m2)
		}
		if x, x2 := Cross(c.a, c.b), Cross(c.b, c.a); x != c.cross || x2 != c.cross {
			t.Errorf("%s cross: %v, %v", name, x, x2)
		}
	}
}

func TestAppend(t *testing.T) {
	t.Parallel()
	list := Append(Append(Append(nil, 2, 1, 0, 5), 3, 3, 3, 3), 3, 4, 3, 1)
	if len(list) != 2 || list[0] != (Edge{0, 5, 2, 1}) || list[1] != (Edge{3, 4, 3, 1}) {
		t.Errorf("%v", list)
	}
}

// A comb of 14 teeth over a bar that it touches once and crosses 13 times.
func TestMoreCounts(t *testing.T) {
	t.Parallel()
	comb := func() []Edge {
		list := []Edge{{0, 0, 20, 0}, {20, -1, 20, 0}, {1, 0, 1, 1}}
		for x := 2.; x < 15; x++ {
			list = append(list, Edge{x, -1, x, 1})
		}
		return list
	}
	for _, c := range []struct {
		name string
		pair func(a, b Edge) bool
		most int
		more bool
	}{{"meet", Meet, 13, true}, {"meet", Meet, 14, false}, {"cross", Cross, 12, true}, {"cross", Cross, 13, false}} {
		if got := More(comb(), c.pair, c.most); got != c.more {
			t.Errorf("%s in more than %d places: %v", c.name, c.most, got)
		}
	}
}

// Nothing of these crosses, but nobody would wait until that is known.
func TestMoreGivesUp(t *testing.T) {
	t.Parallel()
	lines := func(n int) (list []Edge) {
		for y := range n {
			list = append(list, Edge{0, float64(y), 1, float64(y)})
		}
		return list
	}
	if More(lines(10_000), Cross, 0) {
		t.Error("ten thousand lines are too many")
	}
	if !More(lines(21_000), Cross, 0) {
		t.Error("it compared all of 21,000 lines")
	}
}
