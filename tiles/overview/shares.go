package overview

import "slices"

// share is how much of one block is of one class, in samples of the tile's zoom.
type share struct {
	Class uint8
	True  float64 // by the samples of the lowest row, exact
	Drawn int32   // in the sheet
}

// shares lists, for each of a tile's blocks, row by row, what is there in order of
// classes. What is left of a block is nothing's; nil is a tile with nothing on it.
type shares [][]share

// sharesOf counts a sheet of the lowest row, which is true by itself.
func sharesOf(s sheet) shares {
	all := make(shares, blocks*blocks)
	for k := range all {
		for class, n := range s.count(k) {
			if n > 0 && class > 0 {
				all[k] = append(all[k], share{uint8(class), float64(n), n})
			}
		}
	}
	return all
}

// mergeShares sums what is true of the four tiles below, and counts the sheet made of them.
func mergeShares(below [4]*unitData, s sheet) shares {
	all := make(shares, blocks*blocks)
	for k := range all {
		var sum [256]float64
		for i := range 4 {
			x, y := k%blocks*2+i%2, k/blocks*2+i/2
			if u := below[y/blocks*2+x/blocks]; u != nil && u.Shares != nil {
				for _, one := range u.Shares[y%blocks*blocks+x%blocks] {
					sum[one.Class] += one.True / 4
				}
			}
		}
		drawn := s.count(k)
		for class, n := range sum {
			if n > 0 && class > 0 {
				all[k] = append(all[k], share{uint8(class), n, drawn[class]})
			}
		}
	}
	return all
}

// count returns the samples of each class in the k-th block.
func (s sheet) count(k int) (n [256]int32) {
	at := k/blocks*block*side + k%blocks*block
	for y := range block {
		for _, class := range s[at+y*side:][:block] {
			n[class]++
		}
	}
	return n
}

func (s shares) equal(other shares) bool {
	return slices.EqualFunc(s, other, func(a, b []share) bool { return slices.Equal(a, b) })
}

// moved returns the blocks that are divided otherwise than before, whatever the detail.
func (s shares) moved(before shares) (m mask) {
	for _, d := range details {
		now, was := s.allot(d.least), before.allot(d.least)
		for k := range now {
			if now[k] != was[k] {
				m |= 1 << k
			}
		}
	}
	return m
}
