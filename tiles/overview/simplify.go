package overview

// simplifier takes corners away from arcs, the least first, each once for both
// areas beside it. It never makes two borders meet: a corner goes only if no other
// corner lies in the triangle that it makes with its neighbours. And it keeps
// account, so that no class gains or loses area over all.
type simplifier struct {
	arcs      []arc
	class     func(area int32) int // 0..255; outside is 256
	slack     int
	nodes     []node
	taken     []bool // lattice corners in use
	heap      nodeHeap
	size      []int    // corners left of each arc
	least     []int    // corners that an arc needs
	moved     [257]int // twice the samples that a class has gained
	tolerance [257]int
}

// node is one corner of one arc in a list that closes for a ring.
type node struct {
	at         corner
	arc        int32
	prev, next int32
	fixed      bool
	gone       bool
	stamp      int32
}

// movedTolerance is the part of its area that a class may gain or lose, in thousandths.
const movedTolerance = 3

// simplifyArcs simplifies the borders of areas of the given sizes, in samples.
func simplifyArcs(l *lattice, sizes []int32, class func(int32) int, d detail) {
	s := &simplifier{arcs: l.arcs, class: class, slack: d.slack, taken: make([]bool, corners*corners)}
	for area, size := range sizes {
		s.tolerance[class(int32(area))] += 2 * int(size)
	}
	for c := range s.tolerance {
		s.tolerance[c] = max(s.tolerance[c]*movedTolerance/1000, min(8, s.tolerance[c]/100))
	}
	s.tolerance[256] = 1 << 40
	s.load()
	for len(s.heap) > 0 {
		next := s.heap.pop()
		if n := &s.nodes[next.node]; !n.gone && n.stamp == next.stamp && s.mayGo(n, int(next.area)) {
			s.remove(next.node)
		}
	}
	s.store()
}

// load makes the lists and finds how few corners each arc may come to.
func (s *simplifier) load() {
	between := map[[2]corner]int{}
	for _, a := range s.arcs {
		if !a.closed {
			between[ends(a)]++
		}
	}
	for k, a := range s.arcs {
		first := int32(len(s.nodes))
		n := int32(len(a.points))
		for i, at := range a.points {
			s.taken[at.index()] = true
			s.nodes = append(s.nodes, node{at: at, arc: int32(k), prev: first + (int32(i)+n-1)%n, next: first + (int32(i)+1)%n,
				fixed: !a.closed && (i == 0 || i == len(a.points)-1)})
		}
		least := 2
		switch {
		case a.closed:
			least = 3
		case a.points[0] == a.points[n-1]:
			least = 4
		case between[ends(a)] > 1:
			least = 3
		}
		s.size, s.least = append(s.size, len(a.points)), append(s.least, least)
		for i := range n {
			s.offer(first + i)
		}
	}
}

func ends(a arc) [2]corner {
	from, to := a.points[0], a.points[len(a.points)-1]
	if to.index() < from.index() {
		from, to = to, from
	}
	return [2]corner{from, to}
}

// twice is twice the area of the triangle, positive for a turn to the right.
func twice(a, b, c corner) int {
	return int(b.x-a.x)*int(c.y-a.y) - int(b.y-a.y)*int(c.x-a.x)
}

func abs(v int) int { return max(v, -v) }

// offer puts a corner up for removal when it is slight enough.
func (s *simplifier) offer(i int32) {
	n := &s.nodes[i]
	if n.fixed || n.gone {
		return
	}
	n.stamp++
	if area := twice(s.nodes[n.prev].at, n.at, s.nodes[n.next].at); abs(area) <= s.slack {
		s.heap.push(candidate{area: int32(area), node: i, stamp: n.stamp})
	}
}

// mayGo says whether the corner can go without harm to the map or to a class.
func (s *simplifier) mayGo(n *node, area int) bool {
	if s.size[n.arc] <= s.least[n.arc] {
		return false
	}
	loses, gains := s.sides(n, area)
	size := abs(area)
	if loses != gains && (!s.bears(loses, -size) || !s.bears(gains, size)) {
		return false
	}
	return s.free(s.nodes[n.prev].at, n.at, s.nodes[n.next].at)
}

