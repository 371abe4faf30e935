package ingest

import (
	"context"
	"errors"
	"sync"

	"haidang/ingest/broker"
	"haidang/internal/mqttclient"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// link is one connection of a lane's durable session, with the packet ids that
// await our acknowledgement: what the broker hands over again while it waits is
// no second message.
type link struct {
	client  mqtt.Client
	tail    *tail
	lost    chan error    // one error, when it is
	out     chan *message // never full for QoS 1: it holds more than the broker's window
	metrics *metrics

	mu       sync.Mutex
	awaiting map[uint16]bool
	closed   bool
}

var errOverflow = errors.New("more came than the window allows; the broker shall hand it over again")

// dial opens a lane's session. Nothing is taken from out before the tail is loaded.
func dial(ctx context.Context, l *lane) (*link, error) {
	c := &link{lost: make(chan error, 1), out: make(chan *message, 2*broker.Window*len(l.topics)), metrics: l.metrics, awaiting: map[uint16]bool{}}
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

// take runs on paho's reader and must not wait.
func (c *link) take(m mqtt.Message) {
	if m.Retained() { // a copy of what was delivered when it was new
		m.Ack()
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || m.Qos() > 0 && c.awaiting[m.MessageID()] {
		return
	}
	select {
	case c.out <- newMessage(m, func() { c.ack(m) }):
		c.metrics.received.Inc()
		if m.Qos() > 0 {
			c.awaiting[m.MessageID()] = true
		}
	default:
		c.metrics.overflow.Inc()
		if m.Qos() > 0 {
			c.lose(errOverflow)
		}
	}
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
