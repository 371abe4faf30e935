package overview

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/clip"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/maptile"
	"github.com/paulmach/orb/simplify"
)

// lines shows lines joined by class, simplified, and of each block the longest.
type lines struct {
	source
	*classes
}

// The grid of lines is finer than that of tiles, because it is halved at every zoom.
const (
	fine      = 16384 // steps along a tile
	finePixel = float64(fine) / 512
	bend      = finePixel / 2 // how far a simplified line may stray
	mostLines = 40            // in a block
	leastLine = 6 * finePixel // a shorter line is shown only when its block has room and it is the longest
)

// line is one or more lines of a class, in steps of the tile.
type line struct {
	Class  uint8
	Points [][2]int32
}

func (l line) length() (sum float64) {
	for i := 1; i < len(l.Points); i++ {
		sum += math.Hypot(float64(l.Points[i][0]-l.Points[i-1][0]), float64(l.Points[i][1]-l.Points[i-1][1]))
	}
	return sum
}

// onEdge says that the line goes on in the next tile.
func (l line) onEdge() bool {
	for _, p := range [2][2]int32{l.Points[0], l.Points[len(l.Points)-1]} {
		if p[0] == 0 || p[1] == 0 || p[0] == fine || p[1] == fine {
			return true
		}
	}
	return false
}

func (m lines) read(ctx context.Context, db querier, t maptile.Tile, was *unitData, _ mask) (*unitData, mask, error) {
	totals, err := m.totals(ctx, db, t, m.classes)
	if err != nil {
		return nil, 0, err
	}
	w, south, e, n := envelope(t)
	var list []line
	scale := fine / (e - w)
	err = m.each(ctx, db, orb.Bound{Min: orb.Point{w, south}, Max: orb.Point{e, n}}, func(_ int64, class string, g orb.Geometry) error {
		for _, part := range parts(g) {
			local := make(orb.LineString, len(part))
			for i, p := range part {
				local[i] = orb.Point{(p[0] - w) * scale, (n - p[1]) * scale}
			}
			list = append(list, m.cut(local, m.id(class), 0)...)
		}
		return nil
	})
	now := &unitData{Totals: totals, Lines: thin(list)}
	return now, changedLines(was, now), err
}

// parts are the line strings of a geometry.
func parts(g orb.Geometry) []orb.LineString {
	switch g := g.(type) {
	case orb.LineString:
		return []orb.LineString{g}
	case orb.MultiLineString:
		return g
	}
	return nil
}

// cut takes what lies on the tile and its buffer, in steps.
func (m lines) cut(l orb.LineString, class uint8, buffer float64) (list []line) {
	box := orb.Bound{Min: orb.Point{-buffer, -buffer}, Max: orb.Point{fine + buffer, fine + buffer}}
	for _, part := range clip.LineString(box, l) {
		piece := line{Class: class}
		for _, p := range part {
			at := [2]int32{int32(math.Round(p[0])), int32(math.Round(p[1]))}
			if n := len(piece.Points); n == 0 || piece.Points[n-1] != at {
				piece.Points = append(piece.Points, at)
			}
		}
		if len(piece.Points) > 1 {
			list = append(list, piece)
		}
	}
	return list
}

func (m lines) merge(_ maptile.Tile, was *unitData, below [4]*unitData, _ mask) (*unitData, mask) {
	var list []line
	for k, u := range below {
		if u == nil {
			continue
		}
		for _, l := range u.Lines {
			half := line{Class: l.Class}
			for _, p := range l.Points {
				at := [2]int32{(p[0] + int32(k%2)*fine) / 2, (p[1] + int32(k/2)*fine) / 2}
				if n := len(half.Points); n == 0 || half.Points[n-1] != at {
					half.Points = append(half.Points, at)
				}
			}
			if len(half.Points) > 1 {
				list = append(list, half)
			}
		}
	}
	now := &unitData{Totals: addTotals(below), Lines: thin(list)}
	return now, changedLines(was, now)
}

