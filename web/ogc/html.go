package ogc

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"haidang/geo/catalogue"
)

//go:embed pages
var pageFiles embed.FS

var pages = template.Must(template.ParseFS(pageFiles, "pages/*.html"))

// view is what a page shows.
type view struct {
	*ask
	Doc   any
	Title string
	Trail []crumb // the way from the root
}

// crumb is one step of the way to a page.
type crumb struct{ Href, Text string }

// Say picks a sentence in the reader's language.
func (v view) Say(vi, en string) string { return v.say(vi, en) }

// Lang is the page's language.
func (v view) Lang() string { return v.spoken() }

// Base is the API's address.
func (v view) Base() string { return v.base }

// Site is the address of the house's own pages.
func (v view) Site() string { return strings.TrimSuffix(v.base, root) }

// Person is who has signed in.
func (v view) Person() string {
	if v.who == nil {
		return ""
	}
	return v.who.FullName
}

// JSON is the address of the same as data.
func (v view) JSON() string { return v.with("f", "json") }

// In is the address of the same page in another language.
func (v view) In(lang string) string { return v.with("lang", lang) }

// First is the address of the first page of a list.
func (v view) First() string { return v.with("cursor", "") }

// Present is the address of the same as it is now.
func (v view) Present() string { return v.with("at", "") }

// Asked is the value of a parameter of the request.
func (v view) Asked(name string) string { return v.query.Get(name) }

func (v view) with(name, value string) string {
	query := url.Values{}
	for n, values := range v.query {
		query[n] = values
	}
	query.Set(name, value)
	if value == "" {
		query.Del(name)
	}
	return v.r.URL.EscapedPath() + "?" + query.Encode()
}

// Page is the address of a page of the API, in the language of this one.
func (v view) Page(path string) string {
	query := url.Values{"f": {"html"}}
	if v.query.Has("lang") {
		query.Set("lang", v.query.Get("lang"))
	}
	return root + path + "?" + query.Encode()
}

// render answers with a page made of a document.
func (q *ask) render(w http.ResponseWriter, status int, name string, doc any) error {
	v := view{ask: q, Doc: doc}
	v.Title, v.Trail = v.place()
	if l, ok := doc.(titled); ok {
		v.Title = l.title()
	}
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name+".html", v); err != nil {
		return fmt.Errorf("draw page %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the reader may be gone
	return nil
}

// titled is what names its page.
type titled interface{ title() string }

func (c collection) title() string { return c.Title }

// place says where the page stands below the root.
func (v view) place() (title string, trail []crumb) {
	title = v.say("Bản đồ số theo OGC API", "The digital map by OGC API")
	if v.path == "" {
		return title, nil
	}
	trail = []crumb{{v.Page(""), "OGC API"}}
	id := v.r.PathValue("collection")
	if v.path == "/conformance" {
		return v.say("Các lớp tuân thủ", "Conformance classes"), trail
	}
	title = v.say("Các lớp bản đồ", "Map layers")
	if id == "" {
		return title, trail
	}
	trail = append(trail, crumb{v.Page("/collections"), title})
	if strings.Contains(v.path, "/items") {
		trail = append(trail, crumb{v.Page("/collections/" + id), id})
	}
	if item := v.r.PathValue("item"); item != "" {
		return id + " " + item, append(trail, crumb{v.Page("/collections/" + id + "/items"), v.say("Đối tượng", "Features")})
	}
	return id, trail
}

// fail shows an error as a page.
func (q *ask) fail(w http.ResponseWriter, err error) error {
	status, title, text := q.config.Problem(err, q.spoken())
	if status >= http.StatusInternalServerError {
		return err // as data: the edge logs it and knows when to come back
	}
	w.Header().Del("ETag")
	w.Header().Set("Cache-Control", "no-store")
	return q.render(w, status, "problem", problem{title, text})
}

type problem struct{ Title, Text string }

func (p problem) title() string { return p.Title }

// Layer is the layer behind a description, for the page.
func (c collection) Layer() catalogue.Layer { return c.layer }

// Storage names the system that the layer is kept in.
func (c collection) Storage() string { return storage(c.layer).String() }

// Features reports whether there are features to be read.
func (c collection) Features() bool { return hasFeatures(c.layer) }

// Open reports whether everybody may see the layer.
func (c collection) Open() bool { return c.layer.Open() }

//go:embed ogc.css
var css string

func (a *API) serveCSS(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	face := ""
	if a.config.Font != "" {
		face = fmt.Sprintf(`@font-face { font-family: "Inter VN"; src: url("%s") format("woff2"); font-weight: 400 700; font-display: swap; }`+"\n", a.config.Font)
	}
	_, _ = w.Write([]byte(face + css)) // the reader may be gone
	return nil
}