// sides returns the classes that lose and gain when a corner with this turn goes.
func (s *simplifier) sides(n *node, area int) (loses, gains int) {
	l, r := s.class(s.arcs[n.arc].left), s.class(s.arcs[n.arc].right)
	if area > 0 { // a turn to the right goes about what is on the right
		return r, l
	}
	return l, r
}

func (s *simplifier) bears(class, change int) bool {
	after := s.moved[class] + change
	return abs(after) <= s.tolerance[class] || abs(after) < abs(s.moved[class])
}

func (s *simplifier) remove(i int32) {
	n := &s.nodes[i]
	area := twice(s.nodes[n.prev].at, n.at, s.nodes[n.next].at)
	loses, gains := s.sides(n, area)
	s.moved[loses] -= abs(area)
	s.moved[gains] += abs(area)
	n.gone = true
	s.size[n.arc]--
	s.taken[n.at.index()] = false
	s.nodes[n.prev].next, s.nodes[n.next].prev = n.next, n.prev
	s.offer(n.prev)
	s.offer(n.next)
}

// free says that no corner in use lies in the triangle or on its border, but for
// its own three.
func (s *simplifier) free(a, b, c corner) bool {
	for y := min(a.y, b.y, c.y); y <= max(a.y, b.y, c.y); y++ {
		from, to := max(a.x, b.x, c.x), min(a.x, b.x, c.x)
		for _, side := range [3][2]corner{{a, b}, {b, c}, {c, a}} {
			p, q := side[0], side[1]
			if p.y > q.y {
				p, q = q, p
			}
			switch {
			case y < p.y || y > q.y:
			case p.y == q.y:
				from, to = min(from, p.x, q.x), max(to, p.x, q.x)
			default:
				over, under := (y-p.y)*(q.x-p.x), q.y-p.y
				from, to = min(from, p.x+ceilDiv(over, under)), max(to, p.x+floorDiv(over, under))
			}
		}
		for x := from; x <= to; x++ {
			if at := (corner{x, y}); s.taken[at.index()] && at != a && at != b && at != c {
				return false
			}
		}
	}
	return true
}

func floorDiv(a, b int32) int32 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

func ceilDiv(a, b int32) int32 { return -floorDiv(-a, b) }

// store writes what is left back into the arcs.
func (s *simplifier) store() {
	kept := make([][]corner, len(s.arcs))
	for i := range s.nodes {
		if n := &s.nodes[i]; !n.gone {
			kept[n.arc] = append(kept[n.arc], n.at)
		}
	}
	for k := range s.arcs {
		s.arcs[k].points = kept[k]
	}
}

// candidate is a corner that may go, as of one state of its neighbours.
type candidate struct{ area, node, stamp int32 }

func (c candidate) before(d candidate) bool {
	if a, b := max(c.area, -c.area), max(d.area, -d.area); a != b {
		return a < b
	}
	return c.node < d.node
}

// nodeHeap gives the least candidate first.
type nodeHeap []candidate

func (h *nodeHeap) push(c candidate) {
	*h = append(*h, c)
	list := *h
	for i := len(list) - 1; i > 0; {
		up := (i - 1) / 2
		if !list[i].before(list[up]) {
			return
		}
		list[i], list[up] = list[up], list[i]
		i = up
	}
}

func (h *nodeHeap) pop() candidate {
	list := *h
	first, last := list[0], len(list)-1
	list[0] = list[last]
	list = list[:last]
	*h = list
	for i := 0; ; {
		least := i
		for _, k := range [2]int{2*i + 1, 2*i + 2} {
			if k < last && list[k].before(list[least]) {
				least = k
			}
		}
		if least == i {
			return first
		}
		list[i], list[least] = list[least], list[i]
		i = least
	}
}
