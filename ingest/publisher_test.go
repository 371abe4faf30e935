package ingest

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"haidang/ingest/broker"
	"haidang/internal/mqttclient"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// A broker that takes calls and says nothing keeps nobody longer than they are
// ready to wait, however long others are.
func TestSlowBrokerKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	p := &publisher{options: func() (*mqtt.ClientOptions, error) {
		return mqttclient.Options().AddBroker("tcp://" + silent.Addr().String()).SetClientID(broker.UserWeb), nil
	}}
	patientCtx, giveUp := context.WithCancel(t.Context())
	patient := make(chan error, 1)
	go func() { patient <- p.publish(patientCtx, "v1/channels/web/reports", nil) }()
	call, err := silent.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer call.Close()
	hurried, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if err := p.publish(hurried, "v1/channels/web/reports", nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want that the time was over", err)
	}
	if took := time.Since(begin); took > mqttclient.Patience/2 {
		t.Errorf("waited %s for somebody else's connection", took)
	}
	giveUp()
	if err := <-patient; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that the caller gave up", err)
	}
}
