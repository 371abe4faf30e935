package web

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/internal/auth"
)

// Tiles are registered as public: whether a layer is, only the layer says. The
// others ask for tile.read.
func (s *Server) registerTiles(d *doors) {
	d.handle(auth.TilePublic, "GET /tiles/{layer}/{z}/{x}/{y}", s.serveTile)
	d.handle(auth.TilePublic, "GET /tiles/{layer}", s.serveTileJSON)
	describe(d, auth.TilePublic, huma.Operation{OperationID: "read-tile", Method: http.MethodGet, Path: "/tiles/{layer}/{z}/{x}/{y}",
		Summary: "A Mapbox vector tile, or PNG or JPEG for a layer of pictures", Tags: []string{"tiles"}})
	describe(d, auth.TilePublic, huma.Operation{OperationID: "read-tilejson", Method: http.MethodGet, Path: "/tiles/{layer}",
		Summary: "A layer as TileJSON 3.0.0", Tags: []string{"tiles"}})
}

// admitToLayer returns nil when whoever asks may see the layer. ErrNotFound says no
// more than that there is nothing for them.
func (s *Server) admitToLayer(ctx context.Context, slug string) error {
	layer, err := s.entry(haidang.LayerSlug(slug))
	if err != nil {
		return err
	}
	if layer.Open() {
		return nil
	}
	p, err := principalOf(ctx)
	if err != nil {
		return err
	}
	return layer.Require(p, catalogue.See)
}

// seesLayer reports whether the person may see the layer now; a nil person is the public.
func (s *Server) seesLayer(p *auth.Principal, slug haidang.LayerSlug) bool {
	layer, err := s.config.Tiles.Layer(slug)
	return err == nil && (layer.Public || p.May(auth.TileRead, auth.Scope{}))
}

func (s *Server) serveTile(w http.ResponseWriter, r *http.Request) error {
	if err := s.admitToLayer(r.Context(), r.PathValue("layer")); err != nil {
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
	if s.isPicture(haidang.LayerSlug(r.PathValue("layer"))) {
		return s.config.Pictures.ServeTile(w, r, r.PathValue("layer"), place[0], place[1], place[2])
	}
	return s.config.Tiles.ServeTile(w, r, r.PathValue("layer"), place[0], place[1], place[2])
}

func (s *Server) serveTileJSON(w http.ResponseWriter, r *http.Request) error {
	if err := s.admitToLayer(r.Context(), r.PathValue("layer")); err != nil {
		return err
	}
	slug := haidang.LayerSlug(r.PathValue("layer"))
	if s.isPicture(slug) {
		doc, err := s.config.Pictures.TileJSON(slug, s.config.PublicBase)
		if err != nil {
			return err
		}
		return writeJSON(w, http.StatusOK, doc)
	}
	doc, err := s.config.Tiles.TileJSON(slug, s.config.PublicBase)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, doc)
}
