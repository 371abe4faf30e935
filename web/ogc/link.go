package ogc

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// link is a link as all OGC APIs spell it.
type link struct {
	Href      string `json:"href"`
	Rel       string `json:"rel"`
	Type      string `json:"type,omitempty"`
	Title     string `json:"title,omitempty"`
	Hreflang  string `json:"hreflang,omitempty"`
	Templated bool   `json:"templated,omitempty"`
}

// The link relations that are not in the register of IANA.
const (
	relConformance = "http://www.opengis.net/def/rel/ogc/1.0/conformance"
	relSchema      = "http://www.opengis.net/def/rel/ogc/1.0/schema"
	relQueryables  = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
	relTilesets    = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
	relMapTiles    = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-map"
	relGrids       = "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes"
	relGrid        = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
	relFunctions   = "http://www.opengis.net/def/rel/ogc/1.0/functions"
	relStyles      = "http://www.opengis.net/def/rel/ogc/1.0/styles"
)

// to makes a link to a resource of the API.
func (q *ask) to(rel, path, media, title string) link {
	return link{Href: q.base + path, Rel: rel, Type: media, Title: title}
}

// itself links the resource to itself and to its other form, with all parameters but f.
func (q *ask) itself() []link {
	as := func(f string) string {
		query := url.Values{}
		for name, values := range q.query {
			query[name] = values
		}
		query.Set("f", f)
		return strings.TrimSuffix(q.base, root) + q.r.URL.EscapedPath() + "?" + query.Encode()
	}
	data := link{Href: as(formatOf(q.media)), Rel: "self", Type: q.media, Title: q.say("Tài liệu này", "This document")}
	if !q.endpoint.html {
		return []link{data}
	}
	page := link{Href: as("html"), Rel: "alternate", Type: mediaHTML, Title: q.say("Trang cho người đọc", "As a page"), Hreflang: q.spoken()}
	if q.html {
		data.Rel, page.Rel = "alternate", "self"
		data.Title, page.Title = q.say("Dữ liệu JSON", "As JSON"), q.say("Trang này", "This page")
	}
	return []link{data, page}
}

// writeLinks says the links in the head too.
func writeLinks(h http.Header, links []link) {
	for _, l := range links {
		if !l.Templated {
			h.Add("Link", fmt.Sprintf(`<%s>; rel="%s"; type="%s"`, l.Href, l.Rel, l.Type))
		}
	}
}
