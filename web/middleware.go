package web

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"haidang"
	"haidang/internal/audit"
)

// newID names one request in the log and in the answer.
func newID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// ServeHTTP answers one request: who asks, is it one of our own pages, may they,
// and what became of it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begin := time.Now()
	v := s.newVisitor(r)
	ctx := audit.WithOrigin(context.WithValue(r.Context(), visitorKey{}, v), v.address)
	r = r.WithContext(ctx)
	a := &answer{ResponseWriter: w, acceptsGzip: acceptsGzip(r)}
	s.secure(a.Header())
	if strings.HasPrefix(r.URL.Path, "/api/") {
		a.Header().Set("Cache-Control", noStore) // unless the door knows better
	}
	a.Header().Set("X-Request-Id", v.id)
	defer func() { s.observe(r, a, time.Since(begin)) }()
	defer a.finish()
	defer recovered(a, r)
	if err := s.checkOrigin(r); err != nil {
		fail(a, r, err)
		return
	}
	r.Body = http.MaxBytesReader(a, r.Body, bodyLimit(r))
	s.route(a, r)
}

// bodyLimit is what a request may carry: a part of a file to import is larger than
// anything else, and shapes may have very many vertices.
func bodyLimit(r *http.Request) int64 {
	switch {
	case r.Method == http.MethodPatch && strings.HasPrefix(r.URL.Path, importsPath):
		return maxPartBytes
	case belowOGC(r.URL.Path) || strings.HasPrefix(r.URL.Path, changesetsPath):
		return maxEditsBytes
	}
	return maxReportBytes
}

// route finds the door. What net/http would refuse in plain text becomes a problem.
func (s *Server) route(w http.ResponseWriter, r *http.Request) {
	h, pattern := s.doors.mux.Handler(r)
	if pattern != "" {
		s.doors.mux.ServeHTTP(w, r) // sets the path's values
		return
	}
	refused := &refusal{header: http.Header{}}
	h.ServeHTTP(refused, r)
	if to := refused.header.Get("Location"); to != "" {
		http.Redirect(w, r, to, refused.status)
		return
	}
	p := newProblem(notFound(), languageOf(r))
	if refused.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", refused.header.Get("Allow"))
		p = newProblem(wrongMethod(r.Method), languageOf(r))
		p.Status = http.StatusMethodNotAllowed
	}
	writeProblem(w, p)
}

func wrongMethod(method string) *haidang.Error {
	return haidang.Refuse(haidang.ErrInvalid, "Địa chỉ này không nhận yêu cầu "+method+".", "This address does not take "+method+" requests.")
}

// refusal catches what net/http says about a request that has no door.
type refusal struct {
	header http.Header
	status int
}

func (r *refusal) Header() http.Header         { return r.header }
func (r *refusal) Write(p []byte) (int, error) { return len(p), nil }
func (r *refusal) WriteHeader(status int)      { r.status = status }

// recovered turns a panic into a problem and a line in the log.
func recovered(a *answer, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler {
		panic(p)
	}
	slog.ErrorContext(r.Context(), "panic", "request", visitorOf(r.Context()).id, "route", r.Pattern, "panic", p, "stack", string(debug.Stack()))
	if a.committed {
		panic(http.ErrAbortHandler) // half an answer: cut the connection
	}
	a.status = 0
	fail(a, r, fmt.Errorf("panic: %v", p))
}

// policy is what our pages may load: only what comes from here, no script and no
// style sheet inside a page. Style attributes are what map and chart libraries set.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' blob:; " +
	"font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

func (s *Server) secure(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin") // a tracking code is part of an address
	h.Set("Permissions-Policy", "geolocation=(self), camera=(self), microphone=(), payment=(), usb=()")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if s.https {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// checkOrigin refuses what another site's page sends with our visitor's cookie.
func (s *Server) checkOrigin(r *http.Request) error {
	if s.config.Demo && !s.knownHost(r.Host) {
		return haidang.Refuse(haidang.ErrForbidden, "Bản trình diễn chỉ trả lời tại localhost hoặc địa chỉ IP của máy này.",
			"The demonstration answers only at localhost or at an IP address of this machine.")
	}
	if err := s.origins.Check(r); err != nil {
		e := haidang.Refuse(haidang.ErrForbidden, "Yêu cầu đến từ một trang khác nên bị từ chối. Hãy làm lại từ trang của hệ thống.",
			"The request comes from another site and is refused. Do it again on this system's own page.")
		e.Cause = err
		return e
	}
	return nil
}

// knownHost guards known passwords against a foreign name that was made to point
// at this machine: only numbers, localhost and the public address are answered.
func (s *Server) knownHost(host string) bool {
	if _, known, ok := strings.Cut(originOf(s.config.PublicBase), "://"); ok && known == host {
		return true
	}
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	_, err := netip.ParseAddr(host)
	return err == nil || host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// observe counts the request and writes it to the log: the route, never the
// address, which may hold a tracking code.
func (s *Server) observe(r *http.Request, a *answer, took time.Duration) {
	route := r.Pattern
	if route == "" {
		route = "none"
	}
	if a.status == 0 {
		a.status = http.StatusOK
	}
	s.metrics.requests.WithLabelValues(route, strconv.Itoa(a.status)).Observe(took.Seconds())
	level := slog.LevelInfo
	if a.status < http.StatusBadRequest && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		level = slog.LevelDebug
	}
	v := visitorOf(r.Context())
	slog.Log(r.Context(), level, "http", "request", v.id, "route", route, "status", a.status,
		"bytes", a.bytes, "took", took.Round(time.Microsecond), "address", v.address)
}
