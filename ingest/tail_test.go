package ingest

import (
	"context"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
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
	given := &tail{hashes: known, most: min(len(known), l.accounted-b.acked), left: b.left}
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
	tail := &tail{hashes: hashes, most: 3, left: (&modelBroker{log: hashes[:2]}).left}
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
