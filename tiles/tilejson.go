package tiles

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"haidang"
	"haidang/geo/catalogue"
)

// TileJSON is a TileJSON 3.0.0 document.
type TileJSON struct {
	TileJSON     string        `json:"tilejson"`
	Name         string        `json:"name"`
	Description  string        `json:"description"`
	Version      string        `json:"version"`
	Attribution  string        `json:"attribution,omitempty"`
	Tiles        []string      `json:"tiles"`
	MinZoom      int           `json:"minzoom"`
	MaxZoom      int           `json:"maxzoom"`
	Bounds       [4]float64    `json:"bounds"` // west, south, east, north
	VectorLayers []VectorLayer `json:"vector_layers"`
}

// VectorLayer says which attributes the features of a layer carry.
type VectorLayer struct {
	ID      string            `json:"id"`
	MinZoom int               `json:"minzoom"`
	MaxZoom int               `json:"maxzoom"`
	Fields  map[string]string `json:"fields"` // name → from which zoom
}

// Layers returns the catalogue ordered by slug, as known within the last seconds.
func (s *Service) Layers() []Layer {
	list := []Layer{}
	for _, l := range s.known() {
		list = append(list, l.view())
	}
	slices.SortFunc(list, func(a, b Layer) int { return cmp.Compare(a.Slug, b.Slug) })
	return list
}

// Layer returns one entry of the catalogue, or ErrNotFound.
func (s *Service) Layer(slug haidang.LayerSlug) (Layer, error) {
	l, err := s.layer(slug)
	if err != nil {
		return Layer{}, err
	}
	return l.view(), nil
}

// Entry returns a layer as the catalogue describes it, as known within the last
// seconds, or ErrNotFound.
func (s *Service) Entry(slug haidang.LayerSlug) (catalogue.Layer, error) {
	l, err := s.layer(slug)
	if err != nil {
		return catalogue.Layer{}, err
	}
	return l.Layer, nil
}

// TileJSON describes one layer; base is the site's address, such as
// "https://example.vn", or empty for addresses relative to the host. It returns
// ErrNotFound for an unknown layer.
func (s *Service) TileJSON(slug haidang.LayerSlug, base string) (TileJSON, error) {
	l, err := s.layer(slug)
	if err != nil {
		return TileJSON{}, err
	}
	fields := map[string]string{}
	for _, c := range l.Columns {
		if c.FromZoom != nil {
			fields[c.Name] = fmt.Sprintf("from zoom %d", *c.FromZoom)
		}
	}
	return TileJSON{TileJSON: "3.0.0", Name: string(l.Slug), Description: l.Title.VI,
		Version: fmt.Sprintf("1.%d.0", l.Version), Attribution: l.Attribution,
		Tiles:   []string{strings.TrimSuffix(base, "/") + "/tiles/" + string(l.Slug) + "/{z}/{x}/{y}"},
		MinZoom: l.MinZoom, MaxZoom: l.MaxZoom, Bounds: l.bounds,
		VectorLayers: append([]VectorLayer{{string(l.Slug), l.MinZoom, l.MaxZoom, fields}}, l.accounts()...)}, nil
}

func (s *Service) layer(slug haidang.LayerSlug) (*layer, error) {
	if l := s.known()[slug]; l != nil {
		return l, nil
	}
	return nil, haidang.Refuse(haidang.ErrNotFound,
		"Không có lớp bản đồ này. Danh mục: "+s.names()+".", "There is no such map layer. The catalogue has: "+s.names()+".")
}

// names lists the public layers.
func (s *Service) names() string {
	var names []string
	for _, slug := range slices.Sorted(maps.Keys(s.known())) {
		if s.known()[slug].Open() {
			names = append(names, string(slug))
		}
	}
	return strings.Join(names, ", ")
}
