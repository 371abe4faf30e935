package imports

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkb"

	"haidang/geo/tangle"
)

// scribble is a ring through n random points.
func scribble(n int) [][2]float64 {
	r := rand.New(rand.NewPCG(1, 2))
	ring := make([][2]float64, n, n+1)
	for i := range ring {
		ring[i] = [2]float64{550_000 + 1000*r.Float64(), 1_060_000 + 1000*r.Float64()}
	}
	return append(ring, ring[0])
}

// round is a ring of n vertices whose radius trembles, with the first two exchanged
// where it is to cross itself.
func round(n int, crossed bool) [][2]float64 {
	ring := make([][2]float64, n, n+1)
	for i := range ring {
		r := 1000 + 50*math.Sin(float64(i)/3)
		s, c := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		ring[i] = [2]float64{552_000 + r*c, 1_062_000 + r*s}
	}
	if crossed {
		ring[n/2], ring[n/2+1] = ring[n/2+1], ring[n/2]
	}
	return append(ring, ring[0])
}

// net goes to and fro, then up and down across that, with a vertex at every crossing.
func net(n int) (ring [][2]float64) {
	for i := range 2 * n * n {
		lane, along := i/n%n, i%n
		if lane%2 == 1 {
			along = n - 1 - along
		}
		if i >= n*n {
			lane, along = along, lane
		}
		ring = append(ring, [2]float64{550_000 + float64(along), 1_060_000 + float64(lane)})
	}
	return append(ring, ring[0])
}

// A scribble would keep PostGIS at work for hours, uninterrupted. It is refused by
// itself; a large shape with one slip of the hand is mended.
func TestScribbles(t *testing.T) {
	t.Parallel()
	im, pool := house(t, Limits{})
	agency(t, pool)
	line := make([][2]float64, 0, 3001) // to and fro on one line
	for i := range 3000 {
		line = append(line, [2]float64{550_000 + float64(i%2)*500 + float64(i)/100, 1_060_000})
	}
	line = append(line, line[0])
	shapes := [][][2]float64{scribble(120), scribble(5000), scribble(100_000), line, net(40), round(50_000, false), round(5_000, true)}
	var all []string
	for i, ring := range shapes {
		all = append(all, feature(map[string]any{"number": i, "sheet": 1}, ring))
	}
	text := `{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::9209"}},"features":[` + strings.Join(all, ",\n") + `]}`
	i, err := run(t, im, writeFile(t, "a.geojson", text), plotOptions(), false)
	if err != nil {
		t.Fatal(err)
	}
	if r := i.Report; r.Refused != 5 || r.Fine != 2 || r.Mended != 1 {
		t.Errorf("report %+v", r)
	}
	remarks, err := im.Remarks(t.Context(), i.ID, refused, 0, 10)
	if err != nil || !strings.Contains(fmt.Sprint(remarks), "crosses itself too often") {
		t.Errorf("%+v, %v", remarks, err)
	}
}

// A line may cross itself; not so often that nobody could say where it lies.
func TestScribbledLines(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ring [][2]float64
		want bool
	}{"a scribble": {scribble(1000), true}, "a walk": {scribble(120), false}, "a river": {round(50_000, true), false}} {
		var line orb.LineString
		for _, p := range c.ring {
			line = append(line, p)
		}
		for _, g := range []orb.Geometry{line, orb.MultiLineString{line}, orb.Collection{line}} {
			b, err := wkb.Marshal(g)
			if err != nil {
				t.Fatal(err)
			}
			s, err := walk(b, false)
			if err != nil {
				t.Fatal(err)
			}
			if got := tangled(b, s, new(tangle.Shape)); got != c.want {
				t.Errorf("%s as %s: tangled is %v", name, g.GeoJSONType(), got)
			}
		}
	}
}
