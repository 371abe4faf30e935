package ingest

import (
	"fmt"
	"testing"
	"time"

	"haidang/ingest/broker"
	"haidang/internal/mqttclient"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"haidang"
)

func newClient(o *mqtt.ClientOptions) mqtt.Client { return mqtt.NewClient(o) }

// TestForging tries every way by which gauge1 could speak for gauge2, and looks
// that nothing is stored, the attempt is counted, and the device is cut.
func TestForging(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1", "gauge2")
	forged := salinityAt(time.Now(), 66)
	publish := func(topic string, qos byte, retained bool) func(mqtt.Client) {
		return func(c mqtt.Client) { c.Publish(topic, qos, retained, forged) }
	}
	subscribe := func(filter string) func(mqtt.Client) {
		return func(c mqtt.Client) { c.Subscribe(filter, 1, nil) }
	}
	for _, attempt := range []struct {
		kind, topic string
		try         func(mqtt.Client)
	}{
		{broker.RefusedPublish, "v1/things/gauge2/telemetry", publish("v1/things/gauge2/telemetry", 1, false)},
		{broker.RefusedPublish, "v1/things/gauge2/status", publish("v1/things/gauge2/status", 0, false)},
		{broker.RefusedPublish, "v1/things/gauge2/attributes", publish("v1/things/gauge2/attributes", 1, false)},
		{broker.RefusedPublish, "v1/things/gauge2/commands", publish("v1/things/gauge2/commands", 1, true)},
		{broker.RefusedPublish, "v1/things/gauge1/commands", publish("v1/things/gauge1/commands", 1, false)},
		{broker.RefusedPublish, "v1/channels/web/reports", publish("v1/channels/web/reports", 1, false)},
		{broker.RefusedPublish, "$MQTT/msgs/v1/things/gauge2/telemetry", publish("$MQTT/msgs/v1/things/gauge2/telemetry", 1, false)},
		{broker.RefusedPublish, "$MQTT/rmsgs/v1/things/gauge2/telemetry", publish("$MQTT/rmsgs/v1/things/gauge2/telemetry", 0, false)},
		{broker.RefusedPublish, "$JS/API/STREAM/DELETE/$MQTT_msgs", publish("$JS/API/STREAM/DELETE/$MQTT_msgs", 0, false)},
		{broker.RefusedPublish, "hd/live/latest", publish("hd/live/latest", 0, false)},
		{broker.RefusedPublish, "v1/things/gauge1/telemetry/", publish("v1/things/gauge1/telemetry/", 1, false)},
		{broker.RefusedPublish, "v1/things.gauge2/telemetry", publish("v1/things.gauge2/telemetry", 1, false)},
		{broker.RefusedPublish, "/v1/things/gauge2/telemetry", publish("/v1/things/gauge2/telemetry", 1, false)},
		{broker.RefusedSubscribe, "#", subscribe("#")},
		{broker.RefusedSubscribe, "v1/things/+/telemetry", subscribe("v1/things/+/telemetry")},
		{broker.RefusedSubscribe, "v1/things/gauge2/commands", subscribe("v1/things/gauge2/commands")},
		{broker.RefusedSubscribe, "v1/things/+/commands", subscribe("v1/things/+/commands")},
		{broker.RefusedSubscribe, "hd/#", subscribe("hd/#")},
	} {
		t.Run(attempt.kind+" "+attempt.topic, func(t *testing.T) {
			d := b.device("gauge1")
			attempt.try(d)
			eventually(t, "connection", false, func() (bool, error) { return d.IsConnectionOpen(), nil })
			eventually(t, "attempts", 1, b.number(`SELECT coalesce(sum(attempts), 0) FROM mqtt_refusal WHERE thing = 'gauge1' AND kind = $1 AND topic = $2`,
				attempt.kind, attempt.topic))
		})
	}
	b.wantNothingStored()
	refusals, err := b.ledger.Refusals(t.Context())
	b.must(err)
	if len(refusals) != 18 {
		t.Errorf("%d kinds of attempt are shown, want 18", len(refusals))
	}
}

