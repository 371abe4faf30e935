package ingest

import "time"

const (
	// mostMessages, mostBytes and mostInBatch bound a batch: what a transaction
	// cannot write within commitPatience would stop a lane for ever.
	mostMessages = 2000
	mostBytes    = 8 << 20
	mostInBatch  = 50_000 // readings, and those of one message more

	// linger is how long the first message of a batch waits for company.
	linger = 25 * time.Millisecond
)

// collect gathers decoded messages from in into batches, until in is closed. A
// batch goes out when it is full or its first message has waited long enough;
// while the writer is busy it goes on growing. Those that the tail knows come first.
func collect(in <-chan *message, t *tail, out chan<- []*message) {
	defer close(out)
	first, open := t.recognise(in)
	g := gathering{}
	for _, m := range first {
		if g.add(m); g.full() {
			out <- g.messages
			g = gathering{}
		}
	}
	if len(g.messages) > 0 {
		out <- g.messages
	}
	for open {
		first, ok := <-in
		if !ok {
			return
		}
		first.sum()
		g := gathering{deadline: time.NewTimer(linger)}
		g.add(first)
		open = g.fill(in, out)
		g.deadline.Stop()
	}
}

type gathering struct {
	messages []*message
	bytes    int
	readings int
	deadline *time.Timer
	due      bool
}

func (g *gathering) add(m *message) {
	if !m.redelivered {
		m.decode()
	}
	g.messages = append(g.messages, m)
	g.bytes += len(m.payload)
	g.readings += len(m.readings)
	g.due = g.due || g.full()
}

func (g *gathering) full() bool {
	return len(g.messages) >= mostMessages || g.bytes >= mostBytes || g.readings >= mostInBatch
}

// fill returns once the batch is handed over, and whether more can come.
func (g *gathering) fill(in <-chan *message, out chan<- []*message) (open bool) {
	for {
		var ready chan<- []*message
		if g.due {
			ready = out
		}
		more := in
		if g.full() {
			more = nil
		}
		select {
		case ready <- g.messages:
			return true
		case <-g.deadline.C:
			g.due = true
		case m, ok := <-more:
			if !ok {
				out <- g.messages
				return false
			}
			m.sum()
			g.add(m)
		}
	}
}
