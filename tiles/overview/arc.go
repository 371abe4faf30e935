package overview

// shownSide is the width of what a tile shows, with its rim.
const shownSide = side + 2*rim

// corners is how many lattice corners that has in a row.
const corners = shownSide + 1

// Directions of a step along the lattice; y goes down.
const (
	east = iota
	south
	west
	north
)

var stepX, stepY = [4]int32{1, 0, -1, 0}, [4]int32{0, 1, 0, -1}

func left(d uint8) uint8  { return (d + 3) % 4 }
func right(d uint8) uint8 { return (d + 1) % 4 }

// corner is a lattice corner.
type corner struct{ x, y int32 }

func (c corner) index() int32 { return c.y*corners + c.x }

// arc is a border between two areas, from one node to another or round to its
// beginning. Both areas have the very same arc: that is what keeps them together.
type arc struct {
	points      []corner
	closed      bool  // a ring without a node; its first point is not repeated
	left, right int32 // area numbers; outside is one more
	first, last uint8 // directions of the first and the last step
}

// outside is the area number of all beyond the rim.
const outside = -1

// lattice is the borders between areas: for each corner, which of the four steps
// from it run along a border.
type lattice struct {
	of    []int32 // area of each sample
	steps []uint8
	arcs  []arc
}

// traceArcs finds the arcs of a grid of areas.
func traceArcs(of []int32) *lattice {
	l := &lattice{of: of, steps: make([]uint8, corners*corners)}
	l.findBorders()
	walked := make([]uint8, len(l.steps))
	for i, steps := range l.steps {
		if steps == 0 {
			continue
		}
		if c := (corner{int32(i) % corners, int32(i) / corners}); l.isNode(c) {
			for d := range uint8(4) {
				if steps&^walked[i]&(1<<d) != 0 {
					l.arcs = append(l.arcs, l.walk(c, d, walked))
				}
			}
		}
	}
	for i, steps := range l.steps { // what is left are rings without nodes; each begins at a turn
		if steps == 0 {
			continue
		}
		c := corner{int32(i) % corners, int32(i) / corners}
		if free := steps &^ walked[i]; free != 0 && free != 1<<east|1<<west && free != 1<<south|1<<north {
			l.arcs = append(l.arcs, l.walk(c, firstStep(free), walked))
		}
	}
	return l
}

func firstStep(steps uint8) (d uint8) {
	for steps&(1<<d) == 0 {
		d++
	}
	return d
}

func (l *lattice) area(x, y int32) int32 {
	if x < 0 || y < 0 || x >= shownSide || y >= shownSide {
		return outside
	}
	return l.of[y*shownSide+x]
}

// findBorders notes for each corner which steps from it run along a border.
func (l *lattice) findBorders() {
	for y := range int32(corners) {
		nw, sw := int32(outside), int32(outside)
		for x := range int32(corners) {
			ne, se := l.area(x, y-1), l.area(x, y)
			if nw != ne || sw != se || nw != sw {
				l.steps[corner{x, y}.index()] = borders(nw, ne, sw, se)
			}
			nw, sw = ne, se
		}
	}
}

// borders are the steps from a corner between the four areas.
func borders(nw, ne, sw, se int32) (steps uint8) {
	if ne != se {
		steps |= 1 << east
	}
	if sw != se {
		steps |= 1 << south
	}
	if nw != sw {
		steps |= 1 << west
	}
	if nw != ne {
		steps |= 1 << north
	}
	return steps
}

// isNode says that arcs end here: more than two meet, or the border leaves the
// tile. The neighbouring tile has a node in the same place.
func (l *lattice) isNode(c corner) bool {
	switch steps := l.steps[c.index()]; steps {
	case 0:
		return false
	case 1<<east | 1<<west:
		return onEdge(c.x)
	case 1<<south | 1<<north:
		return onEdge(c.y)
	case 1<<east | 1<<south, 1<<east | 1<<north, 1<<west | 1<<south, 1<<west | 1<<north:
		return onEdge(c.x) || onEdge(c.y) || onFrame(c.x) && onFrame(c.y)
	default:
		return true
	}
}

func onEdge(v int32) bool  { return v == rim || v == rim+side }
func onFrame(v int32) bool { return v == 0 || v == shownSide }

// walk follows a border from c until it meets a node or itself.
func (l *lattice) walk(c corner, d uint8, walked []uint8) arc {
	a := arc{points: []corner{c}, first: d}
	a.left, a.right = l.beside(c, d)
	start := c
	for {
		walked[c.index()] |= 1 << d
		c = corner{c.x + stepX[d], c.y + stepY[d]}
		walked[c.index()] |= 1 << ((d + 2) % 4)
		a.last = d
		if l.isNode(c) {
			a.points = append(a.points, c)
			return a
		}
		if c == start {
			a.closed = true
			return a
		}
		if steps := l.steps[c.index()]; steps&(1<<d) == 0 {
			a.points = append(a.points, c)
			d = firstStep(steps &^ (1 << ((d + 2) % 4)))
		}
	}
}

// beside returns the areas to the left and to the right of a step.
func (l *lattice) beside(c corner, d uint8) (int32, int32) {
	nw, ne, sw, se := l.area(c.x-1, c.y-1), l.area(c.x, c.y-1), l.area(c.x-1, c.y), l.area(c.x, c.y)
	switch d {
	case east:
		return ne, se
	case south:
		return se, sw
	case west:
		return sw, nw
	default:
		return nw, ne
	}
}
