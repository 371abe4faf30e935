package overview

import (
	"slices"

	"github.com/paulmach/orb/maptile"
)

// generalise makes of the ground about tile t what it shows: the samples of the
// tile and its rim, (side + 2·rim)² of them. What a block becomes depends on its quota,
// its samples and a margin about them only, so two tiles agree on their common edge.
func generalise(t maptile.Tile, labels []uint8, want *quotas, d detail) []uint8 {
	of, sizes := components(labels, ground)
	for by := -1; by <= blocks; by++ {
		for bx := -1; bx <= blocks; bx++ {
			x, y := margin+(bx+1)*block, margin+(by+1)*block
			b := newBlockWork(labels, of, sizes, x, y, d)
			b.seed = hash(uint64(t.Z), uint64(int(t.X)*blocks+bx), uint64(int(t.Y)*blocks+by))
			b.ask(&want[(by+1)*(blocks+2)+bx+1])
			b.work()
		}
	}
	const width = side + 2*rim
	shown := make([]uint8, 0, width*width)
	for y := margin + block - rim; y < margin+block+side+rim; y++ {
		shown = append(shown, labels[y*ground+margin+block-rim:][:width]...)
	}
	return shown
}

// blockWork is one block being generalised, with the account of what each class
// has been given and owes.
type blockWork struct {
	detail
	seed   uint64
	all    []uint8  // the ground's samples, row by row
	x, y   int      // first sample of the block in it
	was    []uint8  // the block as it came
	now    []uint8  // the block as it becomes
	open   []bool   // samples that nobody has yet
	owed   [256]int // samples that each class should still get
	want   [256]int // samples that each class shall have
	isles  []isle   // small areas, largest first
	queue  []int32
	seen   []int32 // round in which a sample was last seen
	rounds int32
}

// isle is a small area, by one of its samples.
type isle struct {
	class    uint8
	size, at int32
}

func newBlockWork(all []uint8, of, sizes []int32, x, y int, d detail) *blockWork {
	b := &blockWork{detail: d, all: all, x: x, y: y, was: make([]uint8, block*block), open: make([]bool, block*block), seen: make([]int32, block*block)}
	isles := map[int32]int{}
	for y0 := range block {
		at := (y+y0)*ground + x
		copy(b.was[y0*block:], all[at:at+block])
		for from := 0; from < block; {
			area, to := of[at+from], from+1
			for to < block && of[at+to] == area {
				to++
			}
			b.want[all[at+from]] += to - from
			if sizes[area] < int32(d.least) {
				b.note(isles, area, y0*block+from, to-from)
			}
			from = to
		}
	}
	return b
}

// note opens n samples from i on, which are part of a small area.
func (b *blockWork) note(isles map[int32]int, area int32, i, n int) {
	for k := range n {
		b.open[i+k] = true
	}
	k, known := isles[area]
	if !known {
		k = len(b.isles)
		isles[area] = k
		b.isles = append(b.isles, isle{b.was[i], 0, int32(i)})
	}
	b.isles[k].size += int32(n)
}

// ask says how much each class is to have.
func (b *blockWork) ask(want *quota) {
	for c, n := range want {
		b.owed[c] = int(n) - b.want[c]
		b.want[c] = int(n)
	}
}

// settled says that no class is owed more than it can bear.
func (b *blockWork) settled() bool {
	for c, n := range b.owed {
		if n > b.tolerance(uint8(c)) || -n > b.tolerance(uint8(c)) {
			return false
		}
	}
	return true
}

func (b *blockWork) work() {
	if len(b.isles) == 0 && b.settled() {
		return
	}
	slices.SortFunc(b.isles, func(p, q isle) int {
		if p.size != q.size {
			return int(q.size - p.size)
		}
		return int(p.at - q.at)
	})
	b.now = slices.Clone(b.was)
	b.fillHoles(b.stone * b.stone / 2)
	b.layMosaic()
	b.fillHoles(block*block + 1)
	b.repay()
	for y := range block {
		copy(b.all[(b.y+y)*ground+b.x:], b.now[y*block:(y+1)*block])
	}
}

// give hands sample i to the class.
func (b *blockWork) give(i int32, class uint8) {
	if b.now[i] == class {
		return
	}
	b.owed[b.now[i]]++
	b.owed[class]--
	b.now[i] = class
}

// around calls do for the neighbours of sample i within the block.
func around(i int32, do func(int32)) {
	x, y := i%block, i/block
	if y > 0 {
		do(i - block)
	}
	if x > 0 {
		do(i - 1)
	}
	if x < block-1 {
		do(i + 1)
	}
	if y < block-1 {
		do(i + block)
	}
}

// hole collects the open samples connected with i.
func (b *blockWork) hole(i int32) []int32 {
	b.queue = append(b.queue[:0], i)
	b.seen[i] = b.rounds
	for k := 0; k < len(b.queue); k++ {
		around(b.queue[k], func(n int32) {
			if b.open[n] && b.seen[n] != b.rounds {
				b.seen[n] = b.rounds
				b.queue = append(b.queue, n)
			}
		})
	}
	return b.queue
}

// fillHoles lets what stands about them grow into the holes smaller than limit.
func (b *blockWork) fillHoles(limit int) {
	b.rounds++
	var filled []int32
	for i := range int32(len(b.open)) {
		if !b.open[i] || b.seen[i] == b.rounds {
			continue
		}
		if h := b.hole(i); len(h) < limit {
			filled = append(filled, h...)
		}
	}
	b.rounds++
	for _, i := range filled {
		b.seen[i] = b.rounds // may be filled now
	}
	b.spread(filled)
}

// rather says which of two neighbours takes a sample: the one that is owed more.
func (b *blockWork) rather(p, q uint8) bool { return b.owed[p] > b.owed[q] }

// spread gives the samples marked in this round to their nearest neighbours' class:
// to something as far as there is something about the hole, so that nothing does not
// creep in from outside; else to nothing.
func (b *blockWork) spread(samples []int32) {
	for _, something := range [2]bool{true, false} {
		b.flow(samples, func(n int32) bool { return !b.open[n] && (b.now[n] != 0 || !something) })
	}
}

// flow lets what counts as settled grow over the samples.
func (b *blockWork) flow(samples []int32, settled func(int32) bool) {
	queue := []int32{}
	for _, i := range samples {
		touches := false
		around(i, func(n int32) { touches = touches || settled(n) })
		if b.open[i] && touches {
			queue = append(queue, i)
		}
	}
	for k := 0; k < len(queue); k++ {
		i := queue[k]
		if !b.open[i] {
			continue
		}
		class, found := uint8(0), false
		around(i, func(n int32) {
			if settled(n) && (!found || b.rather(b.now[n], class)) {
				class, found = b.now[n], true
			}
		})
		b.give(i, class)
		b.open[i] = false
		around(i, func(n int32) {
			if b.open[n] && b.seen[n] == b.rounds {
				queue = append(queue, n)
			}
		})
	}
}