// TestInnerSubjectsCannotBeHeard: the broker's own subjects carry everybody's
// messages, so no subscription to them is granted.
func TestInnerSubjectsCannotBeHeard(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1")
	d := b.device("gauge1")
	for _, filter := range []string{"$MQTT/sub/#", "$MQTT/msgs/#", "$MQTT/#"} {
		token := d.Subscribe(filter, 1, nil)
		_ = mqttclient.Finish(t.Context(), token) // paho makes the refusal an error
		if got := token.(*mqtt.SubscribeToken).Result()[filter]; got != 0x80 {
			t.Errorf("subscription to %s was answered with %#x, want 0x80", filter, got)
		}
	}
}

// wantNothingStored waits until a good message is through, behind which any
// forged one would have come, and looks that it is alone.
func (b *bundle) wantNothingStored() {
	b.t.Helper()
	b.publish(b.device("gauge2"), telemetryTopic("gauge2"), salinityAt(time.Now(), 1))
	eventually(b.t, "the good message", 1, b.number(`SELECT messages FROM device_account WHERE thing = 'gauge2'`))
	b.wantNumber(0, `SELECT count(*) FROM observation WHERE result = 66`)
	b.wantNumber(0, `SELECT count(*) FROM dead_letter`)
	b.wantNumber(0, `SELECT count(*) FROM thing_attribute`)
	b.wantNumber(0, `SELECT messages FROM device_account WHERE thing = 'gauge1'`)
}

// TestQoS2IsRefused: such messages would stay on the disk for as long as their
// sender does not release them.
func TestQoS2IsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1", "gauge2")
	d := b.device("gauge1")
	d.Publish(telemetryTopic("gauge1"), 2, false, salinityAt(time.Now(), 66))
	eventually(t, "connection", false, func() (bool, error) { return d.IsConnectionOpen(), nil })
	eventually(t, "attempts", 1, b.number(`SELECT coalesce(sum(attempts), 0) FROM mqtt_refusal WHERE thing = 'gauge1' AND kind = 'publish' AND topic = '(QoS 2)'`))
	if err := mqttclient.Finish(t.Context(), newClient(b.options("gauge1").SetWill("v1/things/gauge1/status", `{"online":false}`, 2, false)).Connect()); err == nil {
		t.Error("a will with QoS 2 was taken")
	}
	b.wantNothingStored()
	if kept, _ := b.broker.Stream("$MQTT_qos2in"); kept != 0 {
		t.Errorf("%d messages of QoS 2 are kept", kept)
	}
}

func TestForeignWillIsDroppedAndCounted(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1", "gauge2")
	b.dial(b.options("gauge1").SetWill("v1/things/gauge2/telemetry", salinityAt(time.Now(), 66), 1, true))
	b.must(b.registry.SetDisabled(t.Context(), "gauge1", true)) // cuts it, which sends the will
	eventually(t, "attempts", 1, b.number(`SELECT coalesce(sum(attempts), 0) FROM mqtt_refusal WHERE thing = 'gauge1' AND topic = 'v1/things/gauge2/telemetry'`))
	b.wantNothingStored()
}

