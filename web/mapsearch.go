package web

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/features"
	"haidang/internal/auth"
)

type mapSearchInput struct {
	Q        string `query:"q" required:"true" minLength:"1" maxLength:"200" doc:"Words, with or without marks, or coordinates"`
	Layer    string `query:"layer" doc:"Only this layer"`
	Limit    int    `query:"limit" minimum:"1" maximum:"50" default:"20"`
	Lang     string `query:"lang" doc:"vi or en"`
	Accepted string `header:"Accept-Language"`
}

// mapFound is one answer of the search.
type mapFound struct {
	Kind   string            `json:"kind" enum:"place,unit,feature" doc:"place: the coordinates that were typed"`
	Layer  haidang.LayerSlug `json:"layer" doc:"Empty for a place"`
	FID    int64             `json:"fid"`
	Title  string            `json:"title"`
	Detail string            `json:"detail"`
	Lon    float64           `json:"lon"`
	Lat    float64           `json:"lat"`
	BBox   [4]float64        `json:"bbox" doc:"West, south, east, north in WGS 84"`
}

type mapSearchOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         struct {
		Results []mapFound `json:"results" doc:"The best first"`
	}
}

// Searches at once, and how long one more waits for its turn. A search holds one
// connection of those that everything else needs too.
const (
	maxSearches        = 4
	maxSearchesWaiting = 200
	searchPatience     = 3 * time.Second
)

// unitLayer is the layer of administrative units; they come before other features.
const unitLayer = "unit"

func (s *Server) registerMapSearch(d *doors) {
	operation(d, auth.CataloguePublic, huma.Operation{OperationID: "search-map", Method: http.MethodGet, Path: "/api/v1/map/search",
		Summary: "Find features of the layers you may see, administrative units, and coordinates", Tags: []string{"map"}}, s.searchMap)
}

func (s *Server) searchMap(ctx context.Context, in *mapSearchInput) (*mapSearchOutput, error) {
	leave, err := s.awaitSearch(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	layers, err := s.searchable(ctx, haidang.LayerSlug(in.Layer))
	if err != nil {
		return nil, err
	}
	out := &mapSearchOutput{CacheControl: noStore}
	out.Body.Results = []mapFound{}
	place, err := features.FindPlace(ctx, s.config.Pool, in.Q)
	if err != nil {
		return nil, err
	}
	if place != nil {
		out.Body.Results = append(out.Body.Results, mapFound{Kind: "place", Title: place.Title, Detail: place.Detail, Lon: place.Lon, Lat: place.Lat,
			BBox: [4]float64{place.Lon, place.Lat, place.Lon, place.Lat}})
	}
	hits, err := features.Search(ctx, s.config.Pool, layers, in.Q, in.Limit)
	if err != nil {
		return nil, err
	}
	lang := preferred(in.Lang, in.Accepted)
	slices.SortStableFunc(hits, func(a, b features.Hit) int { return kindRank(a) - kindRank(b) })
	for _, h := range hits {
		out.Body.Results = append(out.Body.Results, viewHit(h, lang))
	}
	return out, nil
}

// awaitSearch waits for a turn, one line after the other.
func (s *Server) awaitSearch(ctx context.Context) (leave func(), err error) {
	wait, cancel := context.WithTimeout(ctx, searchPatience)
	defer cancel()
	leave, err = s.searches.Enter(wait, auth.Subscriber(visitorOf(ctx).address))
	if err == nil || ctx.Err() != nil {
		return leave, err
	}
	busy := haidang.Refuse(haidang.ErrUnavailable, "Nhiều người đang tìm cùng lúc; hãy thử lại sau vài giây.", "Many are searching at once; try again in a few seconds.")
	busy.Cause = &slowDown{searchPatience}
	return nil, busy
}

// searchable are the layers that whoever asks may see: all, or the one asked for.
func (s *Server) searchable(ctx context.Context, only haidang.LayerSlug) ([]catalogue.Layer, error) {
	p, err := principalOf(ctx)
	if err != nil {
		return nil, err
	}
	layers, err := catalogue.List(ctx, s.config.Pool)
	if err != nil {
		return nil, err
	}
	layers = slices.DeleteFunc(layers, func(l catalogue.Layer) bool { return !l.Allows(p, catalogue.See) || only != "" && l.Slug != only })
	if only != "" && len(layers) == 0 {
		return nil, catalogue.NotFound(only)
	}
	return layers, nil
}

func kindRank(h features.Hit) int {
	if h.Layer.Slug == unitLayer {
		return 0
	}
	return 1
}

func viewHit(h features.Hit, lang string) mapFound {
	kind := "feature"
	if h.Layer.Slug == unitLayer {
		kind = "unit"
	}
	return mapFound{Kind: kind, Layer: h.Layer.Slug, FID: h.FID, Title: h.Title.In(lang), Detail: h.Detail.In(lang), Lon: h.Lon, Lat: h.Lat, BBox: h.BBox}
}
