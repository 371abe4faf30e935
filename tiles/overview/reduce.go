package overview

import (
	"bytes"

	"github.com/paulmach/orb/maptile"
)

// sheet is the samples of one tile, row by row.
type sheet []uint8

func newSheet() sheet { return make(sheet, side*side) }

// blank is a sheet with nothing on it.
var blank = newSheet()

// empty says that nothing is drawn.
func (s sheet) empty() bool { return bytes.Equal(s, blank) }

// differs returns the blocks in which two sheets are not alike; nil is an empty sheet.
func (s sheet) differs(other sheet) (m mask) {
	if other == nil {
		other = blank
	}
	for by := range blocks {
		for bx := range blocks {
			if !s.sameBlock(other, bx, by) {
				m |= blockBit(bx, by)
			}
		}
	}
	return m
}

func (s sheet) sameBlock(other sheet, bx, by int) bool {
	for y := by * block; y < (by+1)*block; y++ {
		if at := y*side + bx*block; !bytes.Equal(s[at:at+block], other[at:at+block]) {
			return false
		}
	}
	return true
}

// reduce draws one block of tile t from the four tiles below it, in the order
// north-west, north-east, south-west, south-east; nil is an empty one. Each sample
// stands for four. Where they differ, the class that is owed most area so far gets
// it, so that every class keeps its area within the block to a sample or two.
func (s sheet) reduce(t maptile.Tile, below [4]sheet, bx, by int) {
	from := below[by/(blocks/2)*2+bx/(blocks/2)]
	if from == nil {
		from = blank
	}
	r := reducer{from: from, x: bx % (blocks / 2) * 2 * block, y: by % (blocks / 2) * 2 * block}
	r.begin(hash(uint64(t.Z), uint64(t.X), uint64(t.Y), uint64(bx), uint64(by)))
	filled := false
	for y := range block {
		row := s[(by*block+y)*side+bx*block:][:block]
		for i := range block {
			x := i
			if y%2 == 1 {
				x = block - 1 - i // there and back: a debt is paid where it was made
			}
			row[x] = r.sample(x, y)
			filled = filled || row[x] != 0
		}
	}
	if !filled {
		s.keepOne(r, bx, by)
	}
}

// keepOne shows something in a block that would show nothing, if there is something.
func (s sheet) keepOne(r reducer, bx, by int) {
	for y := range 2 * block {
		for x := range 2 * block {
			if label := r.from[(r.y+y)*side+r.x+x]; label != 0 {
				s[(by*block+y/2)*side+bx*block+x/2] = label
				return
			}
		}
	}
}

// reducer remembers what each class is owed, in samples of the finer tile.
type reducer struct {
	from sheet
	x, y int
	owed [256]float32
}

// begin rounds each class up or down by a chance that is fixed for the block:
// otherwise what is rare everywhere would be lost everywhere.
func (r *reducer) begin(seed uint64) {
	for class := range r.owed {
		r.owed[class] = float32(hash(seed, uint64(class))>>40)/(1<<24)*4 - 2
	}
}

func (r *reducer) sample(x, y int) uint8 {
	at := (r.y+2*y)*side + r.x + 2*x
	four := [4]uint8{r.from[at], r.from[at+1], r.from[at+side], r.from[at+side+1]}
	if four[0] == four[1] && four[0] == four[2] && four[0] == four[3] {
		return four[0]
	}
	best := four[0]
	for _, class := range four {
		r.owed[class]++
	}
	for _, class := range four[1:] {
		if r.owed[class] > r.owed[best] || r.owed[class] == r.owed[best] && class < best {
			best = class
		}
	}
	r.owed[best] -= 4
	return best
}
