package broker

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"haidang"
	"haidang/internal/mqttclient"
)

const patience = 20 * time.Second

// anyThing lets every thing sign in with "secret-<name>".
type anyThing struct{}

func (anyThing) SecretHashes(_ context.Context, things ...haidang.ThingID) (map[haidang.ThingID][]byte, error) {
	hashes := map[haidang.ThingID][]byte{}
	for _, thing := range things {
		sum := sha256.Sum256([]byte("secret-" + thing))
		hashes[thing] = sum[:]
	}
	return hashes, nil
}

// start runs a broker until the test ends; Stop may be called before.
func start(t *testing.T, config Config) *Broker {
	t.Helper()
	config.Addr = "127.0.0.1:0"
	b := New(config, anyThing{})
	if err := b.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, b) })
	return b
}

func stop(t *testing.T, b *Broker) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := b.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func deviceOptions(b *Broker, thing string) *mqtt.ClientOptions {
	return mqttclient.Options().AddBroker("tcp://" + b.Addr()).SetClientID(thing).SetUsername(thing).SetPassword("secret-" + thing)
}

func dial(t *testing.T, options *mqtt.ClientOptions) mqtt.Client {
	t.Helper()
	client := mqtt.NewClient(options)
	if err := mqttclient.Finish(t.Context(), client.Connect()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Disconnect(0) })
	return client
}

// publish sends n messages of a thing, numbered from first, and waits for each PUBACK.
func publish(t *testing.T, b *Broker, thing string, first, n int) {
	t.Helper()
	d := dial(t, deviceOptions(b, thing))
	var sent []mqtt.Token
	for i := first; i < first+n; i++ {
		sent = append(sent, d.Publish("v1/things/"+thing+"/telemetry", 1, false, fmt.Sprint(i)))
	}
	for _, token := range sent {
		if err := mqttclient.Finish(t.Context(), token); err != nil {
			t.Fatal(err)
		}
	}
	d.Disconnect(100)
}

// listener is a lane's client that acknowledges when it is told to.
type listener struct {
	client mqtt.Client

	mu  sync.Mutex
	got []mqtt.Message
}

func listen(t *testing.T, b *Broker, k int) *listener {
	t.Helper()
	l := &listener{}
	l.client = dial(t, b.ClientOptions(LaneClientID(k)).SetCleanSession(false).SetAutoAckDisabled(true).SetOrderMatters(true).
		SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.got = append(l.got, m)
		}))
	return l
}

func (l *listener) messages() []mqtt.Message {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.got
}

// want waits until the lane has just the payloads from first to last, in order.
func (l *listener) want(t *testing.T, first, last int) {
	t.Helper()
	eventually(t, "messages", last-first+1, func() int { return len(l.messages()) })
	for i, m := range l.messages() {
		if string(m.Payload()) != fmt.Sprint(first+i) {
			t.Fatalf("message %d is %s, want %d", i, m.Payload(), first+i)
		}
	}
}

func eventually[T comparable](t *testing.T, what string, want T, ask func() T) {
	t.Helper()
	var got T
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if got = ask(); got == want {
			return
		}
	}
	t.Fatalf("%s: got %v, want %v", what, got, want)
}

