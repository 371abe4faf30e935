// Package mqttlink is the barest MQTT 3.1.1 device, for benchmarks and the kill
// campaign. It shares the machine with what it measures, so it does as little as
// it can: one connection, QoS 1 publishes written as ready-made packets, their
// PUBACKs read in the same goroutine.
//
// In: an address and a device's name and secret. Out: packets on the wire and the
// identifiers that were acknowledged. It must never send anything again by itself,
// or reach a client of ours in the running program: those use internal/mqttclient.
package mqttlink

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"time"
)

// Patience bounds every wait that has no deadline of its own.
const Patience = time.Minute

// Link is one signed-in connection. It is not for two goroutines at once.
type Link struct {
	conn net.Conn
	in   *bufio.Reader
}

// Session says how a device signs in.
type Session struct {
	Name, Secret string
	Durable      bool // the broker keeps the session and its subscriptions
}

// Packet types of MQTT 3.1.1, as the first byte of a packet without its flags.
const (
	connAck = 0x20
	publish = 0x30
	pubAck  = 0x40
	subAck  = 0x90
)

// Dial connects and signs in. There is no keep-alive.
func Dial(addr string, s Session) (*Link, error) {
	conn, err := net.DialTimeout("tcp", addr, Patience)
	if err != nil {
		return nil, err
	}
	l := &Link{conn, bufio.NewReader(conn)}
	if err := l.signIn(s); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return l, nil
}

func (l *Link) signIn(s Session) error {
	flags := byte(0xc0) // user and password
	if !s.Durable {
		flags |= 0x02
	}
	body := append([]byte("\x00\x04MQTT\x04"), flags, 0, 0)
	body = append(append(append(body, field(s.Name)...), field(s.Name)...), field(s.Secret)...)
	if err := l.Write(packet(0x10, body)); err != nil {
		return err
	}
	kind, answer, err := l.next(time.Now().Add(Patience))
	if err != nil {
		return err
	}
	if kind != connAck || answer[1] != 0 {
		return fmt.Errorf("%s was not let in: %x %x", s.Name, kind, answer)
	}
	return nil
}

// Subscribe asks for the topic at QoS 1 and waits until it is granted.
func (l *Link) Subscribe(topic string) error {
	if err := l.Write(packet(0x82, append(append([]byte{0, 1}, field(topic)...), 1))); err != nil {
		return err
	}
	kind, answer, err := l.next(time.Now().Add(Patience))
	if err != nil {
		return err
	}
	if kind != subAck || answer[2] > 1 {
		return fmt.Errorf("%s was not granted: %x %x", topic, kind, answer)
	}
	return nil
}

// Write sends packets in one call to the kernel.
func (l *Link) Write(packets ...[]byte) error {
	if err := l.conn.SetWriteDeadline(time.Now().Add(Patience)); err != nil {
		return err
	}
	buffers := net.Buffers(packets)
	_, err := buffers.WriteTo(l.conn)
	return err
}

// Acked waits for the next PUBACK and returns its packet identifier. After a
// timeout (os.ErrDeadlineExceeded) the link can go on.
func (l *Link) Acked(deadline time.Time) (id uint16, err error) {
	kind, body, err := l.next(deadline)
	if err != nil {
		return 0, err
	}
	if kind != pubAck {
		return 0, fmt.Errorf("want PUBACK, got packet %x", kind)
	}
	return binary.BigEndian.Uint16(body), nil
}

// AckWaits says whether Acked would return without waiting.
func (l *Link) AckWaits() bool { return l.in.Buffered() >= 4 }

// Close ends the connection without saying goodbye.
func (l *Link) Close() error { return l.conn.Close() }

// PublishAll sends the packets, at most window of them unacknowledged, and returns
// when all are acknowledged.
func (l *Link) PublishAll(packets [][]byte, window int) error {
	sent := 0
	for acked := range packets {
		if n := min(len(packets), acked+window); sent < n {
			if err := l.Write(append([][]byte{}, packets[sent:n]...)...); err != nil {
				return err
			}
			sent = n
		}
		if _, err := l.Acked(time.Now().Add(Patience)); err != nil {
			return err
		}
	}
	return nil
}

// next returns one packet shorter than 128 bytes. It takes nothing from the
// stream before the packet is whole.
func (l *Link) next(deadline time.Time) (kind byte, body []byte, err error) {
	if !l.AckWaits() {
		if err := l.conn.SetReadDeadline(deadline); err != nil {
			return 0, nil, err
		}
	}
	head, err := l.in.Peek(2)
	if err != nil {
		return 0, nil, err
	}
	whole, err := l.in.Peek(2 + int(head[1]))
	if err != nil {
		return 0, nil, err
	}
	kind, body = whole[0]&0xf0, append([]byte(nil), whole[2:]...)
	_, err = l.in.Discard(len(whole))
	return kind, body, err
}

// Publish is a PUBLISH with QoS 1.
func Publish(topic string, id uint16, payload []byte) []byte {
	body := binary.BigEndian.AppendUint16(field(topic), id)
	return packet(publish|0x02, append(body, payload...))
}

func packet(head byte, body []byte) []byte {
	p := []byte{head}
	n := len(body)
	for n >= 0x80 {
		p = append(p, byte(n)|0x80)
		n >>= 7
	}
	return append(append(p, byte(n)), body...)
}

func field(s string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(s))), s...)
}
