package overview

// stone is a piece of mosaic: samples without an area of their own, about one seed.
type stone []int32

// layMosaic gives every stone one class, the one that is owed most: so the classes
// keep their shares, though none of their small areas can be shown.
func (b *blockWork) layMosaic() {
	stones := b.cut()
	for _, k := range curve(block / b.stone) {
		s := stones[k]
		if len(s) < b.least {
			continue // too small for itself: its neighbours take it
		}
		class := b.choose(s)
		for _, i := range s {
			b.give(i, class)
			b.open[i] = false
		}
	}
}

// choose returns the class that would be owed most if nobody got the stone.
func (b *blockWork) choose(s stone) (class uint8) {
	var counts [256]int
	for _, i := range s {
		counts[b.now[i]]++
	}
	best, found := 0, false
	for c, n := range counts {
		if n == 0 {
			continue
		}
		owed := b.owed[c] + n
		if c == 0 {
			owed -= b.tolerance(0)
		}
		if !found || owed > best {
			class, best, found = uint8(c), owed, true
		}
	}
	return class
}

// cut divides the open samples among seeds, one in each square, moved by chance
// from its middle, so that the stones look laid by hand.
func (b *blockWork) cut() []stone {
	n := block / b.stone
	stones := make([]stone, n*n)
	seeds := make([]seed, n*n)
	for k := range seeds {
		h := hash(b.seed, uint64(k))
		jitter := func(v uint64) int { return int(v%uint64(b.stone/2+1)) + b.stone/4 }
		seeds[k] = seed{k, k%n*b.stone + jitter(h&0xffff), k/n*b.stone + jitter(h>>16&0xffff)}
	}
	for k := range seeds {
		near := about(seeds, n, k)
		for y := k / n * b.stone; y < (k/n+1)*b.stone; y++ {
			for x := k % n * b.stone; x < (k%n+1)*b.stone; x++ {
				if i := y*block + x; b.open[i] {
					s := nearest(near, x, y)
					stones[s] = append(stones[s], int32(i))
				}
			}
		}
	}
	return stones
}

// seed is the middle of a stone, with the stone's number.
type seed struct{ stone, x, y int }

// about returns the seeds of square k and the eight about it; at the block's edge the
// last ones stand for those that are not there.
func about(seeds []seed, n, k int) (near [9]seed) {
	for i := range near {
		row, column := k/n+i/3-1, k%n+i%3-1
		near[i] = seeds[min(n-1, max(0, row))*n+min(n-1, max(0, column))]
	}
	return near
}

// nearest is the stone of the seed nearest to (x, y), the first of two that are as near.
func nearest(near [9]seed, x, y int) (stone int) {
	least := -1
	for _, s := range near {
		dx, dy := s.x-x, s.y-y
		if d := dx*dx + dy*dy; least < 0 || d < least {
			least, stone = d, s.stone
		}
	}
	return stone
}

// curve visits an n × n grid so that steps are short: rows there and back.
func curve(n int) []int {
	order := make([]int, 0, n*n)
	for y := range n {
		for x := range n {
			if y%2 == 1 {
				x = n - 1 - x
			}
			order = append(order, y*n+x)
		}
	}
	return order
}

// repay lets each class that lost area grow again about its small areas, largest
// first, taking from those that gained: what is everywhere small is then shown in
// a few places large enough to see.
func (b *blockWork) repay() {
	for class := range b.owed {
		c := uint8(class)
		tolerance := b.tolerance(c)
		for _, isle := range b.isles {
			if b.owed[c] <= tolerance {
				break
			}
			if isle.class == c && b.now[isle.at] != c {
				b.grow([]int32{isle.at}, c, min(b.owed[c], max(b.least, int(isle.size))), b.hasMore)
			}
		}
		if b.owed[c] > tolerance {
			b.grow(b.stands(c), c, b.owed[c], b.hasMore)
		}
	}
	b.shed()
}

// shed takes what a class has too much of: for the class that is owed most, else for the
// one that has most and bears it best.
func (b *blockWork) shed() {
	largest := b.most(func(c uint8) int { return b.want[c] * min(1, int(c)) })
	for class := range b.owed {
		c := uint8(class)
		for _, to := range [2]uint8{b.most(func(c uint8) int { return b.owed[c] }), largest} {
			if more := -b.owed[c]; c != largest && c != to && more > b.tolerance(c) {
				b.grow(b.stands(to), to, more, func(from uint8) bool { return from == c })
			}
		}
	}
}

// most is the class of which there is most of something.
func (b *blockWork) most(of func(class uint8) int) (class uint8) {
	for c := range b.owed {
		if of(uint8(c)) > of(class) {
			class = uint8(c)
		}
	}
	return class
}

// hasMore says that a class has more than it should.
func (b *blockWork) hasMore(class uint8) bool { return b.owed[class] < 0 }

// tolerance is how many samples a class may stay owed. What is nothing is granted less
// exactness, so that no hole is made in the ground for the sake of its bays.
func (b *blockWork) tolerance(c uint8) int {
	if c == 0 {
		return (block*block - b.want[0]) / 100
	}
	return b.want[c] * carriedTolerance / 1000
}

// stands returns where the class stands, or where it stood; nothing only where it stands.
func (b *blockWork) stands(c uint8) (from []int32) {
	for i, class := range b.now {
		if class == c {
			from = append(from, int32(i))
		}
	}
	if from == nil && c != 0 {
		for i, class := range b.was {
			if class == c {
				from = append(from, int32(i))
			}
		}
	}
	return from
}

// grow gives up to n samples about the given ones to class c, the nearest first,
// all from classes that may lose them.
func (b *blockWork) grow(from []int32, c uint8, n int, mayLose func(uint8) bool) {
	b.rounds++
	b.queue = b.queue[:0]
	for _, i := range from {
		b.seen[i] = b.rounds
		b.queue = append(b.queue, i)
	}
	for k := 0; k < len(b.queue) && n > 0; k++ {
		i := b.queue[k]
		if b.now[i] != c && mayLose(b.now[i]) {
			b.give(i, c)
			n--
		}
		if c == 0 && b.now[i] != 0 {
			continue // what is nothing only grows from where it is: further on it would be a hole
		}
		around(i, func(m int32) {
			if b.seen[m] != b.rounds {
				b.seen[m] = b.rounds
				b.queue = append(b.queue, m)
			}
		})
	}
}
