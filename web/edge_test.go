package web

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"haidang"
)

// TestStaticIsPackedAndTagged: gzip where it pays, 304 for what the reader has.
func TestStaticIsPackedAndTagged(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	c := h.visitor(t)
	c.head.Set("Accept-Encoding", "gzip")
	for path, packed := range map[string]bool{"/": true, "/assets/main-AbC1_x9z.js": true, "/assets/hai-dang.svg": false, "/api/v1/public/catalogue": true, "/healthz": false} {
		answer := c.request("GET", path, nil)
		if got := answer.Header.Get("Content-Encoding") == "gzip"; got != packed {
			t.Errorf("%s packed: %v", path, got)
		}
		if packed {
			r, err := gzip.NewReader(answer.Body)
			must(t, err)
			if data, err := io.ReadAll(r); err != nil || len(data) < worthZip {
				t.Errorf("%s unpacks to %d bytes: %v", path, len(data), err)
			}
		}
		if tag := answer.Header.Get("ETag"); tag != "" {
			again := h.visitor(t)
			again.head.Set("Accept-Encoding", "gzip")
			again.head.Set("If-None-Match", tag)
			if a := again.request("GET", path, nil); a.StatusCode != http.StatusNotModified || read(t, a) != "" {
				t.Errorf("%s with its tag: %d", path, a.StatusCode)
			}
		}
	}
}

// TestPagesNotBuilt: a program without pages says so, and its API works.
func TestPagesNotBuilt(t *testing.T) {
	t.Parallel()
	h := openHouse(t, func(c *Config) { c.Pages = fstest.MapFS{".keep": {}} })
	if status, body := h.visitor(t).do("GET", "/phan-anh", nil); status != http.StatusServiceUnavailable || !strings.Contains(body, "make build") {
		t.Errorf("%d %s", status, body)
	}
	if status, _ := h.visitor(t).do("GET", "/api/v1/session", nil); status != http.StatusOK {
		t.Errorf("API: %d", status)
	}
}

// TestNotReady names the part and keeps its words from strangers.
func TestNotReady(t *testing.T) {
	t.Parallel()
	h := openHouse(t, func(c *Config) {
		c.Checks = append(c.Checks, Check{"broker", func(context.Context) error { return errors.New("dial 10.0.0.7: refused") }},
			Check{"ingest", func(context.Context) error {
				return haidang.Refuse(haidang.ErrUnavailable, "Chưa nhận dữ liệu.", "No data yet.")
			}},
			Check{"stuck", func(ctx context.Context) error { <-ctx.Done(); time.Sleep(time.Second); return nil }})
	})
	c := h.visitor(t)
	status, body := c.do("GET", "/readyz", nil)
	for _, part := range []string{`{"name":"database","ok":true}`, `{"name":"broker","ok":false,"why":"dial`, "Chưa nhận dữ liệu", `{"name":"stuck","ok":false`} {
		if !strings.Contains(body, part) {
			t.Errorf("lacks %s: %s", part, body)
		}
	}
	if status != http.StatusServiceUnavailable {
		t.Errorf("status %d", status)
	}
	c.head.Set("X-Forwarded-For", "203.0.113.9")
	if _, body := c.do("GET", "/readyz", nil); strings.Contains(body, "10.0.0.7") {
		t.Errorf("a stranger reads %s", body)
	}
}

// TestPanicAndLimits: a panic is a problem, too much is refused, nonsense is named.
func TestPanicAndLimits(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.doors.handle("health.read", "GET /panic", func(http.ResponseWriter, *http.Request) error { panic("boom") })
	c := h.visitor(t)
	if status, body := c.do("GET", "/panic", nil); status != http.StatusInternalServerError || !strings.Contains(body, `"code":"internal"`) || strings.Contains(body, "boom") {
		t.Errorf("panic: %d %s", status, body)
	}
	if status, body := c.do("POST", "/api/v1/session", map[string]string{"account": strings.Repeat("a", maxJSONBytes), "password": "x"}); status != http.StatusRequestEntityTooLarge || !strings.Contains(body, `"code":"too_large"`) {
		t.Errorf("large: %d %s", status, body)
	}
	for _, nonsense := range []string{"", "{", "[]", `"x"`} {
		r, err := http.NewRequestWithContext(t.Context(), "POST", h.URL()+"/api/v1/session", strings.NewReader(nonsense))
		must(t, err)
		r.Header.Set("Content-Type", "application/json")
		answer := c.send(r)
		if body := read(t, answer); answer.StatusCode != http.StatusBadRequest || !strings.Contains(body, `"code":"invalid"`) || !strings.Contains(body, `"detail":"`) {
			t.Errorf("%q: %d %s", nonsense, answer.StatusCode, body)
		}
	}
}

