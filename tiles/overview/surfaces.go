package overview

import (
	"context"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/maptile"
)

// surfaces shows polygons as areas of one class each that neither overlap nor leave
// gaps.
type surfaces struct {
	source
	*classes
}

func (m surfaces) read(ctx context.Context, db querier, t maptile.Tile, was *unitData, dirty mask) (*unitData, mask, error) {
	totals, err := m.totals(ctx, db, t, m.classes)
	if err != nil {
		return nil, 0, err
	}
	c, err := m.drawn(ctx, db, t, dirty)
	if err != nil {
		return nil, 0, err
	}
	now := newSheet()
	var before sheet
	if was != nil && was.Sheet != nil {
		before = was.Sheet
		copy(now, before)
	}
	x, y := c.x-int(t.X)*side, c.y-int(t.Y)*side
	for row := range c.height {
		for column := range c.width {
			if dirty.has((x+column)/block, (y+row)/block) {
				now[(y+row)*side+x+column] = c.labels[row*c.width+column]
			}
		}
	}
	changed := now.differs(before)
	if now.empty() {
		return &unitData{Totals: totals}, changed, nil
	}
	return &unitData{Totals: totals, Sheet: now, Shares: sharesOf(now)}, changed, nil
}

// drawn draws the layer on the smallest canvas that holds the dirty blocks.
func (m surfaces) drawn(ctx context.Context, db querier, t maptile.Tile, dirty mask) (*canvas, error) {
	left, top, right, bottom := blocks, blocks, 0, 0
	for by := range blocks {
		for bx := range blocks {
			if dirty.has(bx, by) {
				left, top, right, bottom = min(left, bx), min(top, by), max(right, bx+1), max(bottom, by+1)
			}
		}
	}
	left, top = min(left, right), min(top, bottom)
	c := newCanvas(t.Z, int(t.X)*side+left*block, int(t.Y)*side+top*block, (right-left)*block, (bottom-top)*block)
	w, _, _, n := envelope(t)
	size := block / perMetre(t.Z)
	box := orb.Bound{Min: orb.Point{w + float64(left)*size, n - float64(bottom)*size}, Max: orb.Point{w + float64(right)*size, n - float64(top)*size}}
	err := m.each(ctx, db, box, func(_ int64, class string, g orb.Geometry) error {
		c.draw(g, m.id(class))
		return nil
	})
	c.finish()
	return c, err
}

func (m surfaces) merge(t maptile.Tile, was *unitData, below [4]*unitData, dirty mask) (*unitData, mask) {
	var sheets [4]sheet
	for i, u := range below {
		if u != nil {
			sheets[i] = u.Sheet
		}
	}
	now := newSheet()
	var before sheet
	var shared shares
	if was != nil && was.Sheet != nil {
		before, shared = was.Sheet, was.Shares
		copy(now, before)
	}
	for by := range blocks {
		for bx := range blocks {
			if dirty.has(bx, by) {
				now.reduce(t, sheets, bx, by)
			}
		}
	}
	changed := now.differs(before)
	if now.empty() {
		return &unitData{Totals: addTotals(below)}, changed
	}
	u := &unitData{Totals: addTotals(below), Sheet: now, Shares: mergeShares(below, now)}
	return u, changed | u.Shares.moved(shared)
}

func (m surfaces) show(t maptile.Tile, near [9]*unitData, level int) mvt.Layers {
	d := details[level]
	shown := generalise(t, groundOf(near), quotasOf(near, d), d)
	of, sizes := components(shown, shownSide)
	class := labelsOf(of, sizes, shown)
	l := traceArcs(of)
	simplifyArcs(l, sizes, func(area int32) int {
		if area == outside {
			return 256
		}
		return int(class[area])
	}, d)
	features := []*geojson.Feature{}
	for _, f := range faces(l, func(area int32) bool { return class[area] != 0 }) {
		features = append(features, m.feature(f.shape, class[f.area]))
	}
	return m.layers(near[4], features, "merged", len(features))
}

// groundOf puts together what a tile needs of its neighbourhood.
func groundOf(near [9]*unitData) []uint8 {
	const reach = block + margin
	labels := make([]uint8, ground*ground)
	for k, u := range near {
		if u == nil || u.Sheet == nil {
			continue
		}
		dx, dy := (k%3-1)*side+reach, (k/3-1)*side+reach
		from, to := max(0, -dx), min(side, ground-dx)
		for y := max(0, -dy); y < min(side, ground-dy); y++ {
			copy(labels[(y+dy)*ground+dx+from:(y+dy)*ground+dx+to], u.Sheet[y*side+from:y*side+to])
		}
	}
	return labels
}
