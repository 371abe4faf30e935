package tiles

import (
	"math"
	"slices"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"pgregory.net/rapid"
)

// drawShape draws any shape around the province, from a parcel's to a commune's size.
func drawShape(rt *rapid.T) orb.Geometry {
	at := orb.Point{rapid.Float64Range(11_700_000, 11_900_000).Draw(rt, "x"), rapid.Float64Range(1_000_000, 1_200_000).Draw(rt, "y")}
	size := math.Pow(10, rapid.Float64Range(0, 3.5).Draw(rt, "size"))
	turns := rapid.SliceOfN(rapid.Float64Range(0.3, 1), 3, 12).Draw(rt, "radii")
	ring := orb.Ring{}
	for i, r := range turns {
		a := 2 * math.Pi * float64(i) / float64(len(turns))
		ring = append(ring, orb.Point{at[0] + size*r*math.Cos(a), at[1] + size*r*math.Sin(a)})
	}
	ring = append(ring, ring[0])
	hole := ring.Clone()
	for i, p := range hole {
		hole[i] = orb.Point{at[0] + (p[0]-at[0])*0.5, at[1] + (p[1]-at[1])*0.5}
	}
	switch rapid.IntRange(0, 4).Draw(rt, "kind") {
	case 0:
		return at
	case 1:
		return orb.LineString(ring[:len(ring)-1])
	case 2:
		return orb.Polygon{ring, hole}
	case 3:
		return orb.Collection{at, orb.Polygon{ring}, orb.MultiPoint{ring[0], ring[1]}}
	}
	return orb.MultiPolygon{{ring}, {hole}}
}

// A cover holds exactly the tiles within whose buffer the shape has a point: samples of
// the shape all lie in tiles of the cover, and each of its tiles is reached.
func TestCoverIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		shape := drawShape(rt)
		z := rapid.IntRange(0, 17).Draw(rt, "z")
		c := coverOf(shape, z, z)
		if c.whole <= c.last {
			rt.Skip("too wide")
		}
		for _, f := range figures(nil, shape) {
			for range 20 {
				p, ok := f.sample(rt)
				if tile := tileAt(z, p); ok && !slices.Contains(c.tiles, tile) {
					rt.Fatalf("%v is missing for %v", tile.zxy(), p)
				}
			}
		}
		for _, tile := range c.tiles {
			if d := distance(shape, tile); d > 1e-6 {
				rt.Fatalf("%v is %g m away", tile.zxy(), d)
			}
		}
	})
}

// sample draws a point on the figure's edges or inside it.
func (f *figure) sample(rt *rapid.T) (orb.Point, bool) {
	e := f.edges[rapid.IntRange(0, len(f.edges)-1).Draw(rt, "edge")]
	along := rapid.Float64Range(0, 1).Draw(rt, "along")
	p := orb.Point{e.x0 + along*(e.x1-e.x0), e.y0 + along*(e.y1-e.y0)}
	if f.area && rapid.Bool().Draw(rt, "inside") {
		inwards := rapid.Float64Range(0, 1).Draw(rt, "inwards")
		o := f.edges[0]
		p = orb.Point{p[0] + inwards*(o.x0-p[0]), p[1] + inwards*(o.y0-p[1])}
		return p, f.contains(p[0], p[1])
	}
	return p, true
}

func tileAt(z int, p orb.Point) place {
	n := math.Ldexp(1, z)
	return placeOf(z, uint32(p[0]*n), uint32(p[1]*n))
}

// distance is how far the shape is from the tile's buffer in metres.
func distance(shape orb.Geometry, tile place) float64 {
	at := tile.zxy()
	size := 2 * halfWorld * math.Ldexp(1, -tile.zoom())
	b := orb.Bound{Min: orb.Point{-halfWorld + (float64(at[1])-reach)*size, halfWorld - (float64(at[2])+1+reach)*size},
		Max: orb.Point{-halfWorld + (float64(at[1])+1+reach)*size, halfWorld - (float64(at[2])-reach)*size}}
	return apart(shape, b)
}

// apart is the distance of a shape from a box, found the slow way.
func apart(shape orb.Geometry, b orb.Bound) float64 {
	best := math.Inf(1)
	for _, f := range figures(nil, shape) {
		for _, e := range f.edges {
			p, q := orb.Point{e.x0*2*halfWorld - halfWorld, halfWorld - e.y0*2*halfWorld}, orb.Point{e.x1*2*halfWorld - halfWorld, halfWorld - e.y1*2*halfWorld}
			if b.Contains(p) || b.Contains(q) {
				return 0
			}
			corners := b.ToRing()
			for i := range 4 {
				if cross(p, q, corners[i], corners[i+1]) {
					return 0
				}
				best = min(best, planar.DistanceFromSegment(p, q, corners[i]), planar.DistanceFromSegment(corners[i], corners[i+1], p))
			}
		}
		if c := b.Center(); f.area && f.contains(mapX(c[0]), mapY(c[1])) {
			return 0
		}
	}
	return best
}

func cross(a, b, c, d orb.Point) bool {
	side := func(p, q, r orb.Point) bool { return (q[0]-p[0])*(r[1]-p[1])-(q[1]-p[1])*(r[0]-p[0]) > 0 }
	return side(a, b, c) != side(a, b, d) && side(c, d, a) != side(c, d, b)
}

// A change that covers much of a zoom voids it from there on, in bounded time.
func TestWideChangeIsCutShort(t *testing.T) {
	t.Parallel()
	c := coverOf(orb.Bound{Min: orb.Point{11_700_000, 1_000_000}, Max: orb.Point{11_900_000, 1_200_000}}.ToPolygon(), 0, 22)
	if c.whole != 13 || len(c.tiles) > 2*mostCovered { // at zoom 13 a tile is 4.9 km wide
		t.Errorf("whole from %d, %d tiles", c.whole, len(c.tiles))
	}
	if c := coverOf(orb.MultiPoint{{0, 0}}, 3, 3); len(c.tiles) != 4 { // the corner of four
		t.Errorf("%v", c)
	}
	for _, empty := range []orb.Geometry{orb.Polygon{}, orb.Collection{}, orb.Point{math.NaN(), math.NaN()}, orb.LineString{}} {
		if c := coverOf(empty, 0, 22); len(c.tiles) != 0 || c.whole <= c.last {
			t.Errorf("%v covers %v", empty, c)
		}
	}
}

// A figure of a million vertices is taken for its box.
func TestHugeFigureIsItsBox(t *testing.T) {
	t.Parallel()
	ring := make(orb.Ring, 1_000_000)
	for i := range ring {
		a := 2 * math.Pi * float64(i) / float64(len(ring)-1)
		ring[i] = orb.Point{11_800_000 + 300*math.Cos(a), 1_100_000 + 300*math.Sin(a)}
	}
	list := figures(nil, orb.Polygon{ring})
	if len(list) != 1 || len(list[0].edges) != 4 || !list[0].area {
		t.Errorf("%d figures", len(list))
	}
}

func BenchmarkCoverOfParcel(b *testing.B) {
	p := orb.Point{11_800_003, 1_100_007}
	parcel := orb.Polygon{{p, {p[0] + 45, p[1]}, {p[0] + 45, p[1] + 45}, {p[0], p[1] + 45}, p}}
	for b.Loop() {
		coverOf(parcel, 0, 17)
	}
}
