package web

import (
	"context"
	"net/http"
	"path"
	"strings"

	"haidang"
	"haidang/internal/auth"
	"haidang/web/ogc"
)

// Features being read at once, in all and from one subscriber's line: QGIS reads
// several layers at a time.
const (
	maxReaders        = 32
	maxReadersPerLine = 8
)

func (s *Server) newOGC() *ogc.API {
	s.readers = crowd{all: maxReaders, each: maxReadersPerLine}
	return ogc.New(ogc.Config{Pool: s.config.Pool, Tiles: s.config.Tiles, Pictures: s.config.Pictures, Changesets: s.config.Changesets, Tile: s.handOut, Base: s.baseOf, Principal: principalOf, Language: languageOf,
		Enter:   func(ctx context.Context) (func(), error) { return s.readers.enter(visitorOf(ctx).address) },
		Line:    func(ctx context.Context) string { return auth.Subscriber(visitorOf(ctx).address) },
		Problem: problemText, Font: s.pages.font()})
}

// registerOGC opens the doors of the OGC APIs. Who may see which layer, only the
// layer says.
func (s *Server) registerOGC(d *doors) {
	for _, r := range s.ogc.Routes() {
		d.handle(r.Action, r.Pattern, r.Serve)
	}
}

// challenge tells a program without the right password how to send another.
func challenge(w http.ResponseWriter, r *http.Request, refused haidang.ErrorCode) {
	if refused == haidang.ErrUnauthorised && belowOGC(r.URL.Path) {
		w.Header().Set("WWW-Authenticate", `Basic realm="Hai Dang", charset="UTF-8"`)
	}
}

// problemText is an error as a page shows it.
func problemText(err error, lang string) (status int, title, text string) {
	p := newProblem(refusalOf(err), lang)
	return p.Status, p.Title, p.Detail
}

// baseOf is the site's address as the visitor sees it.
func (s *Server) baseOf(r *http.Request) string {
	if s.config.PublicBase != "" {
		return strings.TrimSuffix(s.config.PublicBase, "/")
	}
	if r.TLS != nil || s.config.BehindProxy && r.Header.Get("X-Forwarded-Proto") == "https" {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// font is the address of the pages' own font, or "" when they are not built.
func (p *pages) font() string {
	for name := range p.files {
		if strings.HasPrefix(path.Base(name), "inter-vi") && path.Ext(name) == ".woff2" {
			return "/" + name
		}
	}
	return ""
}
