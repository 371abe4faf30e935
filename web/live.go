package web

import (
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"haidang/internal/auth"
)

// stateView is the whole live state, for those who have no socket.
type stateView struct {
	Epoch      string    `json:"epoch"`
	ServerTime time.Time `json:"serverTime"`
	changes
}

func (s *Server) registerLive(d *doors) {
	d.handle(auth.LiveRead, "GET /api/v1/state", s.serveState)
	d.handle(auth.LiveRead, "GET /api/v1/live", s.hub.serveLive)
	describe(d, auth.LiveRead, huma.Operation{OperationID: "read-state", Method: http.MethodGet, Path: "/api/v1/state", Tags: []string{"live"},
		Summary: "Everything that moves, as one JSON document: epoch, version, serverTime, things, alarms, requests"})
	describe(d, auth.LiveRead, huma.Operation{OperationID: "live", Method: http.MethodGet, Path: "/api/v1/live", Tags: []string{"live"},
		Summary: "WebSocket: hello, then state with what changed since ?epoch=&since=, and a beat every 5 s",
		Description: "hello {epoch, version, full}: full means forget what you have; version is what the server has and is about to send. " +
			"state {version, things, alarms, requests, removed}: entities are replaced whole, by id. Come back with hello's epoch and the version of the " +
			"newest state. Close code 4401: the session has ended; 4409: come back, the state must be sent anew."})
}

// serveState answers with what the socket would send to somebody who has nothing.
func (s *Server) serveState(w http.ResponseWriter, r *http.Request) error {
	p, err := principalOf(r.Context())
	if err != nil {
		return err
	}
	c := s.hub.board.since(0, p, everything)
	return writeJSON(w, http.StatusOK, stateView{Epoch: s.hub.epochFor(rightsOf(p)), ServerTime: time.Now().UTC(), changes: c})
}
