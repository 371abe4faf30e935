package tiles_test

import (
	"math"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/maptile"
	"github.com/paulmach/orb/planar"

	"haidang/geo/features/featuretest"
)

// bigStar is a polygon with n corners about the middle of the plots' ground, every
// second one farther out, so that nothing of its border can be left out.
func bigStar(n int, inner, outer float64) orb.Polygon {
	ring := make(orb.Ring, 0, n+1)
	for i := range n {
		r, a := inner, 2*math.Pi*float64(i)/float64(n)
		if i%2 == 1 {
			r = outer
		}
		ring = append(ring, orb.Point{east + 15_000 + r*math.Cos(a), north + 15_000 + r*math.Sin(a)})
	}
	return orb.Polygon{append(ring, ring[0])}
}

// A shape with very many vertices is drawn from its parts just as from itself: the same
// area, and not an edge more; edits and deletions show; and with parts gone, or parts of
// another version, the shape itself stands in until they are mended.
func TestHeavyShapesAreDrawnFromParts(t *testing.T) {
	t.Parallel()
	p := newPlots(t)
	fid := p.insert(t, "heavy", bigStar(100_000, 11_960, 12_000))
	if n := p.parts(t); n < 20 {
		t.Fatalf("%d parts", n)
	}
	at := []maptile.Tile{p.place(15_000, 15_000, 14), p.place(26_980, 15_000, 12), p.place(26_980, 15_000, 14), p.place(15_000, 26_980, 15), p.place(26_980, 15_010, 16), p.place(3_020, 15_000, 17)}
	fromParts := p.drawnAt(t, at)
	p.exec(t, `CREATE TABLE aside AS SELECT * FROM layer_part; DELETE FROM layer_part`)
	whole := p.drawnAt(t, at)
	for i := range at {
		if whole[i].area == 0 || math.Abs(fromParts[i].area/whole[i].area-1) > 1e-6 || math.Abs(fromParts[i].border/whole[i].border-1) > 1e-6 {
			t.Errorf("tile %v: area %g and border %g from parts, %g and %g from the whole", at[i], fromParts[i].area, fromParts[i].border, whole[i].area, whole[i].border)
		}
	}

	p.exec(t, `INSERT INTO layer_part SELECT layer, fid, z, x, y, row_version + 1, 'SRID=3857;POLYGON EMPTY' FROM aside`)
	if got := p.drawnAt(t, at[:1]); got[0] != whole[0] {
		t.Error("parts of another version are drawn")
	}
	p.mend(t, 1)
	if got := p.drawnAt(t, at); got[3] != fromParts[3] {
		t.Error("mended parts are not as those that were cut at first")
	}
	p.mend(t, 0)

	if _, err := p.apply(t.Context(), featuretest.Change{Op: featuretest.Update, FID: fid, Properties: map[string]any{"code": "heavy"}, Geometry: bigStar(20_000, 3_960, 4_000)}); err != nil {
		t.Fatal(err)
	}
	if got := p.drawnAt(t, at); got[0].area != whole[0].area || got[2].area != 0 {
		t.Errorf("the smaller star shows as %+v", got)
	}
	p.exec(t, `DELETE FROM layer_plot`)
	if n := p.parts(t); n != 0 {
		t.Errorf("%d parts of what is gone", n)
	}
}

// featuresOf are the plots of a tile.
func featuresOf(t *testing.T, raw []byte) (list []*geojson.Feature) {
	t.Helper()
	layers, err := mvt.Unmarshal(raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range layers {
		if l.Name == plotSlug {
			list = append(list, l.Features...)
		}
	}
	return list
}

// drawing is what a tile shows, in its own units.
type drawing struct{ area, border float64 }

// drawnAt cuts tiles past all caches.
func (p plots) drawnAt(t *testing.T, at []maptile.Tile) (list []drawing) {
	t.Helper()
	for _, tile := range at {
		raw, err := p.service.Fresh(t.Context(), plotSlug, uint32(tile.Z), tile.X, tile.Y)
		if err != nil {
			t.Fatal(err)
		}
		var d drawing
		for _, f := range featuresOf(t, raw) {
			d.area += math.Abs(planar.Area(f.Geometry))
			d.border += planar.Length(f.Geometry)
		}
		list = append(list, d)
	}
	return list
}

func (p plots) parts(t *testing.T) (n int) {
	t.Helper()
	if err := p.pool.QueryRow(t.Context(), `SELECT count(*) FROM layer_part`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// mend looks for what lacks its parts, and wants to find so many.
func (p plots) mend(t *testing.T, want int) {
	t.Helper()
	n, err := p.service.MendParts(t.Context())
	if err != nil || n != want {
		t.Errorf("%d shapes lacked their parts (%v), want %d", n, err, want)
	}
}
