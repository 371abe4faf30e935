package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"time"
)

// link is the barest MQTT 3.1.1 publisher: it shares the machine with what it
// measures, so it does as little as it can.
type link struct {
	conn net.Conn
	in   *bufio.Reader
}

const linkPatience = time.Minute

func dial(addr, name, secret string) (*link, error) {
	conn, err := net.DialTimeout("tcp", addr, linkPatience)
	if err != nil {
		return nil, err
	}
	l := &link{conn, bufio.NewReader(conn)}
	body := append([]byte("\x00\x04MQTT\x04\xc2\x00\x00"), field(name)...) // user, password, clean session, no keep-alive
	body = append(append(body, field(name)...), field(secret)...)
	if _, err := conn.Write(packet(0x10, body)); err != nil {
		return nil, err
	}
	kind, answer, err := l.read()
	if err != nil {
		return nil, err
	}
	if kind != 0x20 || answer[1] != 0 {
		return nil, fmt.Errorf("%s was not let in: %x %x", name, kind, answer)
	}
	return l, nil
}

// publish sends the packets, at most window of them unacknowledged, and returns
// when all are acknowledged.
func (l *link) publish(packets [][]byte, window int) error {
	if err := l.conn.SetDeadline(time.Now().Add(linkPatience)); err != nil {
		return err
	}
	sent := 0
	for acked := range packets {
		for sent < len(packets) && sent-acked < window {
			n := min(len(packets), acked+window)
			buffers := net.Buffers(append([][]byte{}, packets[sent:n]...))
			if _, err := buffers.WriteTo(l.conn); err != nil {
				return err
			}
			sent = n
		}
		if kind, _, err := l.read(); err != nil || kind != 0x40 {
			return fmt.Errorf("want PUBACK, got packet %x: %w", kind, err)
		}
	}
	return nil
}

// read returns one packet shorter than 128 bytes.
func (l *link) read() (kind byte, body []byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(l.in, head[:]); err != nil {
		return 0, nil, err
	}
	body = make([]byte, head[1])
	_, err = io.ReadFull(l.in, body)
	return head[0] & 0xf0, body, err
}

func publishPacket(topic string, id uint16, payload string) []byte {
	body := binary.BigEndian.AppendUint16(field(topic), id)
	return packet(0x32, append(body, payload...)) // QoS 1
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
