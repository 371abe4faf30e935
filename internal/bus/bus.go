// Package bus carries domain events between the rooms of one or more processes.
//
// In: an event that is already durable. Out: the same event to whoever listens,
// at most once. It never blocks a publisher and never promises delivery: a
// listener that must not miss anything reads the database again. It runs on core
// NATS, in process or across a cluster, on subjects no device may use.
package bus

import (
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/nats-io/nats.go"

	"haidang"
)

// Bus is the live bus. It is safe for concurrent use.
type Bus struct {
	conn *nats.Conn                               // nil when it only speaks
	send func(subject string, event []byte) error // never waits for a listener
}

// New makes a bus on an open connection, which stays the caller's to close.
func New(conn *nats.Conn) *Bus { return &Bus{conn, conn.Publish} }

// NewSpeaker makes a bus for a process that has something to say and no listener:
// send carries an event to the bus of another.
func NewSpeaker(send func(subject string, event []byte) error) *Bus { return &Bus{send: send} }

// Publish sends e to every listener there is now.
func (b *Bus) Publish(e haidang.Event) error {
	data, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode %s: %w", e.Subject(), err)
	}
	return b.send(e.Subject(), data)
}

// Subscribe calls handle, one event at a time in order, until stop is called.
// A handler that falls behind loses the oldest events, which the log says.
func Subscribe[E haidang.Event](b *Bus, handle func(E)) (stop func(), err error) {
	var none E
	if b.conn == nil {
		return nil, fmt.Errorf("subscribe %s: this bus only speaks", none.Subject())
	}
	sub, err := b.conn.Subscribe(none.Subject(), func(m *nats.Msg) {
		var e E
		if err := json.Unmarshal(m.Data, &e); err != nil {
			slog.Error("bus: undecodable event", "subject", m.Subject, "error", err)
			return
		}
		handle(e)
	})
	if err != nil {
		return nil, fmt.Errorf("subscribe %s: %w", none.Subject(), err)
	}
	return func() { _ = sub.Unsubscribe() }, nil
}
