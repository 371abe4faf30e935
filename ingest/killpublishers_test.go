package ingest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/internal/postgres"
)

// killWindow is how many messages of one client may be unacknowledged.
const killWindow = 10

func newPool(ctx context.Context, url string) (*pgxpool.Pool, error) { return postgres.Open(ctx, url) }

func openPool(t *testing.T, url string) *pgxpool.Pool {
	t.Helper()
	pool, err := newPool(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// playPublishers runs all clients until standard input ends, then lets them
// finish what is unacknowledged. Arguments: address, file for the PUBACKs.
func playPublishers() int {
	addr := os.Args[1]
	f, err := os.Create(os.Args[2])
	if err != nil {
		return complain(err)
	}
	log := &ackLog{out: bufio.NewWriter(f)}
	var stopping atomic.Bool
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stopping.Store(true)
	}()
	var clients sync.WaitGroup
	for i := range killClients {
		p := &killPublisher{thing: killThing(i), addr: addr, log: log, stopping: &stopping}
		clients.Go(p.run)
	}
	clients.Wait()
	if err := log.out.Flush(); err != nil {
		return complain(err)
	}
	fmt.Println("done")
	return 0
}

// ackLog writes down each PUBACK and says when there are many.
type ackLog struct {
	mu  sync.Mutex
	out *bufio.Writer
	n   int
}

func (l *ackLog) acked(thing haidang.ThingID, seq int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintln(l.out, thing, seq)
	if l.n++; l.n%1000 == 0 {
		fmt.Println("acked", l.n)
	}
}

func (l *ackLog) lost(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Println("lost", n)
}

// killPublisher is one device. It sends a message again only when the connection
// ended before its PUBACK.
type killPublisher struct {
	thing    haidang.ThingID
	addr     string
	log      *ackLog
	stopping *atomic.Bool
	next     int
	pending  []pendingPublish
}

type pendingPublish struct {
	seq   int
	token mqtt.Token
}

func (p *killPublisher) run() {
	for !p.stopping.Load() || len(p.pending) > 0 {
		client := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + p.addr).SetClientID(string(p.thing)).SetUsername(string(p.thing)).
			SetPassword(secretOf(p.thing)).SetAutoReconnect(false).SetConnectTimeout(10 * time.Second).SetWriteTimeout(10 * time.Second))
		if finish(context.Background(), client.Connect()) != nil {
			time.Sleep(200 * time.Millisecond)
			continue
		}
		for i := range p.pending {
			p.pending[i].token = p.send(client, p.pending[i].seq)
		}
		p.flow(client)
		client.Disconnect(100)
	}
}

// flow keeps the window full until the connection ends or there is no more to send.
func (p *killPublisher) flow(client mqtt.Client) {
	for {
		for !p.stopping.Load() && len(p.pending) < killWindow {
			p.pending = append(p.pending, pendingPublish{p.next, p.send(client, p.next)})
			p.next++
		}
		if len(p.pending) == 0 {
			return
		}
		oldest := p.pending[0]
		<-oldest.token.Done()
		if oldest.token.Error() != nil {
			p.forgetAcked()
			p.log.lost(len(p.pending))
			return
		}
		p.log.acked(p.thing, oldest.seq)
		p.pending = p.pending[1:]
	}
}

// forgetAcked writes down what was acknowledged behind the oldest.
func (p *killPublisher) forgetAcked() {
	var still []pendingPublish
	for _, q := range p.pending {
		<-q.token.Done()
		if q.token.Error() != nil {
			still = append(still, q)
			continue
		}
		p.log.acked(p.thing, q.seq)
	}
	p.pending = still
}

func (p *killPublisher) send(client mqtt.Client, seq int) mqtt.Token {
	return client.Publish(telemetryTopic(p.thing), 1, false, salinityAt(killEpoch.Add(time.Duration(seq)*time.Second), float64(seq)))
}
