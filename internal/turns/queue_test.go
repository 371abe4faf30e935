package turns

import (
	"context"
	"fmt"
	"testing"
	"time"
)

const maxWaiting = 100

// An asker with few cuts to wait for does not wait for those of one with many.
func TestQueueIsFair(t *testing.T) {
	t.Parallel()
	q := New(1, maxWaiting)
	q.take("") // the connection is busy
	var tickets []*ticket
	for i := range 90 {
		tickets = append(tickets, q.take("greedy"))
		if i%45 == 0 {
			tickets = append(tickets, q.take("modest"))
		}
	}
	var order []string
	for range tickets {
		q.leave()
		for _, x := range tickets {
			select {
			case <-x.turn:
				order = append(order, x.asker.name)
			default:
			}
		}
	}
	if got := fmt.Sprint(order[:4]); got != "[greedy modest greedy modest]" {
		t.Errorf("the first turns went to %s", got)
	}
	if q.leave(); q.free != 1 || q.waiting != 0 || len(q.askers) != 0 || len(order) != 92 {
		t.Errorf("%d free, %d waiting, %d askers, %d turns", q.free, q.waiting, len(q.askers), len(order))
	}
}

// A full queue gives up the newest waits of whoever has most, not those of newcomers.
func TestFullQueueMakesRoom(t *testing.T) {
	t.Parallel()
	q := New(1, maxWaiting)
	q.take("")
	var greedy []*ticket
	for range maxWaiting {
		greedy = append(greedy, q.take("greedy"))
	}
	modest := q.take("modest")
	last := greedy[maxWaiting-1]
	select {
	case begin := <-last.turn:
		if begin {
			t.Error("it may begin")
		}
	default:
		t.Fatal("the greedy one's newest wait goes on")
	}
	if len(modest.turn) != 0 || q.waiting != maxWaiting {
		t.Errorf("%d wait", q.waiting)
	}
}

// Who leaves frees the place, also when the turn comes at that very moment.
func TestQueueForgetsWhoLeft(t *testing.T) {
	t.Parallel()
	q := New(1, maxWaiting)
	leave, err := q.Enter(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := q.Enter(ctx, "b"); err == nil {
		t.Fatal("two have the one connection")
	}
	late := q.take("c")
	leave() // its turn comes
	if came := q.giveUp(late); !came {
		t.Error("the turn was not seen")
	}
	q.leave()
	if n, age := q.State(); n != 0 || age != 0 || q.free != 1 {
		t.Errorf("%d wait, %d free", n, q.free)
	}
}
