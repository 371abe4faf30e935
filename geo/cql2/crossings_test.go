package cql2_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"haidang"
	"haidang/geo/cql2"
)

// path spells n vertices, and the first again.
func path(n int, at func(i int) (x, y float64)) string {
	var list []string
	for i := range n {
		x, y := at(i)
		list = append(list, fmt.Sprintf("%.6f %.6f", x, y))
	}
	return strings.Join(append(list, list[0]), ",")
}

func scribble(n int) string {
	r := rand.New(rand.NewPCG(1, 2))
	return path(n, func(int) (float64, float64) { return 105 + r.Float64(), 9 + r.Float64() })
}

func parts(n int, at func(i int) string) string {
	list := make([]string, n)
	for i := range list {
		list[i] = at(i)
	}
	return strings.Join(list, ",")
}

func box(x, y, width, height float64) string {
	return fmt.Sprintf("((%g %g,%g %g,%g %g,%g %g,%g %g))", x, y, x+width, y, x+width, y+height, x, y+height, x, y)
}

// star goes in and out at every vertex: nothing of it crosses.
func star(n int) string {
	return path(n, func(i int) (float64, float64) {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		r := 0.3 + 0.2*float64(i%2)
		return 105 + r*cos, 9 + r*sin
	})
}

// eight crosses itself once.
func eight(n int) string {
	return path(n, func(i int) (float64, float64) {
		a := 2 * math.Pi * (float64(i) + 0.5) / float64(n)
		return 105 + math.Sin(a), 9 + math.Sin(2*a)
	})
}

// net goes to and fro, then up and down across that, with a vertex at every crossing.
func net(n int) string {
	var all []string
	for i := range 2*n*n + 1 {
		lane, along := i/n%n, i%n
		if lane%2 == 1 {
			along = n - 1 - along
		}
		if i >= n*n && i < 2*n*n {
			lane, along = along, lane
		}
		all = append(all, fmt.Sprintf("%.3f %.3f", 105+float64(along)/1000, 9+float64(lane)/1000))
	}
	return strings.Join(all, ",")
}

// TestShapesThatCrossThemselvesTooOften: a drawn mistake is mended, a scribble that
// would keep the database busy for minutes never gets there.
func TestShapesThatCrossThemselvesTooOften(t *testing.T) {
	t.Parallel()
	triangle := func(i int) string {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / 300)
		sin2, cos2 := math.Sincos(2 * math.Pi * (float64(i) + 0.4) / 300)
		return fmt.Sprintf("((105 9,%.6f %.6f,%.6f %.6f,105 9))", 105+cos, 9+sin, 105+cos2, 9+sin2)
	}
	grate := func(i int) string {
		at := float64(i/2) / 10
		if i%2 == 0 {
			return box(105, 9+at, 1, 0.01)
		}
		return box(105+at, 9, 0.01, 1)
	}
	for name, s := range map[string]struct {
		shape   string
		refused bool
	}{
		"a star of many vertices":        {"POLYGON((" + star(3000) + "))", false},
		"one mistake of many vertices":   {"POLYGON((" + eight(2000) + "))", false},
		"a small scribble":               {"POLYGON((" + scribble(20) + "))", false},
		"a scribble":                     {"POLYGON((" + scribble(250) + "))", true},
		"a scribbled line":               {"LINESTRING(" + scribble(250) + ")", true},
		"a scribble in a collection":     {"GEOMETRYCOLLECTION(POINT(105 9),POLYGON((" + scribble(250) + ")))", true},
		"a net with a vertex at each":    {"POLYGON((" + net(20) + "))", true},
		"many points":                    {"MULTIPOINT(" + scribble(1000) + ")", false},
		"parts that meet in one point":   {"MULTIPOLYGON(" + parts(300, triangle) + ")", false},
		"neighbours":                     {"MULTIPOLYGON(" + parts(100, func(i int) string { return box(105+float64(i)/128, 9, 1./128, 1./128) }) + ")", false},
		"parts that lie upon each other": {"MULTIPOLYGON(" + parts(300, func(int) string { return box(105, 9, 1, 1) }) + ")", true},
		"parts that cross":               {"MULTIPOLYGON(" + parts(20, grate) + ")", true},
	} {
		e, err := cql2.ParseText("S_INTERSECTS(geom, " + s.shape + ")")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_, err = cql2.Compile(e, options)
		if refused := haidang.CodeOf(err) == haidang.ErrInvalid && strings.Contains(err.Error(), "crosses or covers itself"); refused != s.refused || err != nil && !refused {
			t.Errorf("%s: %v", name, err)
		}
	}
}
