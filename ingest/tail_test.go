package ingest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"haidang/ingest/broker"
)

// modelBroker keeps the messages of one lane in order and forgets what was
// acknowledged, as far as the acknowledgements reached it.
type modelBroker struct {
	log   []uint64 // all that was ever published
	acked int      // of them
}

func (b *modelBroker) left(context.Context) (int, bool) { return len(b.log) - b.acked, true }

// modelLane commits in order of arrival and writes its tail.
type modelLane struct {
	broker     *modelBroker
	committed  []uint64 // the tail, as the database has it
	accounted  int
	recognised int
}

// connect hands over what is not acknowledged, and has the lane tell what it
// committed before; then it commits a part of the rest, of which the broker hears
// about a part, and dies.
func (l *modelLane) connect(t *rapid.T) {
	b := l.broker
	known := l.committed[max(0, len(l.committed)-tailLength):]
	given := &tail{hashes: known, most: min(len(known), l.accounted-b.acked), window: broker.Window, left: b.left}
	in := make(chan *message, len(b.log))
	for _, hash := range b.log[b.acked:] {
		in <- &message{topic: "v1/things/a/telemetry", payload: []byte{byte(hash)}, qos: 1}
	}
	close(in)
	first, _ := given.recognise(in)
	for m := range in {
		m.sum()
		first = append(first, m)
	}
	n := rapid.IntRange(0, len(first)).Draw(t, "committed")
	for _, m := range first[:n] {
		if m.redelivered {
			l.recognised++
			continue
		}
		l.accounted++
		l.committed = append(l.committed, m.hash)
	}
	b.acked += rapid.IntRange(0, n).Draw(t, "acknowledgements that arrive")
}

// TestEveryMessageIsAccountedForOnce: whatever crashes, and however alike the
// messages are, none is left out and none counted twice.
func TestEveryMessageIsAccountedForOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		alike := rapid.Uint64Range(1, 200).Draw(t, "different messages")
		lane := &modelLane{broker: &modelBroker{}}
		for range rapid.IntRange(1, 12).Draw(t, "connections") {
			published := rapid.SliceOfN(rapid.Uint64Range(1, alike), 0, 30).Draw(t, "published")
			lane.broker.log = append(lane.broker.log, published...)
			lane.connect(t)
		}
		if want := len(lane.committed); lane.accounted != want || lane.accounted < lane.broker.acked {
			t.Fatalf("%d accounted, %d committed, %d acknowledged", lane.accounted, want, lane.broker.acked)
		}
		for i, hash := range lane.committed {
			m := &message{topic: "v1/things/a/telemetry", payload: []byte{byte(lane.broker.log[i])}, qos: 1}
			if m.sum(); m.hash != hash {
				t.Fatalf("message %d was left out or counted twice", i)
			}
		}
	})
}

// TestUnboundedTail: without the broker's word on how much can come again, a tail
// of different messages is still told apart exactly, QoS 0 in between or not.
func TestUnboundedTail(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 300).Draw(t, "committed")
		again := rapid.IntRange(0, n).Draw(t, "again")
		fresh := rapid.IntRange(0, 50).Draw(t, "new")
		tail := &tail{}
		var all []*message
		for i := range n + fresh {
			m := &message{topic: "v1/things/a/telemetry", payload: []byte{byte(i), byte(i >> 8)}, qos: 1}
			if m.sum(); i < n {
				tail.hashes = append(tail.hashes, m.hash)
			}
			if i >= n-again {
				all = append(all, m)
				if rapid.IntRange(0, 4).Draw(t, "QoS 0") == 0 {
					all = append(all, &message{topic: m.topic, payload: m.payload})
				}
			}
		}
		tail.most = n
		in := make(chan *message, len(all))
		for _, m := range all {
			in <- m
		}
		close(in)
		first, _ := tail.recognise(in)
		marked := len(slices.DeleteFunc(first, func(m *message) bool { return !m.redelivered }))
		if marked != again {
			t.Fatalf("%d of %d were recognised among %d", marked, again, len(all))
		}
	})
}

