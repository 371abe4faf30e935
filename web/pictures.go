package web

import (
	"strings"

	"haidang"
	"haidang/geo/catalogue"
)

// isPicture reports whether the layer is made of pictures.
func (s *Server) isPicture(slug haidang.LayerSlug) bool {
	if s.config.Pictures == nil {
		return false
	}
	_, err := s.config.Pictures.Entry(slug)
	return err == nil
}

// entry returns a layer of either kind, or ErrNotFound.
func (s *Server) entry(slug haidang.LayerSlug) (catalogue.Layer, error) {
	if s.isPicture(slug) {
		return s.config.Pictures.Entry(slug)
	}
	return s.config.Tiles.Entry(slug)
}

// withoutSuffix takes a file's ending away, which some programs put at a tile's address.
func withoutSuffix(number string) string {
	for _, suffix := range []string{".mvt", ".pbf", ".png", ".jpg"} {
		number = strings.TrimSuffix(number, suffix)
	}
	return number
}
