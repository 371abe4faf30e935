package web

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"haidang"
	"haidang/internal/auth"
)

// The limits of live connections.
const (
	maxSockets           = 2_000
	maxSocketsPerAccount = 30
	beatEvery            = 5 * time.Second
	pongWait             = 30 * time.Second // without a word from the client
	sendWait             = 10 * time.Second // for one message to leave
	recheckEvery         = 25 * time.Second // of the session behind the connection
	maxClientMessage     = 512              // bytes; clients have nothing to say
	maxEntitiesPerFrame  = 4_000
)

// CloseSignedOut is the close code that says: the session has ended, sign in again.
const CloseSignedOut = 4401

// CloseResync is the close code that says: come back, the state must be sent anew.
const CloseResync = 4409

// socket is one live connection. One goroutine reads, one writes; it keeps nothing
// but the version it has sent.
type socket struct {
	hub    *hub
	conn   *websocket.Conn
	who    *auth.Principal
	rights string
	token  string
	sent   uint64 // version of the board the client has
	done   chan struct{}
	once   sync.Once
}

// serveLive upgrades the connection and serves it until it ends.
func (h *hub) serveLive(w http.ResponseWriter, r *http.Request) error {
	p, err := principalOf(r.Context())
	if err != nil {
		return err
	}
	c := &socket{hub: h, who: p, rights: rightsOf(p), token: visitorOf(r.Context()).token, done: make(chan struct{})}
	if err := h.enter(c); err != nil {
		return err
	}
	defer h.leave(c)
	upgrader := websocket.Upgrader{HandshakeTimeout: 10 * time.Second, ReadBufferSize: 1024, WriteBufferSize: 8192, CheckOrigin: h.ownPage}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return nil // it has answered
	}
	h.opened(c, conn)
	since, _ := strconv.ParseUint(r.URL.Query().Get("since"), 10, 64) // unreadable: from the beginning
	c.serve(r.URL.Query().Get("epoch"), since)
	return nil
}

// ownPage refuses another site's page: browsers send cookies along with its
// sockets. What is no browser names no origin.
func (h *hub) ownPage(r *http.Request) bool {
	named := r.Header.Get("Origin")
	if named == "" {
		return true
	}
	origin, err := url.Parse(named)
	return err == nil && (strings.EqualFold(origin.Host, r.Host) || named == originOf(h.config.PublicBase))
}

// enter counts the connection in, or refuses it.
func (h *hub) enter(c *socket) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	mine := 0
	for _, account := range h.conns {
		if account == string(c.who.Account) {
			mine++
		}
	}
	switch {
	case h.closing:
		return haidang.Refuse(haidang.ErrUnavailable, "Máy chủ đang khởi động lại. Hãy thử lại sau giây lát.", "The server is restarting. Try again in a moment.")
	case mine >= maxSocketsPerAccount:
		return haidang.Refuse(haidang.ErrTooMany, "Tài khoản này đang mở quá nhiều màn hình. Hãy đóng bớt.", "This account has too many screens open. Close some.")
	case len(h.conns) >= maxSockets:
		return haidang.Refuse(haidang.ErrUnavailable, "Máy chủ đang phục vụ tối đa số màn hình.", "The server serves as many screens as it can.")
	}
	h.conns[c] = string(c.who.Account)
	h.work.Add(1)
	return nil
}

// opened gives the connection to the hub, which may be stopping already.
func (h *hub) opened(c *socket, conn *websocket.Conn) {
	h.mu.Lock()
	c.conn = conn
	closing := h.closing
	h.mu.Unlock()
	if closing {
		c.close(websocket.CloseGoingAway, "restart")
	}
}

func (h *hub) leave(c *socket) {
	h.mu.Lock()
	delete(h.conns, c)
	h.mu.Unlock()
	h.work.Done()
}

func (h *hub) open() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.conns)
}

// close ends the connection once, saying why. It waits a second at most.
func (c *socket) close(code int, why string) {
	c.once.Do(func() {
		close(c.done)
		_ = c.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, why), time.Now().Add(time.Second))
		_ = c.conn.Close()
	})
}

