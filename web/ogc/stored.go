package ogc

import (
	"fmt"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkb"
	"github.com/paulmach/orb/project"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/changesets"
)

// asStored is a shape that was sent, in the layer's system, or nil when it is as it was.
// Programs send back every vertex of what they read, as we rounded it and as they do
// (QGIS to six decimals): one that nobody moved is where it is stored, so that neighbours
// go on sharing it.
func (q *ask) asStored(l catalogue.Layer, f *sentFeature, seen *changesets.Seen) (orb.Geometry, error) {
	sent := orb.Clone(f.shape)
	wound(sent, seen.Asked) // its vertices then come in the order in which they are stored
	moved, err := q.transformed(sent, f.crs.SRID, l.SRID)
	if err != nil {
		return nil, err
	}
	stored, to := vertices(seen.Stored), vertices(moved)
	at := byGrain(vertices(seen.Asked), newPen(f.crs).scale)
	next := 0
	shape := mapped(sent, func(i int, p orb.Point) orb.Point {
		which := at[grain(p)]
		if len(which) == 0 {
			return to[i]
		}
		was := following(which, next)
		next = was + 1
		return stored[was]
	})
	wound(shape, seen.Stored)
	if orb.Equal(many(shape), many(seen.Stored)) {
		return nil, nil
	}
	return shape, nil
}

// byGrain are the numbers of the vertices that may be sent back so, as they are or
// rounded. In degrees, vertices closer than a hand's breadth are rounded to the same.
func byGrain(vertices []orb.Point, digits float64) map[[2]int64][]int {
	at := map[[2]int64][]int{}
	for i, p := range vertices {
		for _, scale := range []float64{0, digits, sixDecimals} {
			key := grain(rounded(p, scale))
			if n := len(at[key]); n == 0 || at[key][n-1] != i {
				at[key] = append(at[key], i)
			}
		}
	}
	return at
}

// following is the first of the numbers from next on, or the first of all.
func following(numbers []int, next int) int {
	if i, _ := slices.BinarySearch(numbers, next); i < len(numbers) {
		return numbers[i]
	}
	return numbers[0]
}

// sixDecimals is what QGIS rounds to.
const sixDecimals = 1e6

// rounded is a point to one part in scale; 0: as it is.
func rounded(p orb.Point, scale float64) orb.Point {
	if scale == 0 {
		return p
	}
	return orb.Point{math.Round(p[0]*scale) / scale, math.Round(p[1]*scale) / scale}
}

// grain is a point to a thousandth of what programs round to.
func grain(p orb.Point) [2]int64 {
	return [2]int64{int64(math.Round(p[0] * 1e9)), int64(math.Round(p[1] * 1e9))}
}

// mapped is a copy of a shape with other vertices.
func mapped(g orb.Geometry, to func(int, orb.Point) orb.Point) orb.Geometry {
	i := -1
	return project.Geometry(orb.Clone(g), func(p orb.Point) orb.Point {
		i++
		return to(i, p)
	})
}

func vertices(g orb.Geometry) (list []orb.Point) {
	mapped(g, func(_ int, p orb.Point) orb.Point {
		list = append(list, p)
		return p
	})
	return list
}

// wound turns the rings of a shape to the way they are stored: we write them as RFC 7946
// wants them.
func wound(shape, as orb.Geometry) {
	polygons, _ := many(shape).(orb.MultiPolygon)
	stored, _ := many(as).(orb.MultiPolygon)
	for i := range min(len(polygons), len(stored)) {
		for k := range min(len(polygons[i]), len(stored[i])) {
			ring, was := polygons[i][k], stored[i][k]
			if len(ring) > 0 && len(was) > 0 && ring.Orientation() != was.Orientation() {
				ring.Reverse()
			}
		}
	}
}

// many is a shape as one of many, which it may be alone.
func many(g orb.Geometry) orb.Geometry {
	switch g := g.(type) {
	case orb.Point:
		return orb.MultiPoint{g}
	case orb.LineString:
		return orb.MultiLineString{g}
	case orb.Polygon:
		return orb.MultiPolygon{g}
	}
	return g
}

// transformed carries a shape from one system to another.
func (q *ask) transformed(g orb.Geometry, from, to int) (orb.Geometry, error) {
	if from == to {
		return g, nil
	}
	b, err := wkb.Marshal(g)
	if err != nil {
		return nil, fmt.Errorf("write a shape: %w", err)
	}
	if err := q.pool.QueryRow(q.r.Context(), `SELECT ST_AsBinary(ST_Transform(ST_GeomFromWKB($1, $2), $3::integer))`, b, from, to).Scan(&b); err != nil {
		refusal := haidang.RefuseField("geometry", "Hình học không nằm trong vùng của hệ toạ độ của lớp.", "The geometry does not lie where the layer's coordinate system holds.")
		refusal.Cause = err
		return nil, refusal
	}
	return wkb.Unmarshal(b)
}
