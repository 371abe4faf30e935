package ingest

import (
	"fmt"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/nats-io/nats-server/v2/server"

	"haidang"
)

// TestExternalBroker consumes from a broker that is not ours and lets anybody
// publish: who is not registered, and what is no topic of ours, is a dead letter.
func TestExternalBroker(t *testing.T) {
	t.Parallel()
	foreign, err := server.NewServer(&server.Options{ServerName: "foreign", DontListen: true, NoSigs: true, NoLog: true, JetStream: true,
		StoreDir: t.TempDir(), MQTT: server.MQTTOpts{Host: "127.0.0.1", Port: server.RANDOM_PORT}})
	if err != nil {
		t.Fatal(err)
	}
	foreign.Start()
	t.Cleanup(func() { foreign.Shutdown(); foreign.WaitForShutdown() })
	if !foreign.ReadyForConnections(patience) {
		t.Fatal("the foreign broker did not start")
	}
	varz, err := foreign.Varz(nil)
	if err != nil {
		t.Fatal(err)
	}
	url := fmt.Sprintf("tcp://user:secret@127.0.0.1:%d", varz.MQTT.Port)
	b := prepare(t, "gauge1")
	b.service = NewService(ServiceConfig{Pool: b.pool, URL: url})
	b.must(b.service.Start(t.Context()))
	t.Cleanup(func() { stop(t, b.service) })
	anybody := b.dial(mqtt.NewClientOptions().AddBroker(url).SetClientID("anybody"))
	b.publish(anybody, telemetryTopic("gauge1"), salinityAt(time.Now(), 1))
	b.publish(anybody, telemetryTopic("stranger"), salinityAt(time.Now(), 1))
	eventually(t, "rows", 1, b.number(`SELECT count(*) FROM observation`))
	eventually(t, "dead letters", 1, b.number(`SELECT count(*) FROM dead_letter WHERE reason = 'unknown_thing' AND thing = 'stranger'`))
	for _, bad := range []string{"", "localhost", "://"} {
		if err := NewService(ServiceConfig{Pool: b.pool, URL: bad}).Start(t.Context()); haidang.CodeOf(err) != haidang.ErrInvalid {
			t.Errorf("address %q: %v", bad, err)
		}
	}
}
