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
	due   [256]float64 // what each class has had less than its own so far
	total [256]float64
}

// divide gives each class its due in one block.
func (a *allotter) divide(k int) {
	claims := a.claims(k)
	holder, room := claims[0], int32(block*block)
	take := func(class uint8, n int32) {
		a.quota[k][class] += n
		a.due[class] -= float64(n)
		room -= n
		if a.quota[k][class] > a.quota[k][holder] {
			holder = class
		}
	}
	for i, class := range claims {
		n := int32(math.Round(a.due[class]))
		switch {
		case 2*n >= a.least:
			take(class, min(room, max(n, a.least)))
		case i == 0: // a block with something in it shows something
			take(class, min(room, max(n, 1)))
		}
	}
	take(holder, room)
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

// settle gives each class what it is still due where it has most, the rarest first.
// Nothing gets none: that would be a hole.
func (a *allotter) settle() {
	classes := make([]int, len(a.due)-1)
	for i := range classes {
		classes[i] = i + 1
	}
	slices.SortStableFunc(classes, func(p, q int) int { return cmp.Compare(a.total[p], a.total[q]) })
	for _, c := range classes {
		n := int32(math.Round(a.due[c]))
		if n == 0 {
			continue
		}
		k, other := a.place(uint8(c))
		if k < 0 {
			continue
		}
		n = max(min(0, 1-a.quota[k][c]), min(n, max(0, a.quota[k][other]-1)))
		a.quota[k][c] += n
		a.due[c] -= float64(n)
		a.quota[k][other] -= n
		a.due[other] += float64(n)
	}
}

// place finds the block where a class has most, of those that it shares with others, and
// the largest of these; -1 where there is none.
func (a *allotter) place(class uint8) (k int, other uint8) {
	k = -1
	var own float64
	var most int32
	for b, list := range a.shares {
		for _, one := range list {
			if one.Class != class || one.Drawn == 0 || one.Drawn == block*block {
				continue
			}
			if k < 0 || a.quota[b][class] > a.quota[k][class] || a.quota[b][class] == a.quota[k][class] && one.True > own {
				k, own = b, one.True
			}
		}
	}
	if k < 0 {
		return k, 0
	}
	for c, n := range a.quota[k] {
		ground := c > 0 || n > block*block/2 // what is nothing in the midst of something stays as small as it is
		if uint8(c) != class && ground && n > most {
			other, most = uint8(c), n
		}
	}
	return k, other
}
