package turns

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// ErrFull says that a wait was given up because too many wait.
var ErrFull = errors.New("too many wait for their turn")

// Queue lets a few work at once, and the others in turn: asker by asker, whoever of each
// came first. When it is full the newest wait of whoever has most waits is given up, so
// that one who asks for much leaves room for those who ask for little. It is safe for
// concurrent use.
type Queue struct {
	mu      sync.Mutex
	free    int               // places that nobody has
	askers  map[string]*asker // who wait
	turns   []*asker          // the same, the next first
	waiting int
	most    int // that may wait
}

// asker is one client with what waits for it, the oldest first.
type asker struct {
	name    string
	tickets []*ticket
}

// ticket is one wait. turn gets whether it may begin.
type ticket struct {
	asker *asker
	since time.Time
	turn  chan bool // with room for one
}

// New makes a queue with so many places, for which at most so many wait.
func New(places, most int) *Queue {
	return &Queue{free: places, most: most, askers: map[string]*asker{}}
}

// Enter waits for the turn of the asker, until ctx ends: then the error is that of ctx.
// ErrFull: too many wait. leave gives the place to the next.
func (q *Queue) Enter(ctx context.Context, name string) (leave func(), err error) {
	t := q.take(name)
	if t == nil {
		return q.leave, nil
	}
	select {
	case begin := <-t.turn:
		if !begin {
			return nil, ErrFull
		}
		return q.leave, nil
	case <-ctx.Done():
		if q.giveUp(t) {
			q.leave() // the turn came meanwhile
		}
		return nil, ctx.Err()
	}
}

// take returns nil when a place is free, else a ticket.
func (q *Queue) take(name string) *ticket {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.free > 0 {
		q.free--
		return nil
	}
	a := q.askers[name]
	if a == nil {
		a = &asker{name: name}
		q.askers[name] = a
		q.turns = append(q.turns, a)
	}
	t := &ticket{asker: a, since: time.Now(), turn: make(chan bool, 1)}
	a.tickets = append(a.tickets, t)
	if q.waiting++; q.waiting > q.most {
		q.makeRoom()
	}
	return t
}

// makeRoom gives up the newest wait of whoever has most.
func (q *Queue) makeRoom() {
	most := slices.MaxFunc(q.turns, func(a, b *asker) int { return len(a.tickets) - len(b.tickets) })
	last := most.tickets[len(most.tickets)-1]
	q.remove(last)
	last.turn <- false
}

// leave lets the next begin.
func (q *Queue) leave() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.turns) == 0 {
		q.free++
		return
	}
	a := q.turns[0]
	q.turns = append(q.turns[1:], a) // its next waits for those of all others
	t := a.tickets[0]
	q.remove(t)
	t.turn <- true
}

// giveUp takes a ticket back, and reports whether its turn had come.
func (q *Queue) giveUp(t *ticket) (came bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	select {
	case came = <-t.turn:
		return came
	default:
		q.remove(t)
		return false
	}
}

func (q *Queue) remove(t *ticket) {
	a := t.asker
	a.tickets = slices.DeleteFunc(a.tickets, func(other *ticket) bool { return other == t })
	q.waiting--
	if len(a.tickets) == 0 {
		delete(q.askers, a.name)
		q.turns = slices.DeleteFunc(q.turns, func(other *asker) bool { return other == a })
	}
}

// State returns how many wait and for how long the oldest has.
func (q *Queue) State() (waiting int, oldest time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, a := range q.turns {
		oldest = max(oldest, time.Since(a.tickets[0].since))
	}
	return q.waiting, oldest
}

// Free is how many places nobody has.
func (q *Queue) Free() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.free
}
