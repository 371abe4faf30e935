package tiles

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"

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

// TileJSON describes a layer, or several whose slugs have commas between them; base is
// the site's address, such as "https://example.vn", or empty for addresses relative to
// the host; at is the instant as of which its tiles are, or nil. It returns ErrNotFound
// for an unknown layer, ErrInvalid for an instant that a layer has no history of.
func (s *Service) TileJSON(name, base string, at *time.Time) (TileJSON, error) {
	parts, err := s.set(name)
	if err != nil {
		return TileJSON{}, err
	}
	if at != nil {
		if err := parts.checkInstant(*at); err != nil {
			return TileJSON{}, err
		}
	}
	doc := TileJSON{TileJSON: "3.0.0", Name: name, MinZoom: parts.minZoom(), MaxZoom: parts.maxZoom(),
		Tiles: []string{strings.TrimSuffix(base, "/") + "/tiles/" + name + "/{z}/{x}/{y}" + of(at)}}
	var titles, thanks []string
	var version int64
	var reach orb.Bound
	for _, l := range parts {
		known, _ := l.ledger.known()
		version += known // it grows with each
		titles = append(titles, l.Title.VI)
		if l.Attribution != "" && !slices.Contains(thanks, l.Attribution) {
			thanks = append(thanks, l.Attribution)
		}
		reach = union(reach, l.reach())
		doc.VectorLayers = append(append(doc.VectorLayers, l.vectorLayer(parts.maxZoom())), l.accounts(parts.maxZoom())...)
	}
	doc.Description, doc.Attribution = strings.Join(titles, ", "), strings.Join(thanks, "; ")
	doc.Version = fmt.Sprintf("1.%d.0", version)
	doc.Bounds = boundsOf(reach, at)
	return doc, nil
}

// wholeMap are the bounds of what may lie anywhere, as the specification has it.
var wholeMap = [4]float64{-180, -85.0511287798066, 180, 85.0511287798066}

// boundsOf leaves a layer as it was without bounds: it may have reached where nothing of
// it is today, and clients ask for no tile beyond bounds.
func boundsOf(reach orb.Bound, at *time.Time) [4]float64 {
	if at != nil {
		return wholeMap
	}
	return [4]float64{reach.Min[0], reach.Min[1], reach.Max[0], reach.Max[1]}
}

func (l *layer) vectorLayer(maxZoom int) VectorLayer {
	fields := map[string]string{}
	for _, c := range l.Columns {
		if c.FromZoom != nil {
			fields[c.Name] = fmt.Sprintf("from zoom %d", *c.FromZoom)
		}
	}
	return VectorLayer{string(l.Slug), l.MinZoom, maxZoom, fields}
}

// union leaves out what reaches nowhere.
func union(a, b orb.Bound) orb.Bound {
	switch (orb.Bound{}) {
	case a:
		return b
	case b:
		return a
	}
	return a.Union(b)
}

func (s *Service) layer(slug haidang.LayerSlug) (*layer, error) {
	if l := s.known()[slug]; l != nil {
		return l, nil
	}
	return nil, catalogue.NotFound(slug)
}
