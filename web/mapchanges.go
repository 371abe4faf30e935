package web

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"haidang"
	"haidang/internal/auth"
)

// The limits of those who listen to the map. One line may be a whole office's.
const (
	maxMapListeners        = 2_000
	maxMapListenersPerLine = 200
	mapBeatEvery           = 15 * time.Second
)

func (s *Server) registerMapChanges(d *doors) {
	d.handle(auth.TilePublic, "GET /api/v1/map/changes", s.serveMapChanges)
	describe(d, auth.TilePublic, huma.Operation{OperationID: "map-changes", Method: http.MethodGet, Path: "/api/v1/map/changes", Tags: []string{"tiles"},
		Summary: "Server-sent events: which tiles of the layers you may see are new",
		Description: "hello: you are heard. tiles {layer, version, tiles}: these tiles [[z, x, y], …] are new, or any of the layer when tiles is null; what a tile shows beyond the " +
			"layer's last zoom follows its ancestor there. resync: anything may be new, the list of layers too. beat: every 15 s. Come back with Last-Event-ID, as browsers do by themselves."})
}

// mapListener is one open stream.
type mapListener struct {
	server *Server
	w      http.ResponseWriter
	out    *http.ResponseController
	who    *auth.Principal
	token  string
	sent   uint64              // number of the last change sent or passed over
	sees   []haidang.LayerSlug // sorted, at the last look at the rights
}

// serveMapChanges streams until the listener leaves. Only what asks for events gets
// any: a stream has no end that others could wait for.
func (s *Server) serveMapChanges(w http.ResponseWriter, r *http.Request) error {
	if !strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
		return haidang.RefuseField("Accept", "Địa chỉ này trả về một luồng sự kiện; hãy gửi Accept: text/event-stream.",
			"This address answers with a stream of events; send Accept: text/event-stream.")
	}
	p, err := principalOf(r.Context())
	if err != nil {
		return err
	}
	leave, err := s.listeners.enter(visitorOf(r.Context()).address)
	if err != nil {
		return err
	}
	defer leave()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // a proxy shall not wait for more
	l := &mapListener{server: s, w: w, out: http.NewResponseController(w), who: p, token: visitorOf(r.Context()).token, sees: s.visibleLayers(p)}
	if err := l.serve(r.Context(), r.Header.Get("Last-Event-ID")); err != nil {
		slog.Debug("map: listener left", "reason", err)
	}
	return nil
}

func (l *mapListener) serve(ctx context.Context, from string) error {
	feed := l.server.mapFeed
	if err := l.out.SetReadDeadline(time.Time{}); err != nil { // the request is read; its deadline would end the stream
		return err
	}
	number, known := feed.number(from)
	l.sent = number
	first := l.event("hello", "{}")
	if from != "" && !known {
		first = l.event("resync", "{}")
	}
	if err := l.send(first); err != nil {
		return err
	}
	beat, check := time.NewTicker(mapBeatEvery), time.NewTicker(l.server.hub.recheck)
	defer beat.Stop()
	defer check.Stop()
	for {
		moved, over := feed.movedAfter() // before looking, so that nothing is missed
		if over {
			return nil
		}
		if err := l.catchUp(ctx); err != nil {
			return err
		}
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-moved:
		case <-beat.C:
			err = l.send([]byte("event: beat\ndata: {}\n\n"))
		case <-check.C:
			err = l.checkRights(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// catchUp sends what is new of the layers that may be seen now, and waits a little:
// changes come in crowds.
func (l *mapListener) catchUp(ctx context.Context) error {
	list, now := l.server.mapFeed.since(l.sent)
	l.sent = now
	var b bytes.Buffer
	for _, c := range list {
		if l.server.seesLayer(l.who, c.layer) {
			fmt.Fprintf(&b, "id: %s\nevent: tiles\ndata: %s\n\n", l.server.mapFeed.id(c.number), c.data)
		}
	}
	if b.Len() == 0 {
		return nil
	}
	if err := l.send(b.Bytes()); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case <-time.After(pace):
	}
	return nil
}

// checkRights looks at the session again. When other layers may be seen than before,
// the page has to look at everything anew.
func (l *mapListener) checkRights(ctx context.Context) error {
	if l.token != "" {
		ctx, cancel := context.WithTimeout(ctx, checkTimeout)
		defer cancel()
		p, err := l.server.config.Sessions.Resolve(ctx, l.token)
		if err != nil {
			slog.Warn("map: session not checked; will try again", "error", err)
			return nil
		}
		l.who = p
	}
	sees := l.server.visibleLayers(l.who)
	if slices.Equal(sees, l.sees) {
		return nil
	}
	l.sees = sees
	return l.send(l.event("resync", "{}"))
}

func (l *mapListener) event(name, data string) []byte {
	return fmt.Appendf(nil, "id: %s\nevent: %s\ndata: %s\n\n", l.server.mapFeed.id(l.sent), name, data)
}

// send writes and gives the listener a time to take it.
func (l *mapListener) send(data []byte) error {
	if err := l.out.SetWriteDeadline(time.Now().Add(sendWait)); err != nil {
		return err
	}
	if _, err := l.w.Write(data); err != nil {
		return err
	}
	return l.out.Flush()
}

// visibleLayers are the layers that the person may see, sorted.
func (s *Server) visibleLayers(p *auth.Principal) []haidang.LayerSlug {
	list := []haidang.LayerSlug{}
	for _, layer := range s.config.Tiles.Layers() {
		if s.seesLayer(p, layer.Slug) {
			list = append(list, layer.Slug)
		}
	}
	return list
}