// TestTakenPort is one clear sentence.
func TestTakenPort(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	second, err := New(Config{Addr: strings.TrimPrefix(h.URL(), "http://"), Pages: builtPages})
	must(t, err)
	err = second.Start(t.Context())
	if e, ok := errors.AsType[*haidang.Error](err); !ok || !strings.Contains(e.Text.EN, "HAIDANG_HTTP_ADDR") {
		t.Errorf("%v", err)
	}
	must(t, second.Stop(t.Context()))
	must(t, second.Stop(t.Context()))
}

// TestPublicBaseBehindProxy: cookies are for https only, addresses come from the proxy's head.
func TestPublicBaseBehindProxy(t *testing.T) {
	t.Parallel()
	h := openHouse(t, func(c *Config) { c.PublicBase, c.BehindProxy = "https://haidang.example.vn", true })
	c := h.visitor(t)
	h.mu.Lock()
	c.base = "http://" + h.listener.Addr().String()
	h.mu.Unlock()
	c.head.Set("X-Forwarded-For", "10.1.1.1, 203.0.113.9")
	c.head.Set("Origin", "https://haidang.example.vn")
	answer := c.request("POST", "/api/v1/session", map[string]string{"account": "admin", "password": "haidang-demo"})
	if cookie := answer.Header.Get("Set-Cookie"); answer.StatusCode != 200 || !strings.Contains(cookie, "Secure") || !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Lax") {
		t.Errorf("%d %s", answer.StatusCode, cookie)
	}
	live := h.screen(c)
	live.url = "ws" + strings.TrimPrefix(c.base, "http") + "/api/v1/live"
	if conn, _, err := live.dial(t.Context()); err != nil {
		t.Errorf("the public address's page gets no socket: %v", err)
	} else {
		_ = conn.Close()
	}
	if answer.Header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS")
	}
	if _, body := c.do("GET", "/api/v1/audit", nil); !strings.Contains(body, `"origin":"203.0.113.9"`) {
		t.Errorf("audit: %.300s", body)
	}
}

// TestSubscriber: one line is one subscriber, whatever address of it is used.
func TestSubscriber(t *testing.T) {
	t.Parallel()
	l := newLimiter(time.Hour, 1)
	for i, s := range []struct {
		address string
		allowed bool
	}{{"2001:db8::1", true}, {"2001:db8::2", false}, {"2001:db8:0:1::1", true}, {"192.0.2.1", true}, {"::ffff:192.0.2.1", false}, {"nonsense", true}, {"other nonsense", false}} {
		if err := l.allow(s.address); (err == nil) != s.allowed {
			t.Errorf("%d %s: %v", i, s.address, err)
		}
	}
}

// TestLogKeepsSecrets: neither cookie, password nor tracking code is written down.
func TestLogKeepsSecrets(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	c := h.as(t, "operator")
	const password = "a-password-nobody-else-types"
	_, _ = h.visitor(t).do("POST", "/api/v1/session", map[string]string{"account": "operator", "password": password})
	_, _ = h.visitor(t).do("POST", "/api/v1/session", map[string]any{"account": "operator", "password": []string{password}})
	_, code, _ := c.report(aReport(t, h), nil, "")
	for _, path := range []string{"/theo-doi/", "/api/v1/public/reports/", "/api/v1/requests/"} {
		if status, _ := c.do("GET", path+string(code)+"?also="+string(code), nil); status != http.StatusOK {
			t.Errorf("%s: %d", path, status)
		}
	}
	eventually(t, "the log has the requests", func() bool { return strings.Contains(logs.String(), `route="GET /api/v1/requests/{code}" status=200`) })
	for name, secret := range map[string]string{"cookie": c.cookie, "password": password, "tracking code": string(code)} {
		if secret == "" || strings.Contains(logs.String(), secret) {
			t.Errorf("the %s %q is in the log", name, secret)
		}
	}
}