func (c *socket) serve(epoch string, since uint64) {
	var reading sync.WaitGroup
	reading.Go(c.read)
	if err := c.write(epoch, since); err != nil {
		slog.Debug("live connection ended", "account", c.who.Account, "reason", err)
	}
	c.close(websocket.CloseNormalClosure, "")
	reading.Wait()
}

// read waits for pongs and for the end; what the client says is not heard, and one that talks much is cut.
func (c *socket) read() {
	defer c.close(websocket.CloseNormalClosure, "")
	alive := func(string) error { return c.conn.SetReadDeadline(time.Now().Add(pongWait)) }
	c.conn.SetReadLimit(maxClientMessage)
	c.conn.SetPongHandler(alive)
	_ = alive("")
	talk := rate.NewLimiter(1, 10)
	for {
		if _, _, err := c.conn.ReadMessage(); err != nil {
			return
		}
		if !talk.Allow() {
			c.close(websocket.ClosePolicyViolation, "too talkative")
			return
		}
	}
}

// note is a message without state.
type note struct {
	Type       string    `json:"type"` // hello, beat
	Epoch      string    `json:"epoch,omitempty"`
	Version    uint64    `json:"version"` // of hello: what the server has and is about to send; of beat: what the client has
	ServerTime time.Time `json:"serverTime"`
	Full       *bool     `json:"full,omitempty"` // of hello: forget what you have
}

// write sends the state and then what moves, until the connection ends.
func (c *socket) write(epoch string, since uint64) error {
	mine := c.hub.epochFor(c.rights)
	full := epoch != mine || !c.hub.board.knows(since)
	if !full {
		c.sent = since
	}
	if err := c.send(note{Type: "hello", Epoch: mine, Version: c.hub.board.now(), ServerTime: time.Now().UTC(), Full: &full}); err != nil {
		return err
	}
	beat, check := time.NewTicker(beatEvery), time.NewTicker(c.hub.recheck)
	defer beat.Stop()
	defer check.Stop()
	for {
		moved := c.hub.movedAfter() // before looking, so that nothing is missed
		if err := c.catchUp(); err != nil {
			return err
		}
		select {
		case <-c.done:
			return nil
		case <-moved:
		case <-beat.C:
			if err := c.beat(); err != nil {
				return err
			}
		case <-check.C:
			c.checkSession()
		}
	}
}

func (c *socket) beat() error {
	if err := c.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(sendWait)); err != nil {
		return err
	}
	return c.send(note{Type: "beat", Version: c.sent, ServerTime: time.Now().UTC()})
}

func (c *socket) send(n note) error {
	data, err := json.Marshal(n)
	if err != nil {
		return err
	}
	_ = c.conn.SetWriteDeadline(time.Now().Add(sendWait))
	return c.conn.WriteMessage(websocket.TextMessage, data)
}

// checkSession ends the connection when the session behind it has ended or its rights have changed.
func (c *socket) checkSession() {
	ctx, cancel := context.WithTimeout(context.Background(), checkTimeout)
	defer cancel()
	p, err := c.hub.config.Sessions.Resolve(ctx, c.token)
	switch {
	case err != nil:
		slog.Warn("live: session not checked; will try again", "account", c.who.Account, "error", err)
	case p == nil:
		c.close(CloseSignedOut, "signed out")
	case rightsOf(p) != c.rights:
		c.close(CloseResync, "rights changed")
	}
}

// catchUp sends all that moved since the version the client has.
func (c *socket) catchUp() error {
	for {
		if c.sent > 0 && !c.hub.board.knows(c.sent) { // so slow that removals were forgotten
			c.close(CloseResync, "too far behind")
			return nil
		}
		f, err := c.hub.frame(c.rights, c.who, c.sent)
		if err != nil {
			return err
		}
		if f.message != nil {
			_ = c.conn.SetWriteDeadline(time.Now().Add(sendWait))
			if err := c.conn.WritePreparedMessage(f.message); err != nil {
				return err
			}
		}
		c.sent = f.version
		if !f.more {
			return nil
		}
	}
}
