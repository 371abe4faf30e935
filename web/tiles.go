package web

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/internal/auth"
	"haidang/tiles"
)

// Tiles are registered as public: whether a layer is, only the layer says.
func (s *Server) registerTiles(d *doors) {
	d.handle(auth.TilePublic, "GET /tiles/{layer}/{z}/{x}/{y}", s.serveTile)
	d.handle(auth.TilePublic, "GET /tiles/{layer}", s.serveTileJSON)
	describe(d, auth.TilePublic, huma.Operation{OperationID: "read-tile", Method: http.MethodGet, Path: "/tiles/{layer}/{z}/{x}/{y}",
		Summary: "A Mapbox vector tile of a layer, or of several with commas between them; PNG or JPEG of a layer of pictures; ?at=2026-11-30T09:00:00Z as it was then, to who has signed in", Tags: []string{"tiles"}})
	describe(d, auth.TilePublic, huma.Operation{OperationID: "read-tilejson", Method: http.MethodGet, Path: "/tiles/{layer}",
		Summary: "A layer, or several with commas between them, as TileJSON 3.0.0; ?at= as it was then, to who has signed in", Tags: []string{"tiles"}})
}

// admitToLayers returns nil when whoever asks may see every layer of the name.
// ErrNotFound says no more than that there is nothing for them.
func (s *Server) admitToLayers(ctx context.Context, name string) error {
	slugs, err := tiles.Slugs(name)
	if err != nil {
		return err
	}
	for _, slug := range slugs {
		layer, err := s.entry(slug)
		if err != nil {
			return err
		}
		if layer.Open() {
			continue
		}
		p, err := principalOf(ctx)
		if err != nil {
			return err
		}
		if err := layer.Require(p, catalogue.See); err != nil {
			return err
		}
	}
	return nil
}

// seesLayer reports whether the person may see the layer now; a nil person is the public.
func (s *Server) seesLayer(p *auth.Principal, slug haidang.LayerSlug) bool {
	layer, err := s.entry(slug)
	return err == nil && layer.Allows(p, catalogue.See)
}

func (s *Server) serveTile(w http.ResponseWriter, r *http.Request) error {
	if err := s.admitToLayers(r.Context(), r.PathValue("layer")); err != nil {
		return err
	}
	var place [3]uint32
	for i, name := range []string{"z", "x", "y"} {
		n, err := strconv.ParseUint(withoutSuffix(r.PathValue(name)), 10, 32)
		if err != nil {
			return haidang.RefuseField(name, "Địa chỉ mảnh bản đồ phải là ba số nguyên z/x/y.", "A tile's address is three whole numbers z/x/y.")
		}
		place[i] = uint32(n)
	}
	return s.handOut(w, r, r.PathValue("layer"), place[0], place[1], place[2])
}

// handOut serves a tile of a layer of either kind to somebody who may see it.
func (s *Server) handOut(w http.ResponseWriter, r *http.Request, layer string, z, x, y uint32) error {
	at, err := instantOf(r)
	if err != nil {
		return err
	}
	if slug := haidang.LayerSlug(layer); s.isPicture(slug) {
		if err := s.checkInstant(at, slug); err != nil {
			return err
		}
		return s.config.Pictures.ServeTile(w, r, layer, z, x, y)
	}
	r = r.WithContext(tiles.WithAsker(r.Context(), auth.Subscriber(visitorOf(r.Context()).address)))
	return s.config.Tiles.ServeTile(w, r, layer, z, x, y)
}

// instantOf is the instant as of which somebody who may asks for a map; nil: as it is.
func instantOf(r *http.Request) (*time.Time, error) {
	at, err := tiles.InstantOf(r)
	if err != nil || at == nil {
		return nil, err
	}
	p, err := principalOf(r.Context())
	return at, cmp.Or(err, catalogue.RequirePast(p))
}

// checkInstant refuses a layer as of an instant that it has no history of.
func (s *Server) checkInstant(at *time.Time, slug haidang.LayerSlug) error {
	if at == nil {
		return nil
	}
	layer, err := s.entry(slug)
	if err != nil {
		return err
	}
	return layer.CheckInstant(*at)
}

func (s *Server) serveTileJSON(w http.ResponseWriter, r *http.Request) error {
	if err := s.admitToLayers(r.Context(), r.PathValue("layer")); err != nil {
		return err
	}
	at, err := instantOf(r)
	if err != nil {
		return err
	}
	if slug := haidang.LayerSlug(r.PathValue("layer")); s.isPicture(slug) {
		if err := s.checkInstant(at, slug); err != nil {
			return err
		}
		doc, err := s.config.Pictures.TileJSON(slug, s.config.PublicBase)
		if err != nil {
			return err
		}
		return writeJSON(w, http.StatusOK, doc)
	}
	doc, err := s.config.Tiles.TileJSON(r.PathValue("layer"), s.config.PublicBase, at)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, doc)
}
