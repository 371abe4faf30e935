package overview

import (
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"

	"haidang/geo"
)

// Parcels without a gap between them leave none in what stands for them, at any zoom:
// what is nothing in a tile hangs together with the outside.
func TestParcelsLeaveNoHole(t *testing.T) {
	t.Parallel()
	const base = maptile.Zoom(14)
	row := parcelSheets(base, 30_000)
	for z := base - 1; z >= 9; z-- {
		row = above(row, z)
		for at := range row {
			after := generalise(at, groundOf(neighbourhood(row, at)), quotasOf(neighbourhood(row, at), details[int(z)%2]), details[int(z)%2])
			of, sizes := components(after, shownSide)
			outer := map[int32]bool{}
			for i := range shownSide {
				outer[of[i]], outer[of[(shownSide-1)*shownSide+i]] = true, true
				outer[of[i*shownSide]], outer[of[i*shownSide+shownSide-1]] = true, true
			}
			for area, label := range labelsOf(of, sizes, after) {
				if label == 0 && !outer[int32(area)] {
					t.Errorf("tile %v has a hole of %d samples", at, sizes[area])
				}
			}
		}
	}
}

// parcelSheets draws the generated cadastre somewhere in Web Mercator.
func parcelSheets(z maptile.Zoom, n int) map[maptile.Tile]*unitData {
	const west, south = 11_783_100.0, 1_059_200.0
	ids := map[string]uint8{}
	x, y := int(sampleX(west, z))/side, int(sampleY(south+25_000, z))/side
	const wide = 16
	c := newCanvas(z, x*side, y*side, wide*side, wide*side)
	for p := range geo.Parcels(n) {
		if ids[p.LandUse] == 0 {
			ids[p.LandUse] = uint8(len(ids) + 1)
		}
		ring := make(orb.Ring, len(p.Outline))
		for i, q := range p.Outline {
			ring[i] = orb.Point{(q[0]-530_000)*1.014 + west, (q[1]-1_046_000)*1.014 + south}
		}
		c.draw(orb.Polygon{ring}, ids[p.LandUse])
	}
	c.finish()
	sheets := map[maptile.Tile]*unitData{}
	for k := range wide * wide {
		s := newSheet()
		for row := range side {
			copy(s[row*side:(row+1)*side], c.labels[(k/wide*side+row)*c.width+k%wide*side:])
		}
		if !s.empty() {
			sheets[maptile.New(uint32(x+k%wide), uint32(y+k/wide), z)] = &unitData{Sheet: s, Shares: sharesOf(s)}
		}
	}
	return sheets
}

func above(below map[maptile.Tile]*unitData, z maptile.Zoom) map[maptile.Tile]*unitData {
	row := map[maptile.Tile]*unitData{}
	for t := range below {
		up, _, _ := parent(t)
		var four [4]*unitData
		for k := range four {
			four[k] = below[maptile.New(2*up.X+uint32(k%2), 2*up.Y+uint32(k/2), z+1)]
		}
		row[up], _ = surfaces{}.merge(up, nil, four, allBlocks)
	}
	return row
}

func neighbourhood(row map[maptile.Tile]*unitData, t maptile.Tile) (near [9]*unitData) {
	for k := range near {
		near[k] = row[maptile.New(t.X+uint32(k%3)-1, t.Y+uint32(k/3)-1, t.Z)]
	}
	return near
}
