package ingest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// topics is what ingest's session subscribes to, all with QoS 1.
var topics = []string{
	"v1/things/+/telemetry",
	"v1/things/+/status",
	"v1/things/+/attributes",
	"v1/channels/+/reports",
}

// mqttPatience bounds each exchange with a broker.
const mqttPatience = 10 * time.Second

// markerName is the file inside the store that says for which topics ingest's
// session is durable.
const markerName = "ingest-session"

// prepareSession makes ingest's session durable on a private address. The store
// keeps messages by interest: a device that publishes before the session exists
// would get its PUBACK and the message would be gone.
func (b *Broker) prepareSession(ctx context.Context) error {
	marker := filepath.Join(b.config.Dir, markerName)
	want := strings.Join(topics, "\n")
	if have, err := os.ReadFile(marker); err == nil && string(have) == want {
		return nil
	}
	s, err := b.run("127.0.0.1:0")
	if err != nil {
		return err
	}
	err = b.subscribeOnce(ctx)
	s.Shutdown()
	s.WaitForShutdown()
	if err != nil {
		return fmt.Errorf("make ingest's session durable: %w", err)
	}
	if err := writeDurably(marker, want); err != nil {
		return unusableStore(b.config.Dir, err)
	}
	return nil
}

func (b *Broker) subscribeOnce(ctx context.Context) error {
	client := mqtt.NewClient(b.clientOptions(ingestUser).SetCleanSession(false))
	if err := finish(ctx, client.Connect()); err != nil {
		return err
	}
	defer client.Disconnect(250)
	return subscribe(ctx, client)
}

// clientOptions are those of our own clients of the embedded broker.
func (b *Broker) clientOptions(user string) *mqtt.ClientOptions {
	return carefulOptions().AddBroker(b.dialURL()).SetClientID(user).SetUsername(user).SetPassword(b.gate.secret)
}

// carefulOptions bound every wait and leave reconnecting to us: only then are a
// lost session and a lost publish seen.
func carefulOptions() *mqtt.ClientOptions {
	return mqtt.NewClientOptions().SetProtocolVersion(4).SetAutoReconnect(false).SetConnectRetry(false).
		SetConnectTimeout(mqttPatience).SetWriteTimeout(mqttPatience).SetPingTimeout(mqttPatience).SetKeepAlive(30 * time.Second)
}

// subscribe fails when the broker refuses any of the topics.
func subscribe(ctx context.Context, client mqtt.Client) error {
	filters := map[string]byte{}
	for _, t := range topics {
		filters[t] = 1
	}
	token := client.SubscribeMultiple(filters, nil)
	if err := finish(ctx, token); err != nil {
		return err
	}
	for topic, qos := range token.(*mqtt.SubscribeToken).Result() {
		if qos != 1 {
			return fmt.Errorf("the broker refused the subscription to %s (answer %#x)", topic, qos)
		}
	}
	return nil
}

// finish waits for an exchange to end, at most mqttPatience.
func finish(ctx context.Context, token mqtt.Token) error {
	ctx, cancel := context.WithTimeout(ctx, mqttPatience)
	defer cancel()
	select {
	case <-token.Done():
		return token.Error()
	case <-ctx.Done():
		return fmt.Errorf("no answer from the broker: %w", ctx.Err())
	}
}

func writeDurably(path, text string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		return err
	}
	return f.Sync()
}
