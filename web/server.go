package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/prometheus/client_golang/prometheus"

	"haidang"
	"haidang/internal/turns"
	"haidang/web/ogc"
)

// Server is the edge.
type Server struct {
	config  Config
	https   bool // people come by https
	doors   *doors
	origins *http.CrossOriginProtection
	pages   *pages
	hub     *hub
	units   units
	ogc     *ogc.API
	readers crowd   // features being read
	proofs  *proofs // of passwords sent to the OGC APIs
	metrics *metrics
	http    *http.Server

	writes *limiter // public writes: reports, first administrator
	tracks *limiter // looking up tracking codes

	mapFeed   *mapFeed
	listeners crowd // who hear of changes of the map

	streams  crowd // layers being exported at once
	searches *turns.Queue
	uploads  crowd // reports with photos being received
	parts    crowd // parts of files to import being received
	mu       sync.Mutex
	listener net.Listener
	serving  sync.WaitGroup
}

// The reports being received at once, with what they keep on disk meanwhile. One line
// may be a whole hamlet's, behind the mobile operator's address.
const (
	maxUploads        = 64
	maxUploadsPerLine = 8

	maxParts        = 16
	maxPartsPerLine = 8 // an office behind one address
)

// New makes a server that is not listening yet. It fails when the pages or the
// public address cannot be read.
func New(config Config) (*Server, error) {
	if config.Metrics == nil {
		config.Metrics = prometheus.NewRegistry()
	}
	s := &Server{config: config, origins: http.NewCrossOriginProtection(), uploads: crowd{all: maxUploads, each: maxUploadsPerLine}, streams: crowd{all: maxStreams, each: maxStreamsPerLine}, searches: turns.New(maxSearches, maxSearchesWaiting), parts: crowd{all: maxParts, each: maxPartsPerLine},
		mapFeed: newMapFeed(config.Tiles), listeners: crowd{all: maxMapListeners, each: maxMapListenersPerLine},
		writes: newLimiter(10*time.Second, 20), tracks: newLimiter(time.Second, 120)}
	if err := s.trustPublicBase(); err != nil {
		return nil, err
	}
	var err error
	if s.pages, err = openPages(config.Pages); err != nil {
		return nil, err
	}
	s.hub = newHub(&s.config, s.units.forget)
	s.proofs = newProofs(config.Accounts)
	s.ogc = s.newOGC()
	if s.metrics, err = newMetrics(config.Metrics, s.hub, &s.listeners); err != nil {
		return nil, err
	}
	s.register()
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes, ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug)}
	return s, nil
}

// trustPublicBase lets pages of the public address call us when a proxy changes the host.
func (s *Server) trustPublicBase() error {
	if s.config.PublicBase == "" {
		return nil
	}
	if err := s.origins.AddTrustedOrigin(originOf(s.config.PublicBase)); err != nil {
		e := haidang.RefuseField("PublicBase", "Địa chỉ công khai phải có dạng https://haidang.example.vn.",
			"The public address must look like https://haidang.example.vn.")
		e.Cause = err
		return e
	}
	s.https = strings.HasPrefix(s.config.PublicBase, "https://")
	return nil
}

// originOf is the origin of an address as browsers spell it, or "".
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// register opens every door.
func (s *Server) register() {
	speakProblems()
	s.doors = &doors{mux: http.NewServeMux(), refuse: s.noteRefusal}
	s.doors.api = humago.New(s.doors, s.apiConfig())
	s.registerSession(s.doors)
	s.registerOGC(s.doors)
	s.registerAccounts(s.doors)
	s.registerCatalogue(s.doors)
	s.registerLive(s.doors)
	s.registerTelemetry(s.doors)
	s.registerQuality(s.doors)
	s.registerAlarms(s.doors)
	s.registerRequests(s.doors)
	s.registerReports(s.doors)
	s.registerDevices(s.doors)
	s.registerRetention(s.doors)
	s.registerDeadLetters(s.doors)
	s.registerTiles(s.doors)
	s.registerImports(s.doors)
	s.registerMapLayers(s.doors)
	s.registerMapServer(s.doors)
	s.registerLayers(s.doors)
	s.registerCodeLists(s.doors)
	s.registerExports(s.doors)
	s.registerChangesets(s.doors)
	s.registerMapChanges(s.doors)
	s.registerMapSearch(s.doors)
	s.registerHealth(s.doors)
	s.registerPages(s.doors)
}

func (s *Server) apiConfig() huma.Config {
	c := huma.DefaultConfig("Hải Đăng", "1")
	c.Info.Description = "What moves in the province, and what people do about it. Times are RFC 3339 in UTC, units are UCUM, " +
		"refusals are RFC 9457 problems in the language of Accept-Language or ?lang= (vi, en)."
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", "" // served by doors of our own
	c.CreateHooks = nil                                   // no $schema in answers
	c.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "apiKey", In: "cookie", Name: sessionCookie},
	}
	return c
}

// schemaName puts the room before a type's name: two rooms may both know an Account.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	name := huma.DefaultSchemaNamer(t, hint)
	if room := path.Base(t.PkgPath()); t.Name() != "" && room != "web" && room != "haidang" {
		return strings.ToUpper(room[:1]) + room[1:] + name
	}
	return name
}

// Start listens and returns once requests are answered. A taken port is an error that says so.
func (s *Server) Start(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.config.Addr)
	if err != nil {
		return portTaken(s.config.Addr, err)
	}
	if err := s.ogc.Start(ctx); err != nil {
		return errors.Join(err, listener.Close())
	}
	if err := s.hub.Start(ctx); err != nil {
		return errors.Join(err, listener.Close())
	}
	if err := s.mapFeed.Start(ctx, s.config.Bus); err != nil {
		return errors.Join(err, s.hub.Stop(ctx), listener.Close())
	}
	s.mu.Lock()
	s.listener = listener
	s.mu.Unlock()
	s.serving.Go(func() {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			slog.Error("web: no longer listening", "error", err)
		}
	})
	return nil
}

func portTaken(addr string, cause error) error {
	return &haidang.Error{Code: haidang.ErrUnavailable, Field: "HAIDANG_HTTP_ADDR", Cause: cause, Text: haidang.Text{
		VI: fmt.Sprintf("Không mở được %s cho trang web: có thể chương trình khác đang dùng. Hãy đổi HAIDANG_HTTP_ADDR.", addr),
		EN: fmt.Sprintf("Cannot listen on %s for the pages; another program may be using it. Change HAIDANG_HTTP_ADDR.", addr)}}
}

// Stop ends live sockets and streams, lets running requests finish until ctx ends, and waits.
// It may be called twice.
func (s *Server) Stop(ctx context.Context) error {
	s.mapFeed.Stop()
	err := s.hub.Stop(ctx)
	if down := s.http.Shutdown(ctx); down != nil {
		err = errors.Join(err, down, s.http.Close())
	}
	s.serving.Wait()
	s.ogc.Stop()
	return err
}

// URL returns the address people can open, such as "http://127.0.0.1:8080".
func (s *Server) URL() string {
	if s.config.PublicBase != "" {
		return s.config.PublicBase
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		return "http://" + s.config.Addr
	}
	return "http://" + s.listener.Addr().String()
}
