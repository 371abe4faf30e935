package replay

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"haidang"
)

const (
	// inFlight is how many rows of one device may wait for their PUBACK.
	inFlight = 200

	exchangePatience = 30 * time.Second

	// reconnectPatience is how long a broker may be away before the replay gives up.
	reconnectPatience = 2 * time.Minute
)

// device sends rows in order and sends again what was not acknowledged when a
// connection ends: a row that arrives twice is stored once.
type device struct {
	thing          haidang.ThingID
	broker, secret string
	acked          *atomic.Int64
	client         mqtt.Client
	pending        []sent // oldest first
}

type sent struct {
	payload []byte
	token   mqtt.Token
}

func (d *device) topic() string { return "v1/things/" + string(d.thing) + "/telemetry" }

// send puts a row on its way; it waits while too many are.
func (d *device) send(ctx context.Context, payload []byte) error {
	for d.client == nil || len(d.pending) >= inFlight {
		if err := d.settle(ctx); err != nil {
			return err
		}
	}
	d.pending = append(d.pending, sent{payload, d.client.Publish(d.topic(), 1, false, payload)})
	return nil
}

// flush returns when every row is acknowledged.
func (d *device) flush(ctx context.Context) error {
	for len(d.pending) > 0 {
		if err := d.settle(ctx); err != nil {
			return err
		}
	}
	return nil
}

// settle waits for the oldest row's PUBACK, or connects when there is no connection.
func (d *device) settle(ctx context.Context) error {
	if d.client == nil {
		return d.connect(ctx)
	}
	if err := finish(ctx, d.pending[0].token); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		d.close()
		return nil
	}
	d.pending = d.pending[1:]
	d.acked.Add(1)
	return nil
}

// connect tries until the broker takes the device, and sends the pending rows again.
func (d *device) connect(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, reconnectPatience)
	defer cancel()
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		err := d.dial(limited)
		if err == nil {
			break
		}
		select {
		case <-limited.Done():
			return errors.Join(fmt.Errorf("the broker %s does not take the device", d.broker), err, ctx.Err())
		case <-time.After(pause):
		}
	}
	for i := range d.pending {
		d.pending[i].token = d.client.Publish(d.topic(), 1, false, d.pending[i].payload)
	}
	return nil
}

// dial opens a clean session: its publishes fail when the connection is lost,
// which is how they are known not to be acknowledged.
func (d *device) dial(ctx context.Context) error {
	options := mqtt.NewClientOptions().AddBroker(d.broker).SetClientID(string(d.thing)).SetUsername(string(d.thing)).SetPassword(d.secret).
		SetCleanSession(true).SetAutoReconnect(false).SetConnectRetry(false).
		SetConnectTimeout(exchangePatience).SetWriteTimeout(exchangePatience)
	client := mqtt.NewClient(options)
	if err := finish(ctx, client.Connect()); err != nil {
		client.Disconnect(0)
		return err
	}
	d.client = client
	return nil
}

func (d *device) close() {
	if d.client != nil {
		d.client.Disconnect(250)
		d.client = nil
	}
}

func finish(ctx context.Context, token mqtt.Token) error {
	ctx, cancel := context.WithTimeout(ctx, exchangePatience)
	defer cancel()
	select {
	case <-token.Done():
		return token.Error()
	case <-ctx.Done():
		return ctx.Err()
	}
}
