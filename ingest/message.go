package ingest

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"haidang"
	"haidang/ingest/broker"
)

// message is one MQTT message on its way, decoded as far as it can be without
// the database.
type message struct {
	topic      string // as devices write it
	payload    []byte
	receivedAt time.Time
	qos        byte
	hash       uint64 // of topic and payload; of QoS above 0 only
	ack        func()

	redelivered bool // committed before this connection began: to be counted and acknowledged only

	kind       topicKind
	name       string // of the thing or channel
	readings   []reading
	parts      []part // of telemetry, which readings belong to
	online     bool
	attributes map[string]json.RawMessage
	refused    *refused // why it can only become a dead letter
	pace       pace     // by the device's rate limit, once it is asked
}

func (m *message) thing() haidang.ThingID {
	if m.kind == topicReports {
		return ""
	}
	return haidang.ThingID(m.name)
}

func newMessage(m mqtt.Message, ack func()) *message {
	return &message{topic: broker.PublicTopic(m.Topic()), payload: m.Payload(), receivedAt: time.Now().UTC().Truncate(time.Microsecond),
		qos: m.Qos(), ack: ack}
}

// sum fills in the hash. Devices choose what is hashed, so it is one that nobody
// can aim.
func (m *message) sum() {
	if m.qos == 0 {
		return
	}
	payload := sha256.Sum256(m.payload)
	m.hash = binary.LittleEndian.Uint64(payload[:])
	for i := range len(m.topic) { // FNV-1a
		m.hash = (m.hash ^ uint64(m.topic[i])) * 1099511628211
	}
}

// decode fills in what the topic and the payload say.
func (m *message) decode() {
	var err error
	switch m.kind, m.name = parseTopic(m.topic); m.kind {
	case topicTelemetry:
		m.parts, m.readings, err = decodeTelemetry(m.payload)
		m.stamp()
	case topicStatus:
		m.online, err = decodeStatus(m.payload)
	case topicAttributes:
		m.attributes, err = decodeAttributes(m.payload)
	case topicUnknown:
		err = &refused{ReasonTopic, "the topic is none of docs/devices.md"}
	}
	m.refused, _ = err.(*refused)
}

// stamp gives our receive time to the readings of parts that bring none of their
// own, each part a microsecond of its own.
func (m *message) stamp() {
	step := time.Duration(0)
	for i := range m.parts {
		p := &m.parts[i]
		if p.timed {
			continue
		}
		p.time = m.receivedAt.Add(step)
		step += time.Microsecond
		for j := p.from; j < p.to; j++ {
			m.readings[j].time = p.time
		}
	}
}
