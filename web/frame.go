package web

import (
	"encoding/json"
	"time"

	"github.com/gorilla/websocket"

	"haidang/internal/auth"
)

// maxFrames bounds how many encoded messages are kept for those still to be woken.
const maxFrames = 128

// frameKey says for whom a message is: equal rights, equal version.
type frameKey struct {
	rights string
	since  uint64
}

// frame is one encoded message; message is nil when there is nothing to tell.
type frame struct {
	message *websocket.PreparedMessage
	version uint64
	more    bool
}

// stateMessage is what changed, as a message.
type stateMessage struct {
	Type       string    `json:"type"`
	ServerTime time.Time `json:"serverTime"`
	changes
}

// frame returns what moved since the version, encoded once for all who may see the same.
func (h *hub) frame(rights string, p *auth.Principal, since uint64) (frame, error) {
	key := frameKey{rights, since}
	now := h.board.now()
	if f, ok := h.kept(key, now); ok {
		return f, nil
	}
	c := h.board.since(since, p, maxEntitiesPerFrame)
	f := frame{version: c.Version, more: c.more}
	if !c.empty() {
		data, err := json.Marshal(stateMessage{"state", time.Now().UTC(), c})
		if err != nil {
			return frame{}, err
		}
		if f.message, err = websocket.NewPreparedMessage(websocket.TextMessage, data); err != nil {
			return frame{}, err
		}
	}
	h.keep(key, now, f)
	return f, nil
}

func (h *hub) kept(key frameKey, version uint64) (frame, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f, ok := h.frames[key]
	return f, ok && h.framed == version
}

func (h *hub) keep(key frameKey, version uint64, f frame) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.framed != version || len(h.frames) >= maxFrames || h.frames == nil {
		h.frames, h.framed = map[frameKey]frame{}, version
	}
	h.frames[key] = f
}