// TestRecogniseDoesNotWaitForEver: messages that only begin like the tail are let go
// once the broker has no more to hand over.
func TestRecogniseDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	var hashes []uint64
	messages := make([]*message, 3)
	for i := range messages {
		messages[i] = &message{topic: "t", payload: []byte{byte(i)}, qos: 1}
		messages[i].sum()
		hashes = append(hashes, messages[i].hash)
	}
	tail := &tail{hashes: hashes, most: 3, window: broker.Window, left: (&modelBroker{log: hashes[:2]}).left}
	in := make(chan *message, 3)
	in <- messages[0]
	in <- messages[1]
	done := make(chan []*message, 1)
	go func() {
		first, _ := tail.recognise(in)
		done <- first
	}()
	select {
	case first := <-done:
		if len(first) != 2 || first[0].redelivered || first[1].redelivered {
			t.Errorf("let go %v", first)
		}
	case <-time.After(patience):
		t.Fatal("two messages are held for a third that never comes")
	}
}

// TestRecogniseKeepsNothingBack: what cannot have come before goes on, though more
// messages wait than the broker hands over, and though only QoS 0 comes.
func TestRecogniseKeepsNothingBack(t *testing.T) {
	t.Parallel()
	const window = 4
	alike := func(qos byte) *message { return &message{topic: "t", payload: []byte("again"), qos: qos} }
	known := alike(1)
	known.sum()
	hashes := slices.Repeat([]uint64{known.hash}, 3*window)
	for what, given := range map[string]struct {
		tail     *tail
		messages []*message
	}{
		"a full window of messages like all that went before": {
			&tail{hashes: hashes, most: 3 * window, window: window, left: func(context.Context) (int, bool) { return 10 * window, true }},
			[]*message{alike(1), alike(1), alike(1), alike(1)}},
		"QoS 0 alone": {
			&tail{hashes: hashes, most: 3 * window, window: window, left: func(context.Context) (int, bool) { return 0, true }},
			[]*message{alike(0)}},
		"QoS 0 alone, of a broker that says nothing": {&tail{hashes: hashes, most: 3 * window}, []*message{alike(0)}},
	} {
		in := make(chan *message, window)
		for _, m := range given.messages {
			in <- m
		}
		done := make(chan int, 1)
		go func() {
			first, _ := given.tail.recognise(in)
			done <- len(first)
		}()
		select {
		case n := <-done:
			if n != len(given.messages) {
				t.Errorf("%s: %d went on", what, n)
			}
		case <-time.After(patience):
			t.Errorf("%s is kept back", what)
		}
	}
}

// TestBookOfQoS0StaysSmall: a lane that sees QoS 0 alone keeps no more rows than one
// with a hash in each.
func TestBookOfQoS0StaysSmall(t *testing.T) {
	t.Parallel()
	b := &book{}
	for range 2 * tailLength {
		b.committed([]*message{{qos: 0}})
	}
	if n := len(b.kept); n > tailLength+2*pruneEvery || b.oldest() != b.batch-tailLength+1 {
		t.Errorf("%d rows are kept; the oldest that is needed is %d of %d", n, b.oldest(), b.batch)
	}
}

// TestBatchesAreBounded by what is in them, too: not only by messages and bytes.
func TestBatchesAreBounded(t *testing.T) {
	t.Parallel()
	g := gathering{}
	payload := []byte("[" + strings.Repeat(`{"time":"2026-03-02T07:00:00Z","values":{"a":1}},`, 10_000) + `{"time":"2026-03-02T07:00:00Z","values":{}}]`)
	for n := 1; ; n++ {
		g.add(&message{topic: "v1/things/a/telemetry", payload: payload})
		if g.full() != (n >= mostInBatch/10_000) {
			t.Fatalf("full after %d messages of 10,000 readings: %v", n, g.full())
		}
		if g.full() {
			return
		}
	}
}

// TestStoreInUseAfterAClockAhead: a store that was opened under a wrong clock does
// not stay the one in use.
func TestStoreInUseAfterAClockAhead(t *testing.T) {
	t.Parallel()
	b := prepare(t)
	_, err := b.pool.Exec(t.Context(), `INSERT INTO ingest_store (id, sequence, opened_at) VALUES ('old', 0, '2099-01-01')`)
	b.must(err)
	for _, want := range []string{"new", "old", "new"} {
		b.must(openStore(t.Context(), b.pool, emptyStore(want)))
		if id, err := storeInUse(t.Context(), b.pool); err != nil || id != want {
			t.Errorf("in use is %q, want %q; error %v", id, want, err)
		}
	}
}

// emptyStore is a broker's store of that name that has taken nothing.
type emptyStore string

func (s emptyStore) Account(context.Context) (broker.Account, error) {
	return broker.Account{StoreID: string(s)}, nil
}

func (s emptyStore) Window() int { return broker.Window }
