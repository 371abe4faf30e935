package overview

import (
	"context"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/maptile"
)

// points shows points as clusters: at most one in each square of 16 pixels.
type points struct {
	source
	*classes
}

// lair is the samples along the square that has at most one cluster.
const lair = 32

// cluster is points that stand in one square.
type cluster struct {
	Square  int32 // row by row
	Count   int64
	X, Y    float64 // sum of their places, in samples of the tile
	First   int64   // fid of the representative: the lowest
	Classes []total // how many of which class
}

func (m points) read(ctx context.Context, db querier, t maptile.Tile, was *unitData, _ mask) (*unitData, mask, error) {
	totals, err := m.totals(ctx, db, t, m.classes)
	if err != nil {
		return nil, 0, err
	}
	w, south, e, n := envelope(t)
	var list []cluster
	err = m.each(ctx, db, orb.Bound{Min: orb.Point{w, south}, Max: orb.Point{e, n}}, func(fid int64, class string, g orb.Geometry) error {
		at := g.Bound().Center()
		x, y := sampleX(at[0], t.Z)-float64(t.X)*side, sampleY(at[1], t.Z)-float64(t.Y)*side
		if x >= 0 && y >= 0 && x < side && y < side {
			list = append(list, cluster{Square: square(x, y), Count: 1, X: x, Y: y, First: fid, Classes: []total{{Class: m.id(class), Count: 1}}})
		}
		return nil
	})
	now := &unitData{Totals: totals, Points: gather(list)}
	return now, changedPoints(was, now), err
}

func square(x, y float64) int32 {
	const n = side / lair
	return int32(y/lair)*n + int32(x/lair)
}

// gather puts the clusters of one square together.
func gather(list []cluster) (sum []cluster) {
	slices.SortStableFunc(list, func(a, b cluster) int { return int(a.Square - b.Square) })
	for _, c := range list {
		if last := len(sum) - 1; last >= 0 && sum[last].Square == c.Square {
			s := &sum[last]
			s.Count, s.X, s.Y, s.First = s.Count+c.Count, s.X+c.X, s.Y+c.Y, min(s.First, c.First)
			s.Classes = addTotals([4]*unitData{{Totals: s.Classes}, {Totals: c.Classes}})
		} else {
			sum = append(sum, c)
		}
	}
	return sum
}

func changedPoints(was, now *unitData) mask {
	var before []cluster
	if was != nil {
		before = was.Points
	}
	same := slices.EqualFunc(before, now.Points, func(a, b cluster) bool {
		return a.Square == b.Square && a.Count == b.Count && a.X == b.X && a.Y == b.Y && a.First == b.First && slices.Equal(a.Classes, b.Classes)
	})
	if same {
		return 0
	}
	return allBlocks
}

func (m points) merge(_ maptile.Tile, was *unitData, below [4]*unitData, _ mask) (*unitData, mask) {
	var list []cluster
	for k, u := range below {
		if u == nil {
			continue
		}
		for _, c := range u.Points {
			n := float64(c.Count)
			c.X, c.Y = (c.X+float64(k%2)*side*n)/2, (c.Y+float64(k/2)*side*n)/2
			c.Square = square(c.X/n, c.Y/n)
			list = append(list, c)
		}
	}
	now := &unitData{Totals: addTotals(below), Points: gather(list)}
	return now, changedPoints(was, now)
}

func (m points) show(_ maptile.Tile, near [9]*unitData, _ int) mvt.Layers {
	var features []*geojson.Feature
	shown := 0
	for k, u := range near {
		if u == nil {
			continue
		}
		for _, c := range u.Points {
			x := c.X/float64(c.Count) + float64(k%3-1)*side
			y := c.Y/float64(c.Count) + float64(k/3-1)*side
			if x < -rim || y < -rim || x > side+rim || y > side+rim {
				continue
			}
			features = append(features, m.feature(c, orb.Point{math.Floor(x * unit), math.Floor(y * unit)}))
			if k == 4 {
				shown++
			}
		}
	}
	return withAccount(m.source, m.classes, near[4], features, "clustered", shown)
}

// feature is a cluster; one that holds a single point is that point, with its id.
func (m points) feature(c cluster, at orb.Point) *geojson.Feature {
	most := slices.MaxFunc(c.Classes, func(a, b total) int { return int(a.Count - b.Count) })
	f := classed(m.source, m.classes, at, most.Class)
	f.Properties["point_count"] = c.Count
	f.Properties["representative"] = c.First
	if c.Count == 1 {
		f.ID = uint64(c.First)
	}
	return f
}
