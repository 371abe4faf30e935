package ogc

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/internal/auth"
)

// ask is one request, understood.
type ask struct {
	*API
	endpoint
	r     *http.Request
	query url.Values
	who   *auth.Principal
	lang  string
	base  string // address of the API's root
	html  bool   // a page is wanted
	open  bool   // the answer is the same for everybody
}

// The media types.
const (
	mediaJSON    = "application/json"
	mediaGeoJSON = "application/geo+json"
	mediaSchema  = "application/schema+json"
	mediaOpenAPI = "application/vnd.oai.openapi+json;version=3.0"
	mediaTile    = "application/vnd.mapbox-vector-tile"
	mediaHTML    = "text/html"
)

// understand reads what every resource needs. Where it fails the ask may still say
// that a page is wanted.
func (a *API) understand(e endpoint, r *http.Request) (*ask, error) {
	q := &ask{API: a, endpoint: e, r: r, lang: a.config.Language(r), base: a.config.Base(r) + root}
	var err error
	if q.query, err = url.ParseQuery(r.URL.RawQuery); err != nil {
		return nil, haidang.RefuseField("query", "Phần sau dấu ? của địa chỉ bị hỏng. Hãy kiểm tra các dấu % và ;.",
			"What follows the ? of the address is broken. Check its % and ; signs.")
	}
	if err := q.negotiate(); err != nil {
		return nil, err
	}
	if q.who, err = a.config.Principal(r.Context()); err != nil {
		return q, err
	}
	q.open = q.who == nil
	return q, q.checkRepeats()
}

// negotiate chooses between JSON and a page: f decides, else Accept, else JSON.
func (q *ask) negotiate() error {
	switch f := q.query.Get("f"); {
	case f == "" && q.endpoint.html:
		q.html = prefersHTML(q.r.Header.Values("Accept"))
	case f == "html" && q.endpoint.html:
		q.html = true
	case f == "" || f == formatOf(q.media):
	default:
		formats := formatOf(q.media)
		if q.endpoint.html {
			formats += ", html"
		}
		return haidang.RefuseField("f", fmt.Sprintf("Không có dạng %q ở đây; có: %s.", f, formats), fmt.Sprintf("There is no format %q here; there is: %s.", f, formats))
	}
	return nil
}

func formatOf(media string) string {
	if media == mediaTile {
		return "mvt"
	}
	return "json"
}

// prefersHTML reads Accept (RFC 9110, 12.5.1) as far as pages and JSON are concerned.
// What can be neither is answered as JSON all the same.
func prefersHTML(headers []string) bool {
	var page, data float64
	for item := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		name, parameters, _ := strings.Cut(strings.TrimSpace(item), ";")
		weight := 1.0
		for p := range strings.SplitSeq(parameters, ";") {
			if v, ok := strings.CutPrefix(strings.TrimSpace(p), "q="); ok {
				weight, _ = strconv.ParseFloat(v, 64) // nonsense weighs nothing
			}
		}
		switch name = strings.ToLower(name); {
		case name == mediaHTML || name == "application/xhtml+xml":
			page = max(page, weight)
		case strings.HasSuffix(name, "json") || name == "*/*" || name == "application/*":
			data = max(data, weight)
		}
	}
	return page > data
}

// checkRepeats refuses what is said twice: nobody can know which of the two was meant.
func (q *ask) checkRepeats() error {
	for name, values := range q.query {
		if len(values) > 1 {
			return haidang.RefuseField(name, fmt.Sprintf("Tham số %q chỉ được ghi một lần.", name), fmt.Sprintf("Give the parameter %q once.", name))
		}
	}
	return nil
}

// knows refuses a parameter that the resource does not have.
func (q *ask) knows(more ...string) error {
	known := slices.Concat([]string{"f", "lang"}, q.params, more)
	for name := range q.query {
		if !slices.Contains(known, name) {
			slices.Sort(known)
			list := strings.Join(known, ", ")
			return haidang.RefuseField(name, fmt.Sprintf("Không có tham số %q ở đây; có: %s.", name, list), fmt.Sprintf("There is no parameter %q here; there are: %s.", name, list))
		}
	}
	return nil
}

// head sets what every answer says of itself.
func (q *ask) head(h http.Header) {
	h.Set("Content-Language", q.spoken())
	h.Set("Vary", "Accept, Accept-Language, Authorization, Cookie")
	h.Set("Cache-Control", "private, no-cache")
	if q.open {
		q.opens(h)
	}
}

// opens lets pages of other sites read what everybody may read. They send no
// credentials with it, so they see what the public sees.
func (q *ask) opens(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Content-Crs, Link, ETag")
}

// spoken is the language of the answer.
func (q *ask) spoken() string {
	if q.lang == "en" {
		return "en"
	}
	return "vi"
}

// say picks the sentence in the reader's language.
func (q *ask) say(vi, en string) string { return haidang.Text{VI: vi, EN: en}.In(q.spoken()) }

// layer is the collection that the path names, or ErrNotFound when there is none that
// may be seen.
func (q *ask) layer() (catalogue.Layer, error) {
	l, err := catalogue.Get(q.r.Context(), q.config.Pool, haidang.LayerSlug(q.r.PathValue("collection")))
	if err != nil {
		return l, err
	}
	q.open = l.Open()
	return l, l.Require(q.who, catalogue.See)
}

// features is the collection that the path names, when it has features.
func (q *ask) features() (catalogue.Layer, error) {
	l, err := q.layer()
	if err == nil && !hasFeatures(l) {
		err = haidang.Refuse(haidang.ErrNotFound, "Lớp này là ảnh, không có đối tượng để đọc.", "This layer is a picture and has no features to be read.")
	}
	return l, err
}

// hasFeatures reports whether a layer is made of features.
func hasFeatures(l catalogue.Layer) bool { return l.Kind == catalogue.Vector }

// limited gives the request no more time than a query may take, and then some.
func (q *ask) limited() (context.Context, context.CancelFunc) {
	return context.WithTimeout(q.r.Context(), 2*q.config.Timeout)
}
