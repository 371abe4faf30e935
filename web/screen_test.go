package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"
)

// screen is one open room: it keeps state by id as the protocol says, and comes
// back with its epoch and version when the connection breaks.
type screen struct {
	client *client
	url    string

	mu       sync.Mutex
	conn     net.Conn
	epoch    string
	version  uint64
	state    map[ref]string
	fulls    int
	messages int
	closed   int // code of the last close frame
}

// fromServer is any message of the server.
type fromServer struct {
	Type                     string
	Epoch                    string
	Version                  uint64
	Full                     bool
	Things, Alarms, Requests []json.RawMessage
	Removed                  []ref
}

func (h *house) screen(c *client) *screen {
	return &screen{client: c, url: "ws" + strings.TrimPrefix(h.URL(), "http") + "/api/v1/live", state: map[ref]string{}}
}

func (s *screen) dial(ctx context.Context) (*websocket.Conn, *http.Response, error) {
	s.mu.Lock()
	url := fmt.Sprintf("%s?epoch=%s&since=%d", s.url, s.epoch, s.version)
	s.mu.Unlock()
	head := s.client.head.Clone()
	head.Set("Cookie", sessionCookie+"="+s.client.cookie)
	dialer := websocket.Dialer{HandshakeTimeout: 10 * time.Second, NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		s.mu.Lock()
		s.conn = conn
		s.mu.Unlock()
		return conn, err
	}}
	return dialer.DialContext(ctx, url, head)
}

// watch keeps the screen connected until ctx ends.
func (s *screen) watch(ctx context.Context) {
	for ctx.Err() == nil {
		conn, _, err := s.dial(ctx)
		if err != nil {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
		s.listen(conn)
		stop()
		_ = conn.Close()
	}
}

func (s *screen) listen(conn *websocket.Conn) {
	for {
		_, data, err := conn.ReadMessage()
		if err != nil {
			if e, ok := err.(*websocket.CloseError); ok {
				s.mu.Lock()
				s.closed = e.Code
				s.mu.Unlock()
			}
			return
		}
		var m fromServer
		if json.Unmarshal(data, &m) == nil {
			s.apply(m)
		}
	}
}

func (s *screen) apply(m fromServer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages++
	if m.Type == "hello" {
		s.epoch = m.Epoch
		if m.Full {
			s.fulls++
			s.state, s.version = map[ref]string{}, 0
		}
	}
	for r, raw := range byID(m) {
		s.state[r] = raw
	}
	for _, r := range m.Removed {
		delete(s.state, r)
	}
	if m.Type != "hello" { // which tells what the server has, not what we got
		s.version = m.Version
	}
}

func byID(m fromServer) map[ref]string {
	state := map[ref]string{}
	for k, list := range map[kind][]json.RawMessage{kindThing: m.Things, kindAlarm: m.Alarms, kindRequest: m.Requests} {
		for _, raw := range list {
			var e struct{ ID, Code any }
			_ = json.Unmarshal(raw, &e)
			id := fmt.Sprint(e.ID)
			if k == kindRequest {
				id = fmt.Sprint(e.Code)
			}
			state[ref{k, id}] = string(raw)
		}
	}
	return state
}

// cut breaks the connection without a word, in the middle of whatever goes on.
func (s *screen) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		_ = s.conn.Close()
	}
}

func (s *screen) at() (version uint64, state map[ref]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version, s.state
}

// serverState is what the server holds for that person, by id.
func serverState(c *client) (uint64, map[ref]string) {
	var m fromServer
	c.get("/api/v1/state", &m)
	return m.Version, byID(m)
}

// sameAsServer waits until the screen has caught up and compares by id.
func (s *screen) sameAsServer(t *testing.T) {
	t.Helper()
	diff := "never at the same version"
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		version, want := serverState(s.client)
		got, state := s.at()
		if got < version {
			continue
		}
		if again, _ := serverState(s.client); again != version { // it moved while we looked
			continue
		}
		s.mu.Lock()
		diff = cmp.Diff(want, state)
		s.mu.Unlock()
		if diff == "" {
			return
		}
	}
	t.Fatalf("%s's screen differs from the server: %s", s.client.cookie[:4], diff)
}
