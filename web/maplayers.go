package web

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"haidang"
	"haidang/geo"
	"haidang/geo/catalogue"
	"haidang/internal/auth"
	"haidang/tiles/style"
)

// mapLayer is one layer as the map's page needs it: what it is, how it is drawn, and
// what whoever asks may do with it.
type mapLayer struct {
	catalogue.Layer
	Bounds [4]float64       `json:"bounds" doc:"West, south, east, north in WGS 84"`
	Count  int64            `json:"count" doc:"About how many features there are; -1: unknown"`
	Tiles  string           `json:"tiles" doc:"Address of its tiles, with {z}/{x}/{y}"`
	Open   bool             `json:"open" doc:"Anybody may see it"`
	Style  []style.Layer    `json:"styleLayers" doc:"Layers of a MapLibre style, without their source"`
	Legend []style.Entry    `json:"legend"`
	May    []catalogue.Verb `json:"may" doc:"What you may do with it"`
}

type mapLayersOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         struct {
		Layers    []mapLayer           `json:"layers"`
		CodeLists []catalogue.CodeList `json:"codeLists" doc:"In force today"`
		Agencies  []geo.Agency         `json:"agencies"`
		Sectors   []haidang.Sector     `json:"sectors"`
	}
}

func (s *Server) registerMapLayers(d *doors) {
	operation(d, auth.CataloguePublic, huma.Operation{OperationID: "list-map-layers", Method: http.MethodGet, Path: "/api/v1/map/layers",
		Summary: "The layers you may see, how they are drawn, their legends and code lists", Tags: []string{"map"}}, s.listMapLayers)
}

func (s *Server) listMapLayers(ctx context.Context, _ *struct{}) (*mapLayersOutput, error) {
	p, err := principalOf(ctx)
	if err != nil {
		return nil, err
	}
	entries, err := catalogue.List(ctx, s.config.Pool)
	if err != nil {
		return nil, err
	}
	out := &mapLayersOutput{CacheControl: noStore}
	if out.Body.CodeLists, err = catalogue.CodeLists(ctx, s.config.Pool, haidang.Day(time.Now())); err != nil {
		return nil, err
	}
	counts, err := catalogue.Counts(ctx, s.config.Pool)
	if err != nil {
		return nil, err
	}
	lists := catalogue.BySlug(out.Body.CodeLists)
	out.Body.Layers = []mapLayer{}
	for _, entry := range entries {
		if entry.Allows(p, catalogue.See) {
			out.Body.Layers = append(out.Body.Layers, s.viewMapLayer(p, entry, lists, counts[entry.Slug]))
		}
	}
	out.Body.Agencies, out.Body.Sectors = geo.Agencies(), haidang.LayerSectors()
	return out, nil
}

func (s *Server) viewMapLayer(p *auth.Principal, entry catalogue.Layer, lists map[string]catalogue.CodeList, count int64) mapLayer {
	l := mapLayer{Layer: entry, Open: entry.Open(), Count: count, Tiles: fmt.Sprintf("/tiles/%s/{z}/{x}/{y}", entry.Slug)}
	l.Style, l.Legend = style.Of(entry, lists)
	l.Bounds = s.boundsOf(entry)
	for _, v := range []catalogue.Verb{catalogue.See, catalogue.Edit, catalogue.Approve, catalogue.Export} {
		if entry.Allows(p, v) {
			l.May = append(l.May, v)
		}
	}
	return l
}

// boundsOf is where a layer lies; all 0 when that is not known, as of one made a moment ago.
func (s *Server) boundsOf(entry catalogue.Layer) [4]float64 {
	if entry.Kind == catalogue.Raster {
		if s.config.Pictures == nil {
			return [4]float64{}
		}
		doc, _ := s.config.Pictures.TileJSON(entry.Slug, "")
		return doc.Bounds
	}
	doc, _ := s.config.Tiles.TileJSON(string(entry.Slug), "", nil)
	return doc.Bounds
}
