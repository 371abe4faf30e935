package ogc

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/maypok86/otter/v2"

	"haidang/geo/changesets"
	"haidang/internal/auth"
	"haidang/tiles"
	"haidang/tiles/pictures"
)

// Config is what the API stands on; the edge fills it in.
type Config struct {
	Pool       *pgxpool.Pool
	Tiles      *tiles.Service
	Pictures   *pictures.Service                                                                // may be nil: then there are no raster layers
	Changesets *changesets.Editor                                                               // may be nil: then layers are only read
	Tile       func(w http.ResponseWriter, r *http.Request, layer string, z, x, y uint32) error // of a layer that may be seen
	Base       func(*http.Request) string                                                       // the site's address as this visitor sees it, "https://example.vn"
	Principal  func(context.Context) (*auth.Principal, error)                                   // who asks; nil is the public
	Language   func(*http.Request) string                                                       // "vi", "en"
	Enter      func(context.Context) (leave func(), err error)                                  // takes one of the few places for readers
	Line       func(context.Context) string                                                     // the subscriber's line that asks
	Problem    func(error, string) (status int, title, text string)                             // an error as a reader of that language sees it
	Font       string                                                                           // address of the pages' font; may be empty
	Conns      int                                                                              // database connections for features, at least 2; twice the cores
	Timeout    time.Duration                                                                    // longest query; 30 s
}

// Route is one door for the edge to open.
type Route struct {
	Pattern string // as net/http's ServeMux takes it
	Action  auth.Action
	Serve   func(http.ResponseWriter, *http.Request) error
}

// API serves the layers. It is safe for concurrent use.
type API struct {
	config Config
	pool   *pgxpool.Pool // features only: who downloads a layer leaves the others' connections alone
	shares *shares
	counts *counts
	spans  *otter.Cache[string, span]
}

// New makes an API; Start opens its connections.
func New(c Config) *API {
	if c.Conns == 0 {
		c.Conns = 2 * runtime.GOMAXPROCS(0)
	}
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Second
	}
	return &API{config: c, shares: &shares{each: c.Conns / 2, lines: map[string]*share{}}, counts: newCounts(), spans: otter.Must(&otter.Options[string, span]{MaximumSize: spansKept})}
}

// Start opens a small pool of connections whose queries end by themselves.
func (a *API) Start(ctx context.Context) error {
	config := a.config.Pool.Config().Copy()
	config.MinConns, config.MaxConns = 0, int32(a.config.Conns)
	params := config.ConnConfig.RuntimeParams
	params["application_name"] = "haidang ogc"
	params["statement_timeout"] = strconv.FormatInt(a.config.Timeout.Milliseconds(), 10)
	params["max_parallel_workers_per_gather"] = "0"
	params["jit"] = "off"
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("open connections for features: %w", err)
	}
	a.pool = pool
	return nil
}

// Stop closes the connections. It may be called twice, and without Start.
func (a *API) Stop() {
	if a.pool != nil {
		a.pool.Close()
	}
}

// endpoint is one kind of resource.
type endpoint struct {
	path   string   // below /ogc
	media  string   // of the JSON form
	html   bool     // there is a page too
	params []string // query parameters beside f and lang
	serve  func(*ask, http.ResponseWriter) error
}

// root is where the API begins.
const root = "/ogc"

func (a *API) endpoints() []endpoint {
	return []endpoint{
		{path: "", media: mediaJSON, html: true, serve: serveLanding},
		{path: "/conformance", media: mediaJSON, html: true, serve: serveConformance},
		{path: "/api", media: mediaOpenAPI, serve: serveOpenAPI},
		{path: "/functions", media: mediaJSON, serve: serveFunctions},
		{path: "/collections", media: mediaJSON, html: true, serve: serveCollections},
		{path: "/collections/{collection}", media: mediaJSON, html: true, serve: serveCollection},
		{path: "/collections/{collection}/schema", media: mediaSchema, serve: serveSchema},
		{path: "/collections/{collection}/queryables", media: mediaSchema, serve: serveQueryables},
		{path: "/collections/{collection}/items", media: mediaGeoJSON, html: true, params: itemsParams, serve: serveItems},
		{path: "/collections/{collection}/items/{item}", media: mediaGeoJSON, html: true, params: []string{"crs", "at"}, serve: serveItem},
		{path: "/collections/{collection}/tiles", media: mediaJSON, serve: serveTilesets},
		{path: "/collections/{collection}/tiles/{grid}", media: mediaJSON, serve: serveTileset},
		{path: "/collections/{collection}/tiles/{grid}/tilejson", media: mediaJSON, params: []string{"at"}, serve: serveTileJSON},
		{path: "/collections/{collection}/tiles/{grid}/{matrix}/{row}/{column}", media: mediaTile, params: []string{"at"}, serve: serveTile},
		{path: "/styles", media: mediaJSON, serve: serveStyles},
		{path: "/styles/{collection}", media: mediaStyle, serve: serveStyle},
		{path: "/styles/{collection}/legend", media: mediaJSON, serve: serveLegend},
		{path: "/tileMatrixSets", media: mediaJSON, serve: serveGrids},
		{path: "/tileMatrixSets/{grid}", media: mediaJSON, serve: serveGrid},
	}
}

// Routes lists the doors.
func (a *API) Routes() []Route {
	all := a.endpoints()
	routes := []Route{{"GET " + root + "/{$}", auth.OGCRead, a.handle(all[0])}, {"GET " + root + "/assets/ogc.css", auth.OGCRead, a.serveCSS}}
	for _, e := range all {
		routes = append(routes, Route{"GET " + root + e.path, auth.OGCRead, a.handle(e)},
			Route{"OPTIONS " + root + e.path, auth.OGCRead, a.options(root + e.path)})
	}
	return append(routes, a.editRoutes()...)
}

func (a *API) handle(e endpoint) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		q, err := a.understand(e, r)
		if err == nil {
			q.head(w.Header())
			err = e.serve(q, w)
		}
		if err != nil && q != nil && q.html {
			return q.fail(w, err)
		}
		return err
	}
}

// options says what can be done at a path.
func (a *API) options(path string) func(http.ResponseWriter, *http.Request) error {
	switch path {
	case itemsPath:
		return a.serveAllow(", POST")
	case itemPath:
		return a.serveAllow(", PUT, DELETE")
	}
	return func(w http.ResponseWriter, _ *http.Request) error { return allow(w, readOnly) }
}

// allow answers with the methods. Pages of other sites may only read.
func allow(w http.ResponseWriter, methods string) error {
	h := w.Header()
	h.Set("Allow", methods)
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", readOnly)
	h.Set("Access-Control-Max-Age", "86400")
	w.WriteHeader(http.StatusOK)
	return nil
}
