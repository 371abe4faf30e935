package outside

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"haidang/internal/mqttclient"
)

const (
	// probeTopics is where our own clients talk to each other: nobody else has a
	// right to it, and ingest does not listen there.
	probeTopics = "haidang/probe/"

	// OwnPrefix begins the client identifiers of our own clients. A colon is in no
	// device's name.
	OwnPrefix = "haidang:"
)

// client is one connection of a probe and what it heard.
type client struct {
	mqtt.Client
	present bool // the broker had kept the session

	mu       sync.Mutex
	heard    map[heard]int
	retained int // messages that came as copies of older ones
	last     time.Time
}

// heard is one message, as far as a probe tells messages apart.
type heard struct{ topic, payload string }

// dial signs in. hold keeps every acknowledgement back.
func dial(ctx context.Context, options *mqtt.ClientOptions, hold bool) (*client, error) {
	c := &client{heard: map[heard]int{}}
	c.Client = mqtt.NewClient(options.SetAutoAckDisabled(hold).SetOrderMatters(true).SetDefaultPublishHandler(c.hear))
	token := c.Connect()
	if err := mqttclient.Finish(ctx, token); err != nil {
		c.Disconnect(0)
		return nil, err
	}
	if t, ok := token.(*mqtt.ConnectToken); ok {
		c.present = t.SessionPresent()
	}
	return c, nil
}

func (c *client) hear(_ mqtt.Client, m mqtt.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard[heard{m.Topic(), string(m.Payload())}]++
	c.last = time.Now()
	if m.Retained() {
		c.retained++
	}
}

// distinct counts the different messages heard.
func (c *client) distinct() (n, retained int, last time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.heard), c.retained, c.last
}

func (c *client) has(h heard) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.heard[h] > 0
}

func (c *client) topics() (topics []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for h := range c.heard {
		topics = append(topics, h.topic)
	}
	return topics
}

// settle waits until want different messages were heard, or until none has come for
// quiet, and returns how many there were.
func (c *client) settle(ctx context.Context, want int, quiet time.Duration) int {
	begin := time.Now()
	for {
		n, _, last := c.distinct()
		if last.Before(begin) {
			last = begin
		}
		if n >= want || time.Since(last) > quiet || !pause(ctx, 20*time.Millisecond) {
			return n
		}
	}
}

// awaits waits for one message, no longer than quiet.
func (c *client) awaits(ctx context.Context, h heard, quiet time.Duration) bool {
	for end := time.Now().Add(quiet); time.Now().Before(end); {
		if c.has(h) {
			return true
		}
		if !pause(ctx, 20*time.Millisecond) {
			break
		}
	}
	return c.has(h)
}

// say publishes with QoS 1 and waits for the acknowledgement. paho ends the token
// without an error when the connection goes.
func (c *client) say(ctx context.Context, topic, payload string, retained bool) error {
	if err := mqttclient.Finish(ctx, c.Publish(topic, 1, retained, payload)); err != nil {
		return err
	}
	if !c.IsConnectionOpen() {
		return errors.New("the connection went before the acknowledgement")
	}
	return nil
}

// address is the broker's address without the user in it.
func address(broker string) string {
	u, err := url.Parse(broker)
	if err != nil {
		return broker
	}
	u.User = nil
	return u.String()
}

// own are the options of our own clients: the user is in the address.
func own(broker, what string) *mqtt.ClientOptions {
	return mqttclient.Options().AddBroker(broker).SetClientID(OwnPrefix + what)
}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

func quoted(topics []string) string { return "“" + strings.Join(topics, "”, “") + "”" }
