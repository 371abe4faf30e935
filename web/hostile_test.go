package web

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// TestRefusedReportLeavesNoFile: a photo too large for memory waits on disk, and must
// not stay there when the words around it are refused. It is not parallel: it moves
// the folder of temporary files.
func TestRefusedReportLeavesNoFile(t *testing.T) {
	h := openHouse(t)
	waiting := t.TempDir()
	t.Setenv("TMPDIR", waiting)
	fields := aReport(t, h)
	fields["lon"] = "east"
	photo := make([]byte, 4*formMemory)
	if status, _, body := h.visitor(t).report(fields, bytes.NewReader(photo), ""); status != http.StatusBadRequest {
		t.Errorf("%d %s", status, body)
	}
	if left, err := os.ReadDir(waiting); err != nil || len(left) > 0 {
		t.Errorf("left on disk: %v, %v", left, err)
	}
}

// TestSlowSendersLeaveRoom: one line that sends without end takes no place from others.
func TestSlowSendersLeaveRoom(t *testing.T) {
	t.Parallel()
	h := openHouse(t, func(c *Config) { c.BehindProxy = true })
	for range maxUploadsPerLine {
		conn, err := net.Dial("tcp", strings.TrimPrefix(h.URL(), "http://"))
		must(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		_, err = fmt.Fprint(conn, "POST /api/v1/public/reports HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 203.0.113.9\r\n"+
			"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000\r\n\r\n--x\r\n")
		must(t, err)
	}
	slow, other := h.visitor(t), h.visitor(t)
	slow.head.Set("X-Forwarded-For", "203.0.113.9")
	other.head.Set("X-Forwarded-For", "203.0.113.10")
	status := 0
	for end := time.Now().Add(5 * time.Second); status != http.StatusTooManyRequests && time.Now().Before(end); { // until the server has read the heads
		status, _, _ = slow.report(map[string]string{}, nil, "")
	}
	if status != http.StatusTooManyRequests {
		t.Errorf("one more from the same line: %d", status)
	}
	if status, _, body := other.report(aReport(t, h), bytes.NewReader(picture(t)), ""); status != http.StatusCreated {
		t.Errorf("from another line: %d %s", status, body)
	}
}

// TestTextNobodyTypes sends what the database or the answer could not hold: it is
// the sender's mistake, not ours.
func TestTextNobodyTypes(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	stream := h.device(t, "gauge1")
	admin := h.as(t, "admin")
	grant := func(agency, unit string) map[string]any {
		return map[string]any{"grants": []map[string]string{{"role": "viewer", "agency": agency, "unit": unit}}}
	}
	for _, c := range []struct {
		method, path string
		body         any
		want         int
	}{
		{"GET", fmt.Sprintf("/api/v1/datastreams/%d/observations?from=9999-01-01T00:00:00Z&to=9999-12-31T23:59:59-23:59", stream), nil, http.StatusBadRequest},
		{"GET", fmt.Sprintf("/api/v1/datastreams/%d/observations?from=0000-01-01T00:00:00%%2B14:00", stream), nil, http.StatusBadRequest},
		{"GET", fmt.Sprintf("/api/v1/datastreams/%d/observations?from=0000-01-01T00:00:00Z&to=9999-12-31T23:59:59Z", stream), nil, http.StatusOK},
		{"PATCH", "/api/v1/accounts/view%00er", map[string]any{"disabled": true}, http.StatusNotFound},
		{"PATCH", "/api/v1/accounts/viewer", grant("a\x00", ""), http.StatusBadRequest},
		{"PATCH", "/api/v1/accounts/viewer", grant("", "\x00"), http.StatusBadRequest},
		{"PATCH", "/api/v1/accounts/viewer", grant("", strings.Repeat("9", 40_000)), http.StatusBadRequest},
		{"GET", "/api/v1/requests/abc%00", nil, http.StatusBadRequest},
		{"GET", "/tiles/land%00", nil, http.StatusNotFound},
	} {
		if status, body := admin.do(c.method, c.path, c.body); status != c.want || len(body) > 2000 {
			t.Errorf("%s %.80s: %d, %d bytes, want %d", c.method, c.path, status, len(body), c.want)
		}
	}
}

// TestForeignNameIsNoConsole: a page of a name that was pointed at this machine is
// not a process on it.
func TestForeignNameIsNoConsole(t *testing.T) {
	t.Parallel()
	h := openHouse(t, func(c *Config) { c.Demo = false })
	c := h.visitor(t)
	if status, _ := c.do("GET", "/metrics", nil); status != http.StatusOK {
		t.Errorf("this machine: %d", status)
	}
	c.head.Set("Host", "rebound.example")
	if status, _ := c.do("GET", "/metrics", nil); status != http.StatusUnauthorized {
		t.Errorf("a foreign name: %d", status)
	}
}
