package web

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"

	"haidang"
	"haidang/internal/auth"
)

// visitor is who stands at the door with one request.
type visitor struct {
	id       string // of the request
	address  string // network address, without port
	loopback bool   // a process on this machine, not a proxy speaking for somebody
	token    string // session cookie, may be empty
	method   string // of the request
	path     string // of the request, escaped, and cut where nobody reads on
	resolve  func() (*auth.Principal, error)
}

type visitorKey struct{}

// visitorOf returns the visitor the request's context carries.
func visitorOf(ctx context.Context) *visitor {
	if v, ok := ctx.Value(visitorKey{}).(*visitor); ok {
		return v
	}
	return &visitor{resolve: func() (*auth.Principal, error) { return nil, nil }} //nolint:nilnil // a nil principal is the public
}

// principalOf returns who has signed in, nil for nobody. The session is looked up at most once a request.
func principalOf(ctx context.Context) (*auth.Principal, error) { return visitorOf(ctx).resolve() }

// require returns nil when whoever sent the request may do the action to a thing of that scope.
func require(ctx context.Context, action auth.Action, scope auth.Scope) error {
	p, err := principalOf(ctx)
	if err != nil {
		return err
	}
	return p.Require(action, scope)
}

func (s *Server) newVisitor(r *http.Request) *visitor {
	v := &visitor{id: newID(), address: s.addressOf(r), method: r.Method, path: fmt.Sprintf("%.200s", r.URL.EscapedPath())}
	v.loopback = isLoopback(v.address) && !forwarded(r) && s.knownHost(r.Host) // a foreign name may have been pointed here
	if c, err := r.Cookie(sessionCookie); err == nil {
		v.token = c.Value
	}
	v.resolve = sync.OnceValues(func() (*auth.Principal, error) {
		if name, password, ok := r.BasicAuth(); ok && belowOGC(r.URL.Path) {
			return s.proofs.principal(r.Context(), haidang.AccountName(name), password, v.address)
		}
		return s.config.Sessions.Resolve(r.Context(), v.token)
	})
	return v
}

// addressOf is the peer's address, or what a trusted proxy says it is.
func (s *Server) addressOf(r *http.Request) string {
	if s.config.BehindProxy {
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if ip, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-1])); err == nil {
			return ip.Unmap().String()
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

func isLoopback(address string) bool {
	ip, err := netip.ParseAddr(address)
	return err == nil && ip.Unmap().IsLoopback()
}

// forwarded reports whether a proxy speaks for somebody else: then the peer's
// address says nothing about who asks.
func forwarded(r *http.Request) bool {
	for _, h := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via"} {
		if r.Header.Get(h) != "" {
			return true
		}
	}
	return false
}
