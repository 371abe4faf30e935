package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"haidang/internal/wait"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// lane carries the messages of one partition:
//
//	broker ─▶ link ─▶ collect ─▶ writer ─▶ COMMIT ─▶ acknowledge
//	                                 └─▶ live bus
//
// One goroutine each, so the order of arrival is the order of commits and of
// acknowledgements. A lane is used once: from start to stop.
type lane struct {
	partition int
	topics    []string
	foreign   bool                                // the broker is not ours
	options   func() (*mqtt.ClientOptions, error) // fresh for each connection: a client is used once
	writer    *writer
	metrics   *metrics
	taken     atomic.Int64 // messages, since the start

	leave   context.CancelFunc // ends taking and reconnecting
	abandon context.CancelFunc // ends waiting for a database that does not come back
	done    chan struct{}      // closed when it has ended

	mu      sync.Mutex
	trouble error // why there is no connection
	link    *link // the newest
}

// drainPatience is how long what came over a lost connection may still take to be
// committed. What takes longer is left to the broker, which hands it over again.
const drainPatience = 5 * time.Second

// start returns once the session is subscribed.
func (l *lane) start(ctx context.Context) error {
	life := context.WithoutCancel(ctx)
	running, leave := context.WithCancel(life)
	writing, abandon := context.WithCancel(life)
	l.leave, l.abandon, l.done = leave, abandon, make(chan struct{})
	link, err := l.connect(ctx)
	if err != nil {
		leave()
		abandon()
		return err
	}
	go l.run(running, writing, link)
	return nil
}

// stop commits and acknowledges what the lane holds, then leaves the session to
// the broker. When ctx ends first, the rest stays unacknowledged and comes again.
func (l *lane) stop(ctx context.Context) error {
	l.leave()
	err := wait.For(ctx, func() { <-l.done })
	l.abandon()
	<-l.done
	return err
}

// abort stops at once: what is not committed is another's now.
func (l *lane) abort() {
	l.abandon()
	l.leave()
	<-l.done
}

// run carries one connection after the other until running ends.
func (l *lane) run(running, writing context.Context, c *link) {
	defer close(l.done)
	defer l.writer.store.release()
	for c != nil {
		lost := l.carry(running, writing, c)
		if lost == nil {
			return
		}
		slog.Warn("ingest: connecting anew", "lane", l.partition, "error", lost)
		l.set(fmt.Errorf("lane %d lost its connection: %w", l.partition, lost))
		c = l.reconnect(running)
	}
}

// carry works until the connection is lost, and says why, or until running ends.
// What it has taken by then is committed first.
func (l *lane) carry(running, writing context.Context, c *link) (lost error) {
	writing, abandon := context.WithCancel(writing)
	defer abandon()
	var work sync.WaitGroup
	batches, acks := make(chan []*message), make(chan []*message, 8)
	work.Go(func() { collect(c.out, c.tail, batches) })
	work.Go(func() { defer close(acks); l.write(writing, abandon, c, batches, acks) })
	work.Go(func() { acknowledge(acks) })
	select {
	case lost = <-c.lost:
		hurry := time.AfterFunc(drainPatience, abandon)
		defer hurry.Stop()
	case <-running.Done():
	}
	c.close()
	work.Wait()
	c.client.Disconnect(1000)
	return lost
}

func (l *lane) write(ctx context.Context, abandon func(), c *link, batches <-chan []*message, acks chan<- []*message) {
	for messages := range batches {
		if ctx.Err() != nil {
			continue // the rest stays with the broker
		}
		if err := l.writer.write(ctx, messages); err != nil {
			c.lose(err)
			abandon()
			continue
		}
		acks <- messages
	}
}

// acknowledge runs beside the writer, for an acknowledgement may wait for the network.
func acknowledge(acks <-chan []*message) {
	for messages := range acks {
		for _, m := range messages {
			m.ack()
		}
	}
}

// reconnect tries until it has a connection, or returns nil when ctx ends.
func (l *lane) reconnect(ctx context.Context) *link {
	for wait := shortestBackOff; ctx.Err() == nil; wait = min(2*wait, longestBackOff) {
		c, err := l.connect(ctx)
		if err == nil {
			slog.Info("ingest: connected again", "lane", l.partition)
			return c
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait + time.Duration(rand.Int64N(int64(wait)))):
		}
	}
	return nil
}

// connect opens the session, learns what was committed before it, and subscribes.
func (l *lane) connect(ctx context.Context) (*link, error) {
	c, err := dial(ctx, l)
	if err != nil {
		err = fmt.Errorf("lane %d has no session with the broker: %w", l.partition, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.trouble, l.link = err, c
	return c, err
}

func (l *lane) set(trouble error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.trouble = trouble
}

// held is what the lane has taken and not yet acknowledged.
func (l *lane) held() (messages int, bytes int64) {
	if c := l.current(); c != nil {
		return c.unacked(), c.bytes.Load()
	}
	return 0, 0
}

// current returns the newest connection, nil when none could be made.
func (l *lane) current() *link {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.link
}

// ready returns nil while messages flow, or what stands in the way.
func (l *lane) ready() error {
	if trouble := l.writer.trouble.Load(); trouble != nil {
		return *trouble
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.trouble
}
