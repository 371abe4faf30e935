package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// asPublishersVariable makes this test program the devices of TestKill.
const asPublishersVariable = "HAIDANG_TEST_AS_PUBLISHERS"

const (
	// killWindow is how many messages of one device may be unacknowledged.
	killWindow = 10

	// exchangePatience is for each answer of a broker on a busy machine.
	exchangePatience = time.Minute

	// orphanedPatience is how long devices without a parent try to say the rest.
	orphanedPatience = 5 * time.Minute
)

var killEpoch = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// playPublishers runs a device for each line of the secrets' file until standard
// input ends, then lets them finish what is unacknowledged. A line on standard
// input asks how many messages were in flight when the broker was lost.
// Arguments: address, secrets, file for the PUBACKs.
func playPublishers() int {
	secrets, err := os.ReadFile(os.Args[2])
	if err != nil {
		return complain(err)
	}
	f, err := os.Create(os.Args[3])
	if err != nil {
		return complain(err)
	}
	devices := strings.Fields(string(secrets))
	c := &crowd{log: bufio.NewWriter(f), size: len(devices), connected: map[string]bool{}, flight: map[string]int{}}
	go c.obey()
	var running sync.WaitGroup
	for _, device := range devices {
		name, secret, _ := strings.Cut(device, ",")
		p := &killPublisher{name: name, secret: secret, addr: os.Args[1], crowd: c}
		running.Go(p.run)
	}
	running.Wait()
	if err := errors.Join(c.log.Flush(), f.Close()); err != nil {
		return complain(err)
	}
	fmt.Println("done", c.sent, c.again)
	return 0
}

func complain(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// crowd is what the devices know together. It tells the test on standard output.
type crowd struct {
	size int

	mu                 sync.Mutex
	log                *bufio.Writer // one line for each PUBACK
	connected          map[string]bool
	flight             map[string]int // by device that lost its connection: unacknowledged then
	sent, again, acked int
	stopping           bool
}

// obey answers questions until the test wants an end, or has come to one.
func (c *crowd) obey() {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		fmt.Println("flight", c.lostWithBroker())
	}
	time.AfterFunc(orphanedPatience, func() { os.Exit(complain(errors.New("the rest is never acknowledged"))) })
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopping = true
}

// lostWithBroker waits until every device knows that the broker is gone.
func (c *crowd) lostWithBroker() (n int) {
	for ; ; time.Sleep(10 * time.Millisecond) {
		c.mu.Lock()
		if len(c.connected) == 0 {
			break
		}
		c.mu.Unlock()
	}
	defer c.mu.Unlock()
	for _, lost := range c.flight {
		n += lost
	}
	clear(c.flight)
	return n
}

func (c *crowd) joined(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.flight, name)
	if c.connected[name] = true; len(c.connected) == c.size {
		fmt.Println("everybody")
	}
}

func (c *crowd) left(name string, flight int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.connected, name)
	c.flight[name] = flight
}

func (c *crowd) sending(again bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sent++; again {
		c.again++
	}
}

func (c *crowd) ackedOne(name string, seq int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintln(c.log, name, seq)
	if c.acked++; c.acked%500 == 0 {
		fmt.Println("acked", c.acked)
	}
}

func (c *crowd) ending() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stopping
}

// killPublisher is one device. It sends a message again only when the connection
// ended before its PUBACK.
type killPublisher struct {
	name, secret, addr string
	crowd              *crowd
	next               int
	pending            []pendingPublish
}

type pendingPublish struct {
	seq   int
	token mqtt.Token
}

func (p *killPublisher) run() {
	for !p.crowd.ending() || len(p.pending) > 0 {
		client := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + p.addr).SetClientID(p.name).SetUsername(p.name).SetPassword(p.secret).
			SetAutoReconnect(false).SetConnectTimeout(exchangePatience).SetWriteTimeout(exchangePatience).SetPingTimeout(exchangePatience))
		if token := client.Connect(); !token.WaitTimeout(exchangePatience) || token.Error() != nil {
			time.Sleep(300 * time.Millisecond)
			continue
		}
		p.crowd.joined(p.name)
		for i, m := range p.pending {
			p.pending[i].token = p.send(client, m.seq, true)
		}
		p.flow(client)
		p.crowd.left(p.name, p.inFlight())
		client.Disconnect(100)
	}
}

// flow keeps the window full until the connection ends or there is no more to send.
func (p *killPublisher) flow(client mqtt.Client) {
	for {
		for !p.crowd.ending() && len(p.pending) < killWindow {
			p.pending = append(p.pending, pendingPublish{p.next, p.send(client, p.next, false)})
			p.next++
		}
		if len(p.pending) == 0 {
			return
		}
		oldest := p.pending[0]
		<-oldest.token.Done()
		if oldest.token.Error() != nil {
			p.forgetAcked()
			return
		}
		p.crowd.ackedOne(p.name, oldest.seq)
		p.pending = p.pending[1:]
	}
}

// forgetAcked writes down what was acknowledged behind the oldest.
func (p *killPublisher) forgetAcked() {
	var still []pendingPublish
	for _, m := range p.pending {
		<-m.token.Done()
		if m.token.Error() != nil {
			still = append(still, m)
			continue
		}
		p.crowd.ackedOne(p.name, m.seq)
	}
	p.pending = still
}

// inFlight counts what was handed to a connection that then ended.
func (p *killPublisher) inFlight() (n int) {
	for _, m := range p.pending {
		if !errors.Is(m.token.Error(), mqtt.ErrNotConnected) {
			n++
		}
	}
	return n
}

func (p *killPublisher) send(client mqtt.Client, seq int, again bool) mqtt.Token {
	p.crowd.sending(again)
	at := killEpoch.Add(time.Duration(seq) * time.Second).Format(time.RFC3339)
	return client.Publish("v1/things/"+p.name+"/telemetry", 1, false, fmt.Sprintf(`{"time":%q,"values":{"traffic_flow":%d}}`, at, seq))
}
