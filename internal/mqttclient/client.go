// Package mqttclient makes paho clients whose every wait is bounded.
//
// In: nothing. Out: options, and waits on tokens. It must never reconnect by
// itself: only who sees a connection end knows what was lost with it.
package mqttclient

import (
	"context"
	"fmt"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// Patience bounds each exchange with a broker.
const Patience = 10 * time.Second

// Options bound every wait and leave reconnecting to the caller: only then are a
// lost session and a lost publish seen.
func Options() *mqtt.ClientOptions {
	return mqtt.NewClientOptions().SetProtocolVersion(4).SetAutoReconnect(false).SetConnectRetry(false).
		SetConnectTimeout(Patience).SetWriteTimeout(Patience).SetPingTimeout(Patience).SetKeepAlive(30 * time.Second)
}

// Finish waits for an exchange to end, at most Patience.
func Finish(ctx context.Context, token mqtt.Token) error {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	select {
	case <-token.Done():
		return token.Error()
	case <-ctx.Done():
		return fmt.Errorf("no answer from the broker: %w", ctx.Err())
	}
}

// Subscribe subscribes with QoS 1 and fails when the broker refuses any of the topics.
func Subscribe(ctx context.Context, client mqtt.Client, topics ...string) error {
	filters := map[string]byte{}
	for _, t := range topics {
		filters[t] = 1
	}
	token := client.SubscribeMultiple(filters, nil)
	if err := Finish(ctx, token); err != nil {
		return err
	}
	for topic, qos := range token.(*mqtt.SubscribeToken).Result() {
		if qos != 1 {
			return fmt.Errorf("the broker refused the subscription to %s (answer %#x)", topic, qos)
		}
	}
	return nil
}
