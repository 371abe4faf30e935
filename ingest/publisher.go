package ingest

import (
	"context"
	"sync"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"haidang"
)

// publisher hands citizens' reports to the broker. It connects when it has
// something to say and its connection is gone.
type publisher struct {
	options func() *mqtt.ClientOptions

	mu     sync.Mutex
	client mqtt.Client
}

// publish returns once the broker has acknowledged, or with an ErrUnavailable:
// then the message may or may not arrive, and sending it again is safe.
func (p *publisher) publish(ctx context.Context, topic string, payload []byte) error {
	client, err := p.connected(ctx)
	if err == nil {
		err = finish(ctx, client.Publish(topic, 1, false, payload))
	}
	if err == nil {
		return nil
	}
	refusal := haidang.Refuse(haidang.ErrUnavailable, "Hệ thống tạm thời chưa nhận được; xin gửi lại sau ít phút.",
		"It could not be taken just now; please send it again in a few minutes.")
	refusal.Cause = err
	return refusal
}

// connected reuses the connection. A clean session makes a publish fail, not
// linger, when its connection is lost.
func (p *publisher) connected(ctx context.Context) (mqtt.Client, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.client != nil && p.client.IsConnectionOpen() {
		return p.client, nil
	}
	client := mqtt.NewClient(p.options().SetCleanSession(true))
	if err := finish(ctx, client.Connect()); err != nil {
		client.Disconnect(0)
		return nil, err
	}
	p.client = client
	return client, nil
}

func (p *publisher) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.client != nil {
		p.client.Disconnect(250)
		p.client = nil
	}
}
