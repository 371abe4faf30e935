package overview

import (
	"math"
	"math/rand/v2"
	"testing"
)

// someShares are a tile of few or many classes, most of which are rare; some blocks are
// bare, and some samples of some classes were lost on the way up.
func someShares(seed uint64) shares {
	dice := rand.New(rand.NewPCG(seed, 3))
	classes := 1 + dice.IntN(30)
	s := make(shares, blocks*blocks)
	for k := range s {
		room := int32(dice.IntN(block*block) + 1)
		for c := range classes {
			if dice.IntN(3) > 0 || room < 2 {
				continue
			}
			n := min(room-1, 1+int32(math.Pow(dice.Float64(), 6)*8000))
			room -= n
			one := share{Class: uint8(c + 1), True: max(0.25, float64(n)+4*dice.Float64()-2), Drawn: n}
			if n < 4 && dice.IntN(4) == 0 {
				one.Drawn = 0
			}
			s[k] = append(s[k], one)
		}
	}
	return s
}

// Over the tile each class has its own, wherever it stands; each block is divided whole;
// and what is shown can be seen, or is all there is.
func TestAllotGivesEachItsOwn(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		s := someShares(seed)
		for _, d := range details[:3] {
			var got, own, drawn [256]float64
			for k, q := range s.allot(d.least) {
				sum, something, exists := int32(0), int32(0), false
				for c, n := range q {
					sum += n
					got[c] += float64(n)
					if n < 0 {
						t.Fatalf("seed %d: class %d gets %d", seed, c, n)
					}
					if c > 0 {
						something += n
					}
				}
				for _, one := range s[k] {
					own[one.Class] += one.True
					drawn[one.Class] += float64(one.Drawn)
					exists = exists || one.Drawn > 0
					if one.Drawn == 0 && q[one.Class] > 0 {
						t.Errorf("seed %d: class %d gets %d where it does not stand", seed, one.Class, q[one.Class])
					}
				}
				if sum != block*block {
					t.Fatalf("seed %d: %d samples of a block are given away", seed, sum)
				}
				if exists != (something > 0) {
					t.Errorf("seed %d: a block with something %v gets %d samples of it", seed, exists, something)
				}
			}
			for c := 1; c < len(own); c++ {
				if off := math.Abs(got[c] - own[c]); drawn[c] > 0 && off > 1+own[c]/50 {
					t.Errorf("seed %d, least %d: class %d has %.1f and gets %.0f", seed, d.least, c, own[c], got[c])
				}
			}
		}
	}
}
