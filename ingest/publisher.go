package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"haidang/internal/mqttclient"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"golang.org/x/sync/singleflight"

	"haidang"
)

// publisher hands citizens' reports to the broker. It connects when it has
// something to say and its connection is gone.
type publisher struct {
	options func() (*mqtt.ClientOptions, error)
	dials   singleflight.Group // one connection for all who wait for it

	mu     sync.Mutex // never held while the network is asked
	client mqtt.Client
	closed bool
}

// publish returns once the broker has acknowledged, or with an ErrUnavailable:
// then the message may or may not arrive, and sending it again is safe.
func (p *publisher) publish(ctx context.Context, topic string, payload []byte) error {
	client, err := p.connected(ctx)
	if err == nil {
		err = mqttclient.Finish(ctx, client.Publish(topic, 1, false, payload))
	}
	if err == nil {
		return nil
	}
	refusal := haidang.Refuse(haidang.ErrUnavailable, "Hệ thống tạm thời chưa nhận được; xin gửi lại sau ít phút.",
		"It could not be taken just now; please send it again in a few minutes.")
	refusal.Cause = err
	return refusal
}

// connected reuses the connection or waits for a new one, no longer than ctx and
// mqttclient.Patience allow. Whoever gives up leaves the others' wait alone.
func (p *publisher) connected(ctx context.Context) (mqtt.Client, error) {
	if client := p.open(); client != nil {
		return client, nil
	}
	select {
	case dialled := <-p.dials.DoChan("", p.dial):
		client, _ := dialled.Val.(mqtt.Client)
		return client, dialled.Err
	case <-ctx.Done():
		return nil, fmt.Errorf("no connection with the broker: %w", ctx.Err())
	}
}

// open returns the connection, nil when there is none.
func (p *publisher) open() mqtt.Client {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.client != nil && p.client.IsConnectionOpen() {
		return p.client
	}
	return nil
}

// dial connects, at most mqttclient.Patience long. A clean session makes a publish fail,
// not linger, when its connection is lost.
func (p *publisher) dial() (any, error) {
	if client := p.open(); client != nil { // made since the caller looked
		return client, nil
	}
	options, err := p.options()
	if err != nil {
		return nil, err
	}
	client := mqtt.NewClient(options.SetCleanSession(true))
	err = mqttclient.Finish(context.Background(), client.Connect())
	if err == nil {
		err = p.keep(client)
	}
	if err != nil {
		client.Disconnect(0)
		return nil, err
	}
	return client, nil
}

func (p *publisher) keep(client mqtt.Client) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return errors.New("ingest has stopped")
	}
	p.client = client
	return nil
}

// close ends the connection and lets nobody make another.
func (p *publisher) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	if p.client != nil {
		p.client.Disconnect(250)
		p.client = nil
	}
}