// TestSignIn looks who is let in under which name and client id.
func TestSignIn(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1", "gauge2")
	neighbour := b.device("gauge2")
	for _, who := range []struct {
		what    string
		options *mqtt.ClientOptions
		thing   haidang.ThingID
		kind    string
	}{
		{"a wrong secret", b.options("gauge1").SetPassword("guess"), "gauge1", broker.RefusedSignIn},
		{"a stranger", b.options("gauge9"), "", broker.RefusedSignIn},
		{"a device called *", b.options("*").SetClientID("star"), "", broker.RefusedName},
		{"a device called >", b.options(">").SetClientID("all"), "", broker.RefusedName},
		{"ingest's name", b.options(broker.UserIngest), "", broker.RefusedName},
		{"the bus's name", b.options("haidang:bus"), "", broker.RefusedName},
		{"a neighbour's session", b.options("gauge1").SetClientID("gauge2"), "gauge1", broker.RefusedClientID},
		{"ingest's session", b.options("gauge1").SetClientID(broker.UserIngest), "gauge1", broker.RefusedClientID},
		{"a client id that names another connection", b.options("gauge1").SetClientID(`x"-mid:1`), "gauge1", broker.RefusedClientID},
	} {
		before, err := b.number(`SELECT coalesce(sum(attempts), 0) FROM mqtt_refusal WHERE thing = $1 AND kind = $2`, who.thing, who.kind)()
		b.must(err)
		client := newClient(who.options.SetCleanSession(true))
		if err := mqttclient.Finish(t.Context(), client.Connect()); err == nil {
			t.Errorf("%s was let in", who.what)
			client.Disconnect(0)
		}
		eventually(t, who.what, before+1, b.number(`SELECT coalesce(sum(attempts), 0) FROM mqtt_refusal WHERE thing = $1 AND kind = $2`, who.thing, who.kind))
	}
	if !neighbour.IsConnectionOpen() {
		t.Error("somebody took the neighbour's session")
	}
	if err := b.service.Ready(); err != nil {
		t.Errorf("somebody took ingest's session: %v", err)
	}
}

// TestNothingIsLostBeforeIngestRuns publishes to a brand-new broker on which
// ingest has never run.
func TestNothingIsLostBeforeIngestRuns(t *testing.T) {
	t.Parallel()
	b := prepare(t, "gauge1")
	b.broker = broker.New(broker.Config{Dir: t.TempDir(), Addr: "127.0.0.1:0"}, b.registry)
	b.must(b.broker.Start(t.Context()))
	defer stop(t, b.broker)
	d := b.device("gauge1")
	for i := range 20 {
		b.publish(d, telemetryTopic("gauge1"), salinityAt(time.Now().Add(-time.Duration(i)*time.Minute), 1))
	}
	b.service = NewService(ServiceConfig{Pool: b.pool, Broker: b.broker})
	b.must(b.service.Start(t.Context()))
	defer stop(t, b.service)
	eventually(t, "rows", 20, b.number(`SELECT count(*) FROM observation`))
}

func TestTakenPortIsOneSentence(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1")
	second := broker.New(broker.Config{Dir: t.TempDir(), Addr: b.broker.Addr()}, b.registry)
	err := second.Start(t.Context())
	if haidang.CodeOf(err) != haidang.ErrUnavailable {
		t.Errorf("got %v", err)
	}
}

// TestLanesTakeNoDirectPublish: what enters a lane has come by a public topic.
func TestLanesTakeNoDirectPublish(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1", "gauge2")
	for k := range broker.DefaultPartitions {
		for _, topic := range []string{fmt.Sprintf("p/%d/gauge1/telemetry", k), fmt.Sprintf("p/%d/gauge2/telemetry", k), fmt.Sprintf("direct/p/%d/gauge1/telemetry", k)} {
			d := b.device("gauge1")
			d.Publish(topic, 1, true, salinityAt(time.Now(), 66))
			eventually(t, topic, false, func() (bool, error) { return d.IsConnectionOpen(), nil })
		}
	}
	d := b.dial(b.options("gauge1").SetWill("p/0/gauge2/status", `{"online":false}`, 1, true))
	b.must(b.registry.SetDisabled(t.Context(), "gauge1", true)) // cuts it, which sends the will
	eventually(t, "connection", false, func() (bool, error) { return d.IsConnectionOpen(), nil })
	eventually(t, "the will's refusal", 1, b.number(`SELECT count(*) FROM mqtt_refusal WHERE topic = 'p/0/gauge2/status'`))
	b.wantNothingStored()
}