func account(t *testing.T, b *Broker) Account {
	t.Helper()
	a, err := b.Account(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestUnacknowledgedComesAgain looks at a lane's session over three connections:
// nothing twice while one lasts, all at once and in order on the next.
func TestUnacknowledgedComesAgain(t *testing.T) {
	t.Parallel()
	b := start(t, Config{Dir: t.TempDir(), Partitions: 1})
	first := listen(t, b, 0)
	publish(t, b, "gauge1", 0, 500)
	first.want(t, 0, 499)
	time.Sleep(3 * time.Second)
	first.want(t, 0, 499)
	first.client.Disconnect(100)

	second := listen(t, b, 0)
	second.want(t, 0, 499)
	if second.messages()[0].Duplicate() {
		t.Error("what comes again is marked so now: docs/conformance.md says otherwise")
	}
	for _, m := range second.messages()[:200] {
		m.Ack()
	}
	eventually(t, "waiting", 300, func() int { return account(t, b).Waiting })
	third := listen(t, b, 0) // the second is not told to leave
	third.want(t, 200, 499)
	eventually(t, "older connection", false, second.client.IsConnectionOpen)
	for _, m := range third.messages() {
		m.Ack()
	}
	eventually(t, "waiting", 0, func() int { return account(t, b).Waiting })
	if a := account(t, b); a.Sequence != 500 || !a.OldestAt.IsZero() || a.Lanes[0].Unacked != 0 {
		t.Errorf("account is %+v", a)
	}
}

// TestCrash starts a second broker on what a crash would leave: a copy of the
// store, taken without a word to the first.
func TestCrash(t *testing.T) {
	t.Parallel()
	before := start(t, Config{Dir: t.TempDir(), Partitions: 1})
	l := listen(t, before, 0)
	publish(t, before, "gauge1", 0, 1000)
	l.want(t, 0, 999)
	for _, m := range l.messages()[:100] {
		m.Ack()
	}
	eventually(t, "waiting", 900, func() int { return account(t, before).Waiting })
	publish(t, before, "gauge1", 1000, 100)
	copied := t.TempDir()
	if out, err := exec.Command("cp", "-a", before.config.Dir+"/.", copied).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	after := start(t, Config{Dir: copied, Partitions: 1})
	again := listen(t, after, 0)
	eventually(t, "last message", "1099", func() string {
		if all := again.messages(); len(all) > 0 {
			return string(all[len(all)-1].Payload())
		}
		return ""
	})
	first := 1100 - len(again.messages()) // an acknowledgement may have been on its way to the disk
	if first > 100 {
		t.Errorf("messages from %d on come again, want from 100", first)
	}
	again.want(t, first, 1099)
	if a, was := account(t, after), account(t, before); a.StoreID != was.StoreID || a.Sequence != 1100 {
		t.Errorf("account is %+v, was %+v", a, was)
	}
}

// TestFewerLanes lowers the number of lanes over messages that wait in each.
func TestFewerLanes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := start(t, Config{Dir: dir, Partitions: 4})
	for i := range 20 {
		publish(t, b, fmt.Sprintf("gauge%d", i), 0, 5)
	}
	for k, lane := range account(t, b).Lanes {
		if lane.Waiting == 0 || lane.OldestAt.IsZero() || lane.Partition != k {
			t.Errorf("lane %d is %+v, want some that waits", k, lane)
		}
	}
	stop(t, b)
	b = start(t, Config{Dir: dir, Partitions: 2, Window: 500})
	publish(t, b, "gauge0", 5, 1)
	if a := account(t, b); b.Partitions() != 4 || a.Waiting != 101 || a.Sequence != 101 {
		t.Errorf("%d lanes, account %+v; want 4 lanes, 101 waiting", b.Partitions(), a)
	}
	options, err := RemoteOptions(dir, LaneClientID(3))
	if err != nil {
		t.Fatal(err)
	}
	dial(t, options)
}

func TestWindowTooWideIsRefused(t *testing.T) {
	t.Parallel()
	for _, window := range []int{-1, 65_536} {
		err := New(Config{Dir: t.TempDir(), Addr: "127.0.0.1:0", Window: window}, anyThing{}).Start(t.Context())
		if haidang.CodeOf(err) != haidang.ErrInvalid || !strings.Contains(err.Error(), "HAIDANG_MQTT_WINDOW") {
			t.Errorf("a window of %d: %v", window, err)
		}
	}
	start(t, Config{Dir: t.TempDir(), Window: 65_535})
}

func TestCut(t *testing.T) {
	t.Parallel()
	b := start(t, Config{Dir: t.TempDir(), Partitions: 1})
	d, other := dial(t, deviceOptions(b, "gauge1")), dial(t, deviceOptions(b, "gauge2"))
	until := time.Now().Add(2 * time.Second)
	b.Cut("gauge1", until)
	eventually(t, "connection", false, d.IsConnectionOpen)
	if err := mqttclient.Finish(t.Context(), mqtt.NewClient(deviceOptions(b, "gauge1")).Connect()); err == nil && time.Now().Before(until) {
		t.Error("a device that was cut came straight back")
	}
	eventually(t, "back", true, func() bool {
		return mqttclient.Finish(t.Context(), mqtt.NewClient(deviceOptions(b, "gauge1")).Connect()) == nil
	})
	if time.Now().Before(until) {
		t.Error("it came back early")
	}
	if !other.IsConnectionOpen() || len(b.Connected()) != 2 {
		t.Errorf("connected are %v", b.Connected())
	}
}

// TestOlderLayout starts on the store of the version that had one session for all.
func TestOlderLayout(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	older := runOlder(t, dir)
	publish(t, older, "gauge1", 0, 300)
	publish(t, older, "gauge2", 0, 10)
	stop(t, older)

	b := start(t, Config{Dir: dir, Partitions: 1})
	if a := account(t, b); a.Waiting != 310 || a.Sequence != 310 {
		t.Errorf("account is %+v, want 310 waiting of 310", a)
	}
	publish(t, b, "gauge2", 310, 1)
	l := listen(t, b, 0)
	eventually(t, "messages", 311, func() int { return len(l.messages()) })
	for i, m := range l.messages() {
		thing := "gauge2"
		if i < 300 {
			thing = "gauge1"
		}
		if got := PublicTopic(m.Topic()); got != "v1/things/"+thing+"/telemetry" {
			t.Fatalf("message %d came on %s", i, got)
		}
	}
	if _, err := os.Stat(dir + "/ingest-session"); !os.IsNotExist(err) {
		t.Errorf("the older version's note is left: %v", err)
	}
}
