package web

import (
	"net/http"
	"strings"
	"testing"
)

// scenario is one request and what is wanted of the answer.
type scenario struct {
	name         string
	as           string
	method, path string
	body         any
	head         map[string]string
	status       int
	has          []string // parts of the answer
	lacks        []string
	heads        map[string]string // parts of heads
}

var scenarios = []scenario{
	{name: "nobody's session has public actions", method: "GET", path: "/api/v1/session", status: 200,
		has: []string{`"account":""`, `"report.submit"`, `"grants":[]`}, lacks: []string{"live.read"}},
	{name: "operator's session", as: "operator", method: "GET", path: "/api/v1/session", status: 200, has: []string{`"account":"operator"`, `"alarm.acknowledge"`},
		heads: map[string]string{"Cache-Control": "no-store"}},
	{name: "wrong password", method: "POST", path: "/api/v1/session", body: map[string]string{"account": "operator", "password": "nope-nope"}, status: 401,
		has: []string{`"code":"unauthorised"`, "mật khẩu không đúng"}, lacks: []string{"nope-nope"}, heads: map[string]string{"Content-Type": "application/problem+json"}},
	{name: "wrong password in English", method: "POST", path: "/api/v1/session?lang=en", body: map[string]string{"account": "operator", "password": "nope"}, status: 401,
		has: []string{"password is wrong", `"title":"Not signed in"`}},
	{name: "a missing field is named in Vietnamese", method: "POST", path: "/api/v1/session", body: map[string]string{"account": "operator"}, status: 400,
		has: []string{`"field":"password"`, "Thiếu trường password"}},
	{name: "a missing field is named in English", method: "POST", path: "/api/v1/session", head: map[string]string{"Accept-Language": "en-GB,en;q=0.8"},
		body: map[string]string{"account": "operator"}, status: 400, has: []string{"The field password is missing"}},
	{name: "a password of the wrong type is not repeated", method: "POST", path: "/api/v1/session", body: map[string]any{"account": "operator", "password": 815474711}, status: 400,
		has: []string{`"field":"password"`}, lacks: []string{"815474711"}},
	{name: "an unknown field", method: "POST", path: "/api/v1/session", body: map[string]any{"account": "a", "password": "b", "admin": true}, status: 400, has: []string{`"field":"admin"`}},
	{name: "another site's form", method: "POST", path: "/api/v1/session", head: map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
		body: map[string]string{"account": "operator", "password": "haidang-demo"}, status: 403, has: []string{`"code":"forbidden"`}},
	{name: "a bad number in the query", as: "admin", method: "GET", path: "/api/v1/audit?limit=ten", status: 400, has: []string{`"field":"limit"`, "số nguyên"}},
	{name: "a number too large", as: "admin", method: "GET", path: "/api/v1/audit?limit=9999", status: 400, has: []string{`"field":"limit"`, "500"}},
	{name: "audit knows who signed in and from where", as: "admin", method: "GET", path: "/api/v1/audit", status: 200, has: []string{`"action":"session.open"`, `"origin":"127.0.0.1"`}},
	{name: "unknown address", method: "GET", path: "/api/v1/nothing", status: 404, has: []string{`"code":"not_found"`}, heads: map[string]string{"Content-Type": "application/problem+json"}},
	{name: "wrong method", method: "PUT", path: "/api/v1/session", status: 405, heads: map[string]string{"Allow": "POST"}},
	{name: "public catalogue", method: "GET", path: "/api/v1/public/catalogue", status: 200, has: []string{`"units":[{`, `"categories":[{`, `"demo":true`}, lacks: []string{`"properties"`},
		heads: map[string]string{"Cache-Control": "public, max-age=60"}},
	{name: "catalogue", as: "operator", method: "GET", path: "/api/v1/catalogue", status: 200, has: []string{`"properties":[{`, `"sectors":[{`, `"agencies":[{`, `"types":[{`, `"units":[{`, `"layers":[`}, heads: map[string]string{"Cache-Control": "no-store"}},
	{name: "unknown datastream", as: "operator", method: "GET", path: "/api/v1/datastreams/999/observations", status: 404},
	{name: "an empty series", as: "operator", method: "GET", path: "/api/v1/datastreams/1/observations", status: 200, has: []string{`"property":"water_level"`, `"buckets":[]`}},
	{name: "a series that ends before it begins", as: "operator", method: "GET", path: "/api/v1/datastreams/1/observations?from=2026-03-02T07:00:00Z&to=2026-03-01T07:00:00Z", status: 400, has: []string{`"field":"to"`}},
	{name: "a bad time", as: "operator", method: "GET", path: "/api/v1/datastreams/1/observations?from=yesterday", status: 400, has: []string{`"field":"from"`, "2026-03-02T07:00:00Z"}},
	{name: "devices", as: "operator", method: "GET", path: "/api/v1/devices", status: 200, has: []string{`"thing":"TG-01"`}},
	{name: "ingest", as: "operator", method: "GET", path: "/api/v1/ingest", status: 200, has: []string{`"totals":{`, `"queue":{"pending":0`}},
	{name: "refusals", as: "operator", method: "GET", path: "/api/v1/refusals", status: 200, has: []string{`"refusals":[]`}},
	{name: "unknown report", method: "GET", path: "/api/v1/public/reports/0000-0000-00", status: 404},
	{name: "room page", method: "GET", path: "/", status: 200, has: []string{"<title>room"}, heads: map[string]string{
		"Content-Security-Policy": "script-src 'self'", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache", "Referrer-Policy": "same-origin"}},
	{name: "citizens' page", method: "GET", path: "/theo-doi/ABCD-EFGH-JK", status: 200, has: []string{"<title>citizens"}},
	{name: "hashed asset", method: "GET", path: "/assets/main-AbC1_x9z.js", status: 200, heads: map[string]string{"Cache-Control": "immutable", "Content-Type": "text/javascript"}},
	{name: "plain asset", method: "GET", path: "/assets/hai-dang.svg", status: 200, heads: map[string]string{"Cache-Control": "no-cache", "Content-Type": "image/svg+xml"}},
	{name: "no way out of the assets", method: "GET", path: "/assets/..%2findex.html", status: 404},
	{name: "openapi", method: "GET", path: "/api/v1/openapi.json", status: 200, has: []string{`"openapi":"3.1.0"`, `"/api/v1/public/reports"`, `x-haidang-action`}},
	{name: "alive", method: "GET", path: "/healthz", status: 200},
	{name: "ready", method: "GET", path: "/readyz", status: 200, has: []string{`{"name":"database","ok":true}`}},
	{name: "metrics for this machine", method: "GET", path: "/metrics", status: 200, has: []string{"haidang_http_request_seconds"}},
	{name: "metrics through a proxy", method: "GET", path: "/metrics", head: map[string]string{"X-Forwarded-For": "203.0.113.9"}, status: 401},
	{name: "metrics for the administrator through a proxy", as: "admin", method: "GET", path: "/metrics", head: map[string]string{"X-Forwarded-For": "203.0.113.9"}, status: 200},
	{name: "a foreign name pointed at the demonstration", method: "GET", path: "/", head: map[string]string{"Host": "rebound.example"}, status: 403},
	{name: "last administrator", as: "admin", method: "PATCH", path: "/api/v1/accounts/admin", body: map[string]any{"disabled": true}, status: 409},
	{name: "a new account", as: "admin", method: "POST", path: "/api/v1/accounts", status: 201, has: []string{`"account":"trang"`}, lacks: []string{"mat-khau"},
		body: map[string]any{"account": "trang", "fullName": "Trang", "password": "mat-khau-rat-dai-2026", "grants": []map[string]string{{"role": "editor", "agency": "sonnptnt", "unit": ""}}}},
	{name: "a grant of an unknown role", as: "admin", method: "POST", path: "/api/v1/accounts", status: 400, has: []string{`"field":"grants"`},
		body: map[string]any{"account": "trung", "fullName": "Trung", "password": "mat-khau-rat-dai-2026", "grants": []map[string]string{{"role": "emperor", "agency": "", "unit": ""}}}},
	{name: "setup when there is an administrator", method: "POST", path: "/api/v1/setup", status: 403,
		body: map[string]string{"token": "guess", "account": "me", "fullName": "Me", "password": "mat-khau-rat-dai-2026"}},
}

// TestScenarios asks one thing each and looks at status, words and heads.
func TestScenarios(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.device(t, "TG-01")
	clients := map[string]*client{"": h.visitor(t), "operator": h.as(t, "operator"), "admin": h.as(t, "admin")}
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			c := *clients[s.as]
			c.t, c.head = t, http.Header{}
			for k, v := range s.head {
				c.head.Set(k, v)
			}
			answer := c.request(s.method, s.path, s.body)
			body := read(t, answer)
			if answer.StatusCode != s.status {
				t.Fatalf("status %d, want %d: %s", answer.StatusCode, s.status, body)
			}
			for _, part := range s.has {
				if !strings.Contains(body, part) {
					t.Errorf("answer lacks %q: %.800s", part, body)
				}
			}
			for _, part := range s.lacks {
				if strings.Contains(body, part) {
					t.Errorf("answer has %q: %.800s", part, body)
				}
			}
			for k, part := range s.heads {
				if !strings.Contains(answer.Header.Get(k), part) {
					t.Errorf("%s is %q, lacks %q", k, answer.Header.Get(k), part)
				}
			}
		})
	}
}
