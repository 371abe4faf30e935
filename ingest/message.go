package ingest

import (
	"encoding/json"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"haidang"
	"haidang/ingest/broker"
)

// message is one MQTT message on its way, decoded as far as it can be without
// the database.
type message struct {
	topic      string
	payload    []byte
	receivedAt time.Time
	ack        func()

	redelivered bool // committed before this connection began: to be counted and acknowledged only

	kind       topicKind
	name       string // of the thing or channel
	readings   []reading
	online     bool
	attributes map[string]json.RawMessage
	refused    *refused // why it can only become a dead letter
}

func (m *message) thing() haidang.ThingID {
	if m.kind == topicReports {
		return ""
	}
	return haidang.ThingID(m.name)
}

func newMessage(m mqtt.Message, ack func()) *message {
	return &message{topic: broker.PublicTopic(m.Topic()), payload: m.Payload(), receivedAt: time.Now().UTC().Truncate(time.Microsecond), ack: ack}
}

// decode fills in what the topic and the payload say.
func (m *message) decode() {
	var err error
	switch m.kind, m.name = parseTopic(m.topic); m.kind {
	case topicTelemetry:
		m.readings, err = decodeTelemetry(m.payload)
	case topicStatus:
		m.online, err = decodeStatus(m.payload)
	case topicAttributes:
		m.attributes, err = decodeAttributes(m.payload)
	case topicUnknown:
		err = &refused{ReasonTopic, "the topic is none of docs/devices.md"}
	}
	m.refused, _ = err.(*refused)
}
