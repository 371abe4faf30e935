package ingest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"haidang/internal/mqttclient"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"golang.org/x/sync/semaphore"
)

// link is one connection of a lane's durable session, with the packet ids that
// await our acknowledgement: what the broker hands over again while it waits is
// no second message.
type link struct {
	client mqtt.Client
	tail   *tail
	lost   chan error    // one error, when it is
	out    chan *message // never full for QoS 1: there are no more packet ids
	room   *semaphore.Weighted
	bytes  atomic.Int64 // taken from room
	lane   *lane

	mu       sync.Mutex
	awaiting map[uint16]bool
	closed   bool
}

const (
	// mostHeld bounds the payload that one lane holds, in bytes: a window of large
	// messages must not fill the memory.
	mostHeld = 32 << 20

	// packetIDs is how many messages can await an acknowledgement on one connection.
	packetIDs = 1 << 16

	// roomPatience is how long paho's reader may wait for room. Longer, and it would
	// not see the broker's answers in time.
	roomPatience = 5 * time.Second
)

var errOverflow = errors.New("more came than there is room for; the broker shall hand it over again")

// dial opens a lane's session. Nothing is taken from out before the tail is loaded.
func dial(ctx context.Context, l *lane) (*link, error) {
	c := &link{lost: make(chan error, 1), out: make(chan *message, packetIDs),
		room: semaphore.NewWeighted(mostHeld), lane: l, awaiting: map[uint16]bool{}}
	options, err := l.options()
	if err != nil {
		return nil, err
	}
	options.SetCleanSession(false).SetAutoAckDisabled(true).SetOrderMatters(true).
		SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) { c.take(m) }). // messages come before the subscription is confirmed
		SetConnectionLostHandler(func(_ mqtt.Client, err error) { c.lose(err) })
	c.client = mqtt.NewClient(options)
	err = c.open(ctx, l)
	if err != nil {
		c.close()
		c.client.Disconnect(0)
		return nil, err
	}
	return c, nil
}

// open connects. Where our broker still has the session, its subscription stands:
// asking again would bring every retained message once more. In another's the
// session may be one of an older program, with other topics.
func (c *link) open(ctx context.Context, l *lane) (err error) {
	if err := l.writer.reach(ctx); err != nil { // what is handed over meanwhile would be handed over in vain
		return err
	}
	token := c.client.Connect()
	if err := mqttclient.Finish(ctx, token); err != nil {
		return err
	}
	if c.tail, err = l.writer.open(ctx, l.partition); err != nil {
		return err
	}
	if token.(*mqtt.ConnectToken).SessionPresent() && !l.foreign {
		return nil
	}
	return mqttclient.Subscribe(ctx, c.client, l.topics...)
}

// lose notes why the connection is of no more use.
func (c *link) lose(err error) {
	select {
	case c.lost <- err:
	default: // it is lost already
	}
}

// take runs on paho's reader, one message after the other.
func (c *link) take(m mqtt.Message) {
	switch {
	case m.Retained(): // a copy of what was delivered when it was new
		m.Ack()
	case c.knows(m):
	case c.reserve(m) && c.pass(m):
		c.lane.metrics.received.Inc()
		c.lane.taken.Add(1)
	default:
		c.lane.metrics.overflow.Inc()
		if m.Qos() > 0 { // QoS 0 is lost
			c.close() // nothing may overtake it
			c.lose(errOverflow)
		}
	}
}

// knows reports whether m awaits its acknowledgement already, or comes too late.
func (c *link) knows(m mqtt.Message) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed || m.Qos() > 0 && c.awaiting[m.MessageID()]
}

// reserve waits a little for room. QoS 0 does not wait: whoever sends it expects losses.
func (c *link) reserve(m mqtt.Message) bool {
	size := sizeOf(m)
	if !c.room.TryAcquire(size) {
		ctx, cancel := context.WithTimeout(context.Background(), roomPatience)
		defer cancel()
		if m.Qos() == 0 || c.room.Acquire(ctx, size) != nil {
			return false
		}
	}
	c.bytes.Add(size)
	return true
}

// sizeOf is what m takes of the room; more than there is would never find it.
func sizeOf(m mqtt.Message) int64 { return min(int64(len(m.Payload())), mostHeld) }

// pass hands m on, unless the queue is full.
func (c *link) pass(m mqtt.Message) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	select {
	case c.out <- newMessage(m, func() { c.ack(m) }):
		if m.Qos() > 0 {
			c.awaiting[m.MessageID()] = true
		}
		return true
	default:
		c.free(m)
		return false
	}
}

// free gives back what m took of the room.
func (c *link) free(m mqtt.Message) {
	c.room.Release(sizeOf(m))
	c.bytes.Add(-sizeOf(m))
}

// unacked is how many messages await their acknowledgement.
func (c *link) unacked() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.awaiting)
}

func (c *link) ack(m mqtt.Message) {
	c.mu.Lock()
	delete(c.awaiting, m.MessageID())
	c.mu.Unlock()
	c.free(m)
	m.Ack()
}

// close lets nothing more in. The session stays with the broker.
func (c *link) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.closed = true
		close(c.out)
	}
}
