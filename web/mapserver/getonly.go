package mapserver

import (
	"bytes"
	"net/http"
	"regexp"
)

// byPost is how capabilities of all versions say that requests may come by POST.
var byPost = regexp.MustCompile(`\s*<DCPType>\s*<HTTP>\s*<Post [^>]*/>\s*</HTTP>\s*</DCPType>|\s*<ows:Post [^>]*/>|\s*<Post>.*?</Post>`)

// getOnly holds capabilities back and takes out of them what MapServer always says and
// is not so here: there are clients that use POST when they may choose.
type getOnly struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer // as much as the sandbox lets out
}

// WriteHeader waits for send.
func (g *getOnly) WriteHeader(status int) { g.status = status }

func (g *getOnly) Write(p []byte) (int, error) { return g.body.Write(p) }

func (g *getOnly) send() {
	g.ResponseWriter.WriteHeader(g.status)
	_, _ = g.ResponseWriter.Write(byPost.ReplaceAll(g.body.Bytes(), nil)) // the reader may be gone
}
