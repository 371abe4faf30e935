package ingest

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"haidang/ingest/broker"
	"haidang/internal/mqttclient"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// consumer keeps ingest's durable session alive and hands messages on.
type consumer struct {
	options func() *mqtt.ClientOptions // fresh for each connection: a client is used once
	out     chan *message              // never full for QoS 1: it holds more than the broker's windows
	metrics *metrics

	mu      sync.Mutex
	link    *link
	trouble error // why there is no connection
	closed  bool
}

// link is one connection with the packet ids that await our acknowledgement. A
// broker that hands such a packet over again does not make it a second message.
type link struct {
	client mqtt.Client
	lost   chan error

	mu       sync.Mutex
	awaiting map[uint16]bool
}

// connect opens the session and subscribes.
func (c *consumer) connect(ctx context.Context) error {
	l := &link{lost: make(chan error, 1), awaiting: map[uint16]bool{}}
	handler := func(_ mqtt.Client, m mqtt.Message) { c.take(l, m) }
	options := c.options().SetCleanSession(false).SetAutoAckDisabled(true).SetOrderMatters(true).
		SetDefaultPublishHandler(handler). // messages come before the subscription is confirmed
		SetConnectionLostHandler(func(_ mqtt.Client, err error) { l.lost <- err })
	l.client = mqtt.NewClient(options)
	err := mqttclient.Finish(ctx, l.client.Connect())
	if err == nil {
		err = mqttclient.Subscribe(ctx, l.client, broker.Topics...)
	}
	if err != nil {
		l.client.Disconnect(0)
		err = errors.Join(errors.New("ingest has no session with the broker"), err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.trouble = err; err == nil {
		c.link = l
	}
	return err
}

// run connects again whenever the connection is lost, until ctx ends.
func (c *consumer) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case err := <-c.current().lost:
			slog.Warn("ingest: lost the broker", "error", err)
			c.set(errors.Join(errors.New("ingest lost the broker"), err))
		}
		for wait := shortestBackOff; c.connect(ctx) != nil; wait = min(2*wait, longestBackOff) {
			jitter := time.Duration(rand.Int64N(int64(wait)))
			select {
			case <-ctx.Done():
				return
			case <-time.After(wait + jitter):
			}
		}
		slog.Info("ingest: found the broker again")
	}
}

func (c *consumer) current() *link {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.link
}

func (c *consumer) set(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.trouble = err
}

func (c *consumer) ready() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.trouble
}

// take runs on paho's reader and must not wait. What finds no room is not
// acknowledged and comes again.
func (c *consumer) take(l *link, m mqtt.Message) {
	if m.Retained() { // a copy of what was delivered when it was new
		m.Ack()
		return
	}
	if m.Qos() > 0 && !l.note(m) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	select {
	case c.out <- newMessage(m, func() { l.ack(m) }):
		c.metrics.received.Inc()
	default:
		l.forget(m)
		c.metrics.overflow.Inc()
	}
}

// note reports whether m is new on this connection.
func (l *link) note(m mqtt.Message) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if m.Duplicate() && l.awaiting[m.MessageID()] {
		return false
	}
	l.awaiting[m.MessageID()] = true
	return true
}

func (l *link) forget(m mqtt.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.awaiting, m.MessageID())
}

func (l *link) ack(m mqtt.Message) {
	l.forget(m)
	m.Ack()
}

// close lets nothing more in. The session stays with the broker.
func (c *consumer) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.closed = true
		close(c.out)
	}
}

func (c *consumer) disconnect() {
	if l := c.current(); l != nil {
		l.client.Disconnect(1000)
	}
}
