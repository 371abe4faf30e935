package mapserver

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"

	"haidang/internal/foreign"
)

// maxHead bounds what a CGI program may say before its answer.
const maxHead = 8 << 10

// mostSaid is how much of a page of MapServer's, which is always a complaint, goes to the log.
const mostSaid = 2000

// answer turns what a CGI program writes into an HTTP answer, as it comes.
type answer struct {
	w       http.ResponseWriter
	head    bytes.Buffer
	started bool
	page    bool // it is a page for people: a complaint
	empty   bool // HEAD: no body
}

func (a *answer) Write(p []byte) (int, error) {
	switch {
	case a.page && a.head.Len() > maxHead:
		return len(p), nil
	case a.page:
		return a.head.Write(p)
	case a.started:
		if a.empty {
			return len(p), nil
		}
		return a.w.Write(p)
	}
	a.head.Write(p)
	all := a.head.Bytes()
	end, gap := bytes.Index(all, []byte("\r\n\r\n")), 4
	if end < 0 {
		end, gap = bytes.Index(all, []byte("\n\n")), 2
	}
	switch {
	case end < 0 && len(all) > maxHead:
		return 0, errors.New("no end of the head")
	case end < 0:
		return len(p), nil
	}
	if err := a.start(string(all[:end])); err != nil {
		return 0, err
	}
	if a.page {
		return len(p), nil
	}
	if rest := all[end+gap:]; len(rest) > 0 && !a.empty {
		if _, err := a.w.Write(rest); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// start sends the head. Of what the program says only the type and a status count;
// pages for people are kept back.
func (a *answer) start(head string) error {
	status, kind := http.StatusOK, ""
	for line := range strings.Lines(head) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch textproto.CanonicalMIMEHeaderKey(name) {
		case "Content-Type":
			kind = strings.TrimSpace(value)
		case "Status":
			n, err := strconv.Atoi(strings.Fields(value + " x")[0])
			if err != nil || n < 200 || n > 599 {
				return fmt.Errorf("status %q", value)
			}
			status = n
		}
	}
	if a.page = kind == "" || strings.HasPrefix(strings.ToLower(kind), "text/html"); a.page {
		return nil
	}
	a.started = true
	h := a.w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "public, max-age=60")
	h.Set("X-Content-Type-Options", "nosniff")
	a.w.WriteHeader(status)
	return nil
}

// complaint is what the program said instead of an answer, for the log.
func (a *answer) complaint() string {
	text := a.head.String()
	if _, body, ok := strings.Cut(text, "<BODY"); ok {
		text = body
	}
	return foreign.Clip(foreign.Printable(text), mostSaid)
}
