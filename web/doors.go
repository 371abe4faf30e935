package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"haidang/internal/auth"
)

// Route is one door: where it is, and which action it is to go through.
type Route struct {
	Pattern string // method and path as net/http's ServeMux takes them
	Action  auth.Action
}

// doors is the one way to register a route, for huma and for handlers written by
// hand. A route without an action that has a row in auth.Policy panics at start.
type doors struct {
	mux    *http.ServeMux
	api    huma.API
	action auth.Action                                              // of the registration under way
	refuse func(ctx context.Context, action auth.Action, err error) // hears of every refusal before it is told; err may be nil
	list   []Route
}

// handler answers one request or returns why not; then it has written nothing.
type handler func(w http.ResponseWriter, r *http.Request) error

// HandleFunc registers a route with the action named just before. huma calls it too.
func (d *doors) HandleFunc(pattern string, serve func(http.ResponseWriter, *http.Request)) {
	action := d.action
	d.action = ""
	if _, ok := auth.Policy[action]; !ok {
		panic(fmt.Sprintf("web: route %q has action %q, which has no row in auth.Policy", pattern, action))
	}
	d.list = append(d.list, Route{pattern, action})
	d.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if err := admit(r.Context(), action); err != nil {
			d.refuse(r.Context(), action, err)
			fail(w, r, err)
			return
		}
		if action == auth.LayerEdit { // who is not told whether it was applied sends it again
			_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(editTimeout + writeTimeout))
		}
		serve(w, r)
	})
}

// ServeHTTP makes doors a humago.Mux.
func (d *doors) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.mux.ServeHTTP(w, r) }

// handle registers a handler written by hand.
func (d *doors) handle(action auth.Action, pattern string, h handler) {
	d.action = action
	d.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			d.refuse(r.Context(), action, err)
			fail(w, r, err)
		}
	})
}

// operation registers a JSON endpoint; it appears in the OpenAPI document.
func operation[In, Out any](d *doors, action auth.Action, op huma.Operation, h func(context.Context, *In) (*Out, error)) {
	d.action = action
	op.MaxBodyBytes = cmp.Or(op.MaxBodyBytes, maxJSONBytes)
	annotate(&op, action)
	huma.Register(d.api, op, func(ctx context.Context, in *In) (*Out, error) {
		out, err := h(ctx, in)
		d.refuse(ctx, action, err)
		return out, err
	})
}

func public(action auth.Action) bool { return auth.Allows(auth.RolePublic, action) }

// admit returns nil when whoever sent the request may do the action somewhere. For
// a scoped action the handler asks again with the scope of the thing itself.
func admit(ctx context.Context, action auth.Action) error {
	if public(action) || visitorOf(ctx).loopback && auth.Allows(auth.RoleLoopback, action) {
		return nil
	}
	p, err := principalOf(ctx)
	if err != nil {
		return err
	}
	if p.MaySomewhere(action) {
		return nil
	}
	return p.Require(action, auth.Scope{})
}

// Routes returns every route there is.
func (s *Server) Routes() []Route { return slices.Clone(s.doors.list) }
