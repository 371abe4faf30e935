package web

import (
	"bufio"
	"compress/gzip"
	"net"
	"net/http"
	"strings"
	"sync"
)

// answer stands between a handler and the connection: it remembers what was sent,
// for the log, and compresses JSON worth compressing.
type answer struct {
	http.ResponseWriter
	acceptsGzip bool
	status      int
	bytes       int64
	committed   bool
	zip         *gzip.Writer
}

// worthZip is the size from which compression pays.
const worthZip = 1 << 10

var zips = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is valid
	return w
}}

// WriteHeader keeps the status until the first bytes say whether to compress.
func (a *answer) WriteHeader(status int) {
	if status < 200 {
		a.ResponseWriter.WriteHeader(status)
		return
	}
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(p []byte) (int, error) {
	a.commit(len(p))
	var n int
	var err error
	if a.zip != nil {
		n, err = a.zip.Write(p)
	} else {
		n, err = a.ResponseWriter.Write(p)
	}
	a.bytes += int64(n)
	return n, err
}

// commit sends the head. first is how many bytes the handler writes at once: a JSON
// encoder writes everything at once.
func (a *answer) commit(first int) {
	if a.committed {
		return
	}
	a.committed = true
	if a.status == 0 {
		a.status = http.StatusOK
	}
	h := a.Header()
	if isJSON := strings.Contains(h.Get("Content-Type"), "json"); isJSON && h.Get("Content-Encoding") == "" {
		h.Add("Vary", "Accept-Encoding")
		if a.acceptsGzip && first >= worthZip {
			h.Set("Content-Encoding", "gzip")
			h.Del("Content-Length")
			a.zip = zips.Get().(*gzip.Writer)
			a.zip.Reset(a.ResponseWriter)
		}
	}
	a.ResponseWriter.WriteHeader(a.status)
}

// finish sends what is left. It must be called once the handler has returned.
func (a *answer) finish() {
	if a.status != 0 {
		a.commit(0)
	}
	if a.zip != nil {
		_ = a.zip.Close() // the reader may be gone
		zips.Put(a.zip)
		a.zip = nil
	}
}

// Unwrap lets http.ResponseController reach the connection's deadlines.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// Hijack hands the connection over to a WebSocket.
func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	a.status, a.committed = http.StatusSwitchingProtocols, true
	return http.NewResponseController(a.ResponseWriter).Hijack()
}

// acceptsGzip reports whether the reader takes gzip.
func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name == "gzip" && strings.ReplaceAll(params, " ", "") != "q=0" {
			return true
		}
	}
	return false
}
