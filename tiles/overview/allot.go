package overview

import (
	"cmp"
	"math"
	"slices"
)

// quota is how many samples of a block each class is to have.
type quota [256]int32

// quotas are those of the blocks of a tile with a ring about it, row by row.
type quotas [(blocks + 2) * (blocks + 2)]quota

// quotasOf divides the blocks of a tile and of its neighbours, each tile by itself.
func quotasOf(near [9]*unitData, d detail) *quotas {
	var all quotas
	for i, u := range near {
		var s shares
		if u != nil {
			s = u.Shares
		}
		for k, q := range s.allot(d.least) {
			x, y := (i%3-1)*blocks+k%blocks+1, (i/3-1)*blocks+k/blocks+1
			if x >= 0 && y >= 0 && x < blocks+2 && y < blocks+2 {
				all[y*(blocks+2)+x] = q
			}
		}
	}
	return &all
}

// allot divides the tile's blocks among their classes, so that over the tile each has
// what is truly its own, and yet nowhere less than can be seen. A class with less than
// half of least in a block waits for the next block where it is, and the largest of the
// block keeps its place meanwhile. It only ever waits within the tile: what another
// tile holds does not matter.
func (s shares) allot(least int) *[blocks * blocks]quota {
	a := allotter{shares: s, least: int32(least)}
	if s == nil {
		a.shares = make(shares, blocks*blocks)
	}
	for _, k := range curve(blocks) {
		a.divide(k)
	}
	a.settle()
	return &a.quota
}

type allotter struct {
	shares
	least int32
	quota [blocks * blocks]quota
	due   [256]float64 // what each class has had less than its own so far, and takes in the next block it can
	rest  [256]float64 // what is too little to be passed on
	total [256]float64
}

// divide gives each class its due in one block. The one that is due most takes what the
// others leave: so a little more or less of one is felt by it alone, not by every block
// that follows.
func (a *allotter) divide(k int) {
	claims := a.claims(k)
	holder, room := claims[0], int32(block*block)
	for _, class := range claims {
		if a.due[class] > a.due[holder] {
			holder = class
		}
	}
	for i, class := range claims {
		n, least := int32(math.Round(a.due[class])), a.least
		if i == 0 && 2*n < least {
			least = 1 // a block with something in it shows something
		}
		if class == holder || 2*n < least && least > 1 {
			continue
		}
		n = min(max(n, least), room-1)
		a.take(k, class, n, 1)
		room -= n
	}
	a.take(k, holder, room, float64(a.least))
}

// take gives samples of a block to a class. What it is due then, or had too much, comes
// to the next blocks if it is so much, else to the rest.
func (a *allotter) take(k int, class uint8, n int32, much float64) {
	a.quota[k][class] += n
	a.due[class] -= float64(n)
	if math.Abs(a.due[class]) < much {
		a.rest[class] += a.due[class]
		a.due[class] = 0
	}
}

// claims adds to the dues what the block holds, and lists the classes that can be drawn
// in it: first that of all somethings which has most due, then the others.
func (a *allotter) claims(k int) []uint8 {
	nothing, bare := float64(block*block), int32(block*block)
	var list []uint8
	for _, one := range a.shares[k] {
		a.due[one.Class] += one.True
		a.total[one.Class] += one.True
		nothing -= one.True
		bare -= one.Drawn
		if one.Drawn > 0 {
			list = append(list, one.Class)
		}
	}
	a.due[0] += nothing
	a.total[0] += nothing
	slices.SortStableFunc(list, func(p, q uint8) int { return cmp.Compare(a.due[q], a.due[p]) })
	if bare == 0 {
		return list
	}
	at := min(1, len(list))
	for at < len(list) && a.due[list[at]] > a.due[0] {
		at++
	}
	return slices.Insert(list, at, 0)
}

// settle gives each class what it is still due, the rarest first, if that is more than a
// thousandth of its own. Nothing gets none: that would be a hole.
func (a *allotter) settle() {
	classes := make([]uint8, 0, len(a.due))
	for c := 1; c < len(a.due); c++ {
		if a.total[c] > 0 {
			classes = append(classes, uint8(c))
		}
	}
	slices.SortStableFunc(classes, func(p, q uint8) int { return cmp.Compare(a.total[p], a.total[q]) })
	for _, c := range classes {
		due := a.due[c] + a.rest[c]
		n := int32(math.Round(due))
		if n == 0 || math.Abs(due) < a.total[c]/1000 {
			continue
		}
		if k, other := a.place(c, n > 0); k >= 0 {
			n = max(min(0, 1-a.quota[k][c]), min(n, max(0, a.quota[k][other]-1)))
			a.quota[k][c] += n
			a.rest[c] -= float64(n)
			a.quota[k][other] -= n
			a.rest[other] += float64(n)
		}
	}
}

// place finds the block for a class to get more or to give some away, and the other class
// there that gives or gets; k is -1 where there is none. More comes to where the class is
// shown, from the largest that there is.
func (a *allotter) place(class uint8, more bool) (k int, other uint8) {
	k = -1
	var best [2]int32
	for b, list := range a.shares {
		if !slices.ContainsFunc(list, func(one share) bool { return one.Class == class && one.Drawn > 0 }) {
			continue
		}
		from, has := a.largest(b, class), a.quota[b][class]
		worth := [2]int32{has, 0}
		if more {
			worth = [2]int32{min(1, has), a.quota[b][from]}
		}
		if from != class && (k < 0 || slices.Compare(worth[:], best[:]) > 0) {
			k, other, best = b, from, worth
		}
	}
	return k, other
}

// largest is the class that has most of a block beside the given one, which it is where
// there is no other. What is nothing in the midst of something stays as small as it is.
func (a *allotter) largest(k int, beside uint8) uint8 {
	class, most := beside, int32(0)
	for c, n := range a.quota[k] {
		if uint8(c) != beside && n > most && (c > 0 || n > block*block/2) {
			class, most = uint8(c), n
		}
	}
	return class
}
