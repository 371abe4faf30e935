package web

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"haidang"
	"haidang/geo"
	"haidang/ingest"
	"haidang/internal/auth"
	"haidang/operations"
	"haidang/tiles"
)

// publicCatalogue is what the citizens' pages need to know.
type publicCatalogue struct {
	Demo       bool                  `json:"demo"`
	Units      []geo.Unit            `json:"units"`
	Categories []operations.Category `json:"categories"`
	Layers     []tiles.Layer         `json:"layers"`
}

// roomCatalogue is what the room needs to know: the words behind the codes.
type roomCatalogue struct {
	Demo       bool                  `json:"demo"`
	Properties []ingest.Property     `json:"properties"`
	Types      []ingest.DeviceType   `json:"types"`
	Sectors    []haidang.Sector      `json:"sectors"`
	Agencies   []geo.Agency          `json:"agencies"`
	Units      []geo.Unit            `json:"units"`
	Categories []operations.Category `json:"categories"`
	Layers     []tiles.Layer         `json:"layers"`
}

type catalogueOutput struct{ Body roomCatalogue }

type publicCatalogueOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         publicCatalogue
}

func (s *Server) registerCatalogue(d *doors) {
	operation(d, auth.CatalogueRead, huma.Operation{OperationID: "read-catalogue", Method: http.MethodGet, Path: "/api/v1/catalogue",
		Summary: "Properties, types, sectors, agencies, units, categories and layers", Tags: []string{"catalogue"}}, s.readCatalogue)
	operation(d, auth.CataloguePublic, huma.Operation{OperationID: "read-public-catalogue", Method: http.MethodGet, Path: "/api/v1/public/catalogue",
		Summary: "Units, categories and public layers", Tags: []string{"public"}}, s.readPublicCatalogue)
	d.handle(auth.CataloguePublic, "GET /api/v1/openapi.json", s.serveOpenAPI)
}

func (s *Server) readCatalogue(ctx context.Context, _ *struct{}) (*catalogueOutput, error) {
	shared, err := s.shared(ctx)
	if err != nil {
		return nil, err
	}
	p, err := principalOf(ctx)
	if err != nil {
		return nil, err
	}
	c := roomCatalogue{Demo: shared.Demo, Units: shared.Units, Categories: shared.Categories, Sectors: haidang.Sectors(), Agencies: geo.Agencies(),
		Layers: s.visible(p, shared.Layers)}
	if c.Properties, err = s.config.Registry.Properties(ctx); err != nil {
		return nil, err
	}
	if c.Types, err = s.config.Registry.DeviceTypes(ctx); err != nil {
		return nil, err
	}
	return &catalogueOutput{c}, nil
}

func (s *Server) readPublicCatalogue(ctx context.Context, _ *struct{}) (*publicCatalogueOutput, error) {
	c, err := s.shared(ctx)
	if err != nil {
		return nil, err
	}
	c.Layers = s.visible(nil, c.Layers)
	return &publicCatalogueOutput{CacheControl: "public, max-age=60", Body: c}, nil
}

// visible keeps the layers that the person may see; nil is the public.
func (s *Server) visible(p *auth.Principal, all []tiles.Layer) []tiles.Layer {
	return slices.DeleteFunc(slices.Clone(all), func(l tiles.Layer) bool { return !s.seesLayer(p, l.Slug) })
}

func (s *Server) shared(ctx context.Context) (c publicCatalogue, err error) {
	c.Demo = s.config.Demo
	if c.Units, err = s.units.on(ctx, s.config, haidang.Day(time.Now())); err != nil {
		return c, err
	}
	if c.Categories, err = s.config.Requests.Categories(ctx); err != nil {
		return c, err
	}
	c.Layers = s.config.Tiles.Layers()
	return c, nil
}

// units keeps the administrative units of the day: finding where their labels stand
// is too much work for every visitor.
type units struct {
	mu   sync.Mutex
	day  time.Time
	read time.Time
	list []geo.Unit
}

// unitsFresh is how long units are believed when no event says that they changed.
const unitsFresh = time.Minute

func (u *units) on(ctx context.Context, c Config, day time.Time) ([]geo.Unit, error) {
	u.mu.Lock()
	defer u.mu.Unlock() // held while reading: the others need the same
	if u.day.Equal(day) && time.Since(u.read) < unitsFresh {
		return u.list, nil
	}
	list, err := geo.UnitsOn(ctx, c.Pool, day)
	if err != nil {
		return nil, err
	}
	if list == nil {
		list = []geo.Unit{}
	}
	u.day, u.read, u.list = day, time.Now(), list
	return list, nil
}

func (u *units) forget() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.read = time.Time{}
}

// serveOpenAPI describes the JSON endpoints; the document comes from the code.
func (s *Server) serveOpenAPI(w http.ResponseWriter, r *http.Request) error {
	doc, err := s.doors.api.OpenAPI().MarshalJSON()
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/openapi+json")
	_, _ = w.Write(doc) // the reader may be gone
	return nil
}
