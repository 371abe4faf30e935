package ingest

import (
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"golang.org/x/sync/semaphore"

	"haidang/ingest/broker"
)

// TestCutLanes cuts the lanes' connections under load: the broker hands over
// again what was not acknowledged, and every message is stored and counted once.
func TestCutLanes(t *testing.T) {
	t.Parallel()
	const devices, rounds = 8, 60
	b := many(t, devices)
	for i := range rounds {
		b.send(devices, i)
		if i%10 == 5 {
			for _, l := range b.service.ownership.carried() {
				l.current().lose(errStalled)
			}
		}
	}
	eventually(t, "rows", int64(devices*rounds), b.number(`SELECT count(*) FROM observation`))
	eventually(t, "backlog", 0, func() (int, error) { return b.service.Queue(t.Context()).Pending, nil })
	b.wantNumber(0, `SELECT coalesce(sum(duplicate + conflict), 0)::bigint FROM device_account`)
	b.wantNumber(devices*rounds, `SELECT sum(accounted)::bigint FROM ingest_lane`)
}

// TestLargeMessagesAreBounded keeps the database from taking messages of a
// megabyte: the lane holds no more than it may, cuts itself, and loses none.
func TestLargeMessagesAreBounded(t *testing.T) {
	t.Parallel()
	const messages = 50
	b := setup(t, nil, "gauge1")
	tx, err := b.pool.Begin(t.Context())
	b.must(err)
	defer func() { _ = tx.Rollback(t.Context()) }()
	_, err = tx.Exec(t.Context(), `LOCK TABLE dead_letter IN ACCESS EXCLUSIVE MODE`)
	b.must(err)
	d := b.device("gauge1")
	for range messages {
		b.publish(d, telemetryTopic("gauge1"), strings.Repeat("x", 1_000_000))
	}
	var lane *lane
	for _, l := range b.service.ownership.carried() {
		if l.partition == broker.PartitionOf("gauge1", 4) {
			lane = l
		}
	}
	most := int64(0)
	for end := time.Now().Add(2 * roomPatience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		_, bytes := lane.held()
		most = max(most, bytes)
	}
	if most == 0 || most > mostHeld {
		t.Errorf("the lane held up to %d bytes, want at most %d", most, int64(mostHeld))
	}
	b.must(tx.Rollback(t.Context()))
	eventually(t, "dead letters", messages, b.number(`SELECT count(*) FROM dead_letter`))
	eventually(t, "backlog", 0, func() (int, error) { return b.service.Queue(t.Context()).Pending, nil })
}

// TestNothingOvertakesWhatFoundNoRoom: a lane commits in order of arrival, so after
// a message that it had to leave to the broker it takes no other.
func TestNothingOvertakesWhatFoundNoRoom(t *testing.T) {
	t.Parallel()
	c := &link{lost: make(chan error, 1), out: make(chan *message, 10), room: semaphore.NewWeighted(mostHeld),
		lane: &lane{metrics: newMetrics()}, awaiting: map[uint16]bool{}}
	c.take(wireMessage{id: 1, payload: make([]byte, mostHeld-100)})
	c.take(wireMessage{id: 2, payload: make([]byte, 200)}) // finds no room
	c.take(wireMessage{id: 3, payload: make([]byte, 50)})
	if n, lost := len(c.out), len(c.lost); n != 1 || lost != 1 {
		t.Errorf("%d messages were taken, want 1; the connection is given up: %d", n, lost)
	}
}

// wireMessage is a message as a connection hands it over.
type wireMessage struct {
	mqtt.Message
	id      uint16
	payload []byte
}

func (m wireMessage) MessageID() uint16 { return m.id }
func (m wireMessage) Payload() []byte   { return m.payload }
func (wireMessage) Topic() string       { return "p/0/gauge1/telemetry" }
func (wireMessage) Qos() byte           { return 1 }
func (wireMessage) Retained() bool      { return false }
