package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"haidang/internal/mqttlink"
)

// message is one reading a device took. It is published again, word for word, until
// its PUBACK comes.
type message struct {
	seq int
	at  time.Time // whole microseconds: what identifies it in the database
	id  uint16    // MQTT packet identifier
}

// value is what message number seq measured. Each number has its own.
func value(seq int) float64 { return float64(seq) / 10 }

func (m message) packet(name string) []byte {
	return mqttlink.Publish("v1/things/"+name+"/telemetry", m.id, fmt.Appendf(nil, `{"time":%q,"seq":%d,"values":{"traffic_flow":%.1f}}`,
		m.at.Format("2006-01-02T15:04:05.000000Z07:00"), m.seq, value(m.seq)))
}

// device is one client. Its clock is the machine's, and never stands still between
// two messages.
type device struct {
	name, secret, addr string
	window             int           // messages without PUBACK at once
	pace               time.Duration // between messages; 0: as fast as the window lets it
	crowd              *crowd

	next    int
	last    time.Time
	due     time.Time // of the next message, with a pace
	pending []message // without PUBACK, oldest first
}

const (
	// heldPatience is how long a device waits for any PUBACK before it thinks its
	// connection dead.
	heldPatience = 30 * time.Second

	reconnectPause = 300 * time.Millisecond
)

// run lives until the crowd ends and everything is acknowledged.
func (d *device) run() {
	for !d.finished() {
		link, err := mqttlink.Dial(d.addr, mqttlink.Session{Name: d.name, Secret: d.secret})
		if err != nil {
			d.crowd.refused(err)
			time.Sleep(reconnectPause)
			continue
		}
		d.crowd.joined(d.name)
		err = d.flow(link)
		d.crowd.left(d.name, len(d.pending), err)
		_ = link.Close()
	}
}

func (d *device) finished() bool { return d.crowd.ending() && (d.crowd.abandon || len(d.pending) == 0) }

// flow first repeats what was never acknowledged, then keeps the window full until
// the connection ends or there is no more to send.
func (d *device) flow(link *mqttlink.Link) error {
	if err := d.send(link, d.pending, true); err != nil {
		return err
	}
	heard := time.Now()
	for !d.finished() {
		if err := d.send(link, d.take(), false); err != nil {
			return err
		}
		wait := heard.Add(heldPatience)
		if d.pace > 0 && !d.crowd.ending() && len(d.pending) < d.window && d.due.Before(wait) {
			wait = d.due
		}
		switch err := d.hear(link, wait); {
		case err == nil:
			heard = time.Now()
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return err
		case len(d.pending) == 0:
			heard = time.Now()
		case time.Since(heard) >= heldPatience:
			return err
		}
	}
	return nil
}

// take makes as many new messages as may be sent now.
func (d *device) take() (fresh []message) {
	for !d.crowd.ending() && len(d.pending) < d.window && d.isDue() {
		d.last = later(time.Now(), d.last.Add(time.Microsecond)).Truncate(time.Microsecond)
		m := message{d.next, d.last, uint16(d.next%60_000 + 1)}
		d.next++
		d.pending, fresh = append(d.pending, m), append(fresh, m)
	}
	return fresh
}

func (d *device) isDue() bool {
	now := time.Now()
	if d.pace == 0 {
		return true
	}
	if now.Before(d.due) {
		return false
	}
	d.due = later(d.due.Add(d.pace), now.Add(-d.pace)) // what an outage kept from it is not caught up
	return true
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (d *device) send(link *mqttlink.Link, messages []message, again bool) error {
	if len(messages) == 0 {
		return nil
	}
	packets := make([][]byte, len(messages))
	for i, m := range messages {
		packets[i] = m.packet(d.name)
	}
	d.crowd.sending(len(messages), again)
	return link.Write(packets...)
}

// hear waits for a PUBACK, takes all that have come, and has them written down.
func (d *device) hear(link *mqttlink.Link, deadline time.Time) error {
	var acked []message
	defer func() { d.crowd.acknowledged(d.name, acked) }()
	for first := true; first || link.AckWaits(); first = false {
		id, err := link.Acked(deadline)
		if err != nil {
			return err
		}
		for i, m := range d.pending {
			if m.id == id {
				acked = append(acked, m)
				d.pending = append(d.pending[:i], d.pending[i+1:]...)
				break
			}
		}
	}
	return nil
}