func changedLines(was, now *unitData) mask {
	var before []line
	if was != nil {
		before = was.Lines
	}
	if slices.EqualFunc(before, now.Lines, func(a, b line) bool { return a.Class == b.Class && slices.Equal(a.Points, b.Points) }) {
		return 0
	}
	return allBlocks
}

// thin joins lines, takes their slight bends away and keeps the longest of each block.
func thin(list []line) []line {
	list = join(list)
	for i := range list {
		list[i].Points = straighten(list[i].Points)
	}
	slices.SortStableFunc(list, func(a, b line) int { return cmp.Compare(b.length(), a.length()) })
	var in [blocks * blocks]int
	kept := list[:0]
	for _, l := range list {
		middle := l.Points[len(l.Points)/2]
		at := min(blocks-1, middle[1]*blocks/fine)*blocks + min(blocks-1, middle[0]*blocks/fine)
		if in[at] == 0 || in[at] < mostLines && (l.onEdge() || l.length() >= leastLine) {
			in[at]++
			kept = append(kept, l)
		}
	}
	return slices.Clone(kept)
}

func straighten(points [][2]int32) [][2]int32 {
	l := make(orb.LineString, len(points))
	for i, p := range points {
		l[i] = orb.Point{float64(p[0]), float64(p[1])}
	}
	l = simplify.DouglasPeucker(bend).LineString(l)
	kept := make([][2]int32, len(l))
	for i, p := range l {
		kept[i] = [2]int32{int32(p[0]), int32(p[1])}
	}
	return kept
}

// end is one end of a line of a class.
type end struct {
	class uint8
	at    [2]int32
}

// join makes one of two lines of a class that alone meet in a point.
func join(list []line) []line {
	meet := map[end][]int{}
	for i, l := range list {
		for _, at := range [2][2]int32{l.Points[0], l.Points[len(l.Points)-1]} {
			meet[end{l.Class, at}] = append(meet[end{l.Class, at}], i)
		}
	}
	used := make([]bool, len(list))
	var joined []line
	for i := range list {
		if used[i] {
			continue
		}
		used[i] = true
		l := line{Class: list[i].Class, Points: slices.Clone(list[i].Points)}
		for range 2 { // at its end, then at its beginning
			extend(&l, list, meet, used)
			slices.Reverse(l.Points)
		}
		joined = append(joined, l)
	}
	return joined
}

// extend goes on from the end of the line as long as just one other line begins there.
func extend(l *line, list []line, meet map[end][]int, used []bool) {
	for {
		last := l.Points[len(l.Points)-1]
		there := meet[end{l.Class, last}]
		if len(there) != 2 {
			return
		}
		next := there[0]
		if used[next] {
			next = there[1]
		}
		if used[next] {
			return
		}
		used[next] = true
		more := slices.Clone(list[next].Points)
		if more[0] != last {
			slices.Reverse(more)
		}
		l.Points = append(l.Points, more[1:]...)
	}
}

func (m lines) show(_ maptile.Tile, near [9]*unitData, _ int) mvt.Layers {
	const buffer = rim * fine / side
	var list []line
	shown := 0
	for k, u := range near {
		if u == nil {
			continue
		}
		for _, l := range u.Lines {
			whole := make(orb.LineString, len(l.Points))
			for i, p := range l.Points {
				whole[i] = orb.Point{float64(p[0] + int32(k%3-1)*fine), float64(p[1] + int32(k/3-1)*fine)}
			}
			list = append(list, m.cut(whole, l.Class, buffer)...)
		}
		if k == 4 {
			shown = len(u.Lines)
		}
	}
	var features []*geojson.Feature
	for _, l := range join(list) {
		if shape := onTile(l); len(shape) > 1 {
			features = append(features, classed(m.source, m.classes, shape, l.Class))
		}
	}
	return withAccount(m.source, m.classes, near[4], features, "joined, or shorter than others near", shown)
}

// onTile is the line in tile units.
func onTile(l line) (shape orb.LineString) {
	for _, p := range l.Points {
		at := orb.Point{float64(p[0] * extent / fine), float64(p[1] * extent / fine)}
		if n := len(shape); n == 0 || shape[n-1] != at {
			shape = append(shape, at)
		}
	}
	return shape
}
