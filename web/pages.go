package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync"

	"haidang/internal/auth"
	"haidang/web/ui"
)

// The documents behind the pages.
const (
	staffPage   = "index.html"
	citizenPage = "citizen.html"
	mapPage     = "map.html"
)

var (
	staffRoutes   = []string{"/{$}", "/dang-nhap", "/bat-dau", "/thiet-bi", "/thiet-bi/{page...}", "/quan-tri"}
	citizenRoutes = []string{"/phan-anh", "/theo-doi", "/theo-doi/{code}"}
	mapRoutes     = []string{"/ban-do", "/ban-do/{page...}"}
)

// pages are the built files of web/ui.
type pages struct {
	root  fs.FS
	files map[string]*file // by path below the root
}

// file is one built file, packed when somebody first wants it so.
type file struct {
	name   string
	tag    string // ETag
	plain  []byte
	packed func() []byte // gzip; nil when that does not pay
}

// openPages reads the built files; nil means those inside the program.
func openPages(root fs.FS) (*pages, error) {
	if root == nil {
		built, err := fs.Sub(ui.Dist, "dist")
		if err != nil {
			return nil, err
		}
		root = built
	}
	p := &pages{root: root, files: map[string]*file{}}
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		p.files[name] = newFile(name, data)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the built pages: %w", err)
	}
	return p, nil
}

func newFile(name string, data []byte) *file {
	sum := sha256.Sum256(data)
	return &file{name: name, tag: hex.EncodeToString(sum[:8]), plain: data, packed: sync.OnceValue(func() []byte { return pack(name, data) })}
}

// pack returns the file compressed, or nil when it would hardly be smaller.
func pack(name string, data []byte) []byte {
	switch path.Ext(name) {
	case ".woff2", ".png", ".jpg", ".webp", ".gz":
		return nil
	}
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is valid
	_, _ = w.Write(data)                                  // a buffer takes everything
	if err := w.Close(); err != nil || b.Len() > len(data)*9/10 {
		return nil
	}
	return b.Bytes()
}

func (s *Server) registerPages(d *doors) {
	for _, route := range staffRoutes {
		d.handle(auth.PageView, "GET "+route, s.pages.document(staffPage))
	}
	for _, route := range citizenRoutes {
		d.handle(auth.PageView, "GET "+route, s.pages.document(citizenPage))
	}
	for _, route := range mapRoutes {
		d.handle(auth.PageView, "GET "+route, s.pages.document(mapPage))
	}
	d.handle(auth.PageView, "GET /assets/{name...}", s.pages.asset)
}

// document serves one page; the page itself asks what its visitor may do.
func (p *pages) document(name string) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		f, ok := p.files[name]
		if !ok {
			return serveNotBuilt(w)
		}
		w.Header().Set("Cache-Control", "no-cache")
		f.serve(w, r)
		return nil
	}
}

// named is what Vite calls a file whose name holds the hash of its content.
var named = regexp.MustCompile(`-[A-Za-z0-9_-]{8}\.[a-z0-9.]+$`)

func (p *pages) asset(w http.ResponseWriter, r *http.Request) error {
	f, ok := p.files["assets/"+r.PathValue("name")]
	if !ok {
		return notFound()
	}
	if named.MatchString(f.name) {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		w.Header().Set("Cache-Control", "no-cache")
	}
	f.serve(w, r)
	return nil
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Add("Vary", "Accept-Encoding")
	body, tag := f.plain, `"`+f.tag+`"`
	if packed := f.packed(); packed != nil && acceptsGzip(r) {
		body, tag = packed, `"`+f.tag+`-gzip"`
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", tag)
	h.Set("Content-Type", contentType(f.name))
	if strings.Contains(r.Header.Get("If-None-Match"), tag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the reader may be gone
	} else {
		w.WriteHeader(http.StatusOK)
	}
}

// contentType does not ask the machine: its tables differ.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	case ".json", ".map":
		return "application/json"
	case ".webmanifest":
		return "application/manifest+json"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// notBuilt is shown when the program was built without its pages.
const notBuilt = `<!doctype html><html lang="vi"><meta charset="utf-8"><title>Hải Đăng</title>
<h1>Chưa có trang</h1><p>Chương trình này được dựng mà không có các trang. Hãy chạy <code>make build</code> rồi khởi động lại. API vẫn hoạt động tại <code>/api/v1</code>.</p>
<h2 lang="en">The pages are not built</h2><p lang="en">This program was built without its pages. Run <code>make build</code> and start it again. The API works at <code>/api/v1</code>.</p></html>
`

func serveNotBuilt(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", noStore)
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write([]byte(notBuilt)) // the reader may be gone
	return nil
}
