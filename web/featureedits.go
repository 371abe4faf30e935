package web

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/changesets"
	"haidang/geo/crs"
	"haidang/internal/auth"
)

// FeatureInput names a feature of a layer. It is exported, as huma overlooks what is
// embedded otherwise.
type FeatureInput struct {
	Slug haidang.LayerSlug `path:"slug" maxLength:"41"`
	FID  int64             `path:"fid"`
	CRS  string            `query:"crs" enum:"crs84,storage," doc:"Of the shapes: longitude and latitude, or exactly as stored"`
}

type featureOutput struct {
	ETag string `header:"ETag"`
	Body changesets.Past
}

type historyInput struct {
	FeatureInput
	Version int64 `query:"version" minimum:"0" doc:"Only the version of that rowVersion, and its shape; 0: all, without shapes"`
}

type historyOutput struct {
	Body struct {
		Versions []changesets.Past `json:"versions"`
	}
}

type restoreInput struct {
	FeatureInput
	Body struct {
		RowVersion int64  `json:"rowVersion" minimum:"1"`
		Title      string `json:"title" maxLength:"500" doc:"Why"`
	}
}

// editingView is what an editor of a layer needs to know.
type editingView struct {
	Layer     haidang.LayerSlug  `json:"layer"`
	MayEdit   bool               `json:"mayEdit"`
	MayReview bool               `json:"mayReview"`
	Review    catalogue.Review   `json:"review"`
	Columns   []catalogue.Column `json:"columns"`
	Geometry  string             `json:"geometry"`
	CRS       string             `json:"crs" doc:"Official name of the storage CRS"`
	Drafts    []changesetView    `json:"drafts" doc:"Your own that are not decided"`
}

func (s *Server) registerFeatures(d *doors) {
	tags := []string{"changesets"}
	operation(d, auth.CatalogueRead, huma.Operation{OperationID: "read-editing", Method: http.MethodGet, Path: "/api/v1/layers/{slug}/editing",
		Summary: "What an editor of the layer needs to know", Tags: tags}, s.readEditing)
	operation(d, auth.CatalogueRead, huma.Operation{OperationID: "read-feature", Method: http.MethodGet, Path: "/api/v1/layers/{slug}/features/{fid}",
		Summary: "One feature as it is, with who made it so, when and why", Tags: tags}, s.readFeature)
	operation(d, auth.CatalogueRead, huma.Operation{OperationID: "read-feature-history", Method: http.MethodGet, Path: "/api/v1/layers/{slug}/features/{fid}/history",
		Summary: "All versions of a feature, the newest first, without their shapes; or one with its shape", Tags: tags}, s.readHistory)
	operation(d, auth.LayerEdit, huma.Operation{OperationID: "restore-feature", Method: http.MethodPost, Path: "/api/v1/layers/{slug}/features/{fid}/restore",
		Summary: "Draft what makes a feature again as it was at one version", Tags: tags, DefaultStatus: http.StatusCreated}, s.restoreFeature)
}

func (in FeatureInput) srid(l catalogue.Layer) int {
	if in.CRS == "storage" {
		return l.SRID
	}
	return 4326
}

func (s *Server) readEditing(ctx context.Context, in *layerInput) (*struct{ Body editingView }, error) {
	p, l, err := s.layerFor(ctx, in.Slug, catalogue.See)
	if err != nil {
		return nil, err
	}
	system, _ := crs.BySRID(l.SRID)
	possible := l.Kind == catalogue.Vector && l.Own()
	v := editingView{Layer: l.Slug, MayEdit: possible && l.Allows(p, catalogue.Edit), MayReview: possible && l.Allows(p, catalogue.Approve), Review: l.Review,
		Columns: orEmpty(l.Columns), Geometry: l.Geometry, CRS: system.Official(), Drafts: []changesetView{}}
	open, err := s.config.Changesets.List(ctx, changesets.Query{Viewer: p.Account, Layers: []haidang.LayerSlug{l.Slug}, Author: p.Account, Limit: 20,
		States: []changesets.State{changesets.Draft, changesets.Submitted, changesets.Approved, changesets.Rejected}})
	for _, c := range open {
		v.Drafts = append(v.Drafts, view(p, l, c))
	}
	return &struct{ Body editingView }{v}, err
}

func (s *Server) readFeature(ctx context.Context, in *FeatureInput) (*featureOutput, error) {
	_, l, err := s.layerFor(ctx, in.Slug, catalogue.See)
	if err != nil {
		return nil, err
	}
	now, err := s.config.Changesets.Now(ctx, l, in.FID, in.srid(l))
	return &featureOutput{fmt.Sprintf(`"%d"`, now.RowVersion), now}, err
}

func (s *Server) readHistory(ctx context.Context, in *historyInput) (*historyOutput, error) {
	_, l, err := s.layerFor(ctx, in.Slug, catalogue.See)
	if err != nil {
		return nil, err
	}
	out := &historyOutput{}
	if in.Version != 0 {
		was, err := s.config.Changesets.Was(ctx, l, in.FID, in.Version, in.srid(l))
		out.Body.Versions = []changesets.Past{was}
		return out, err
	}
	out.Body.Versions, err = s.config.Changesets.History(ctx, l, in.FID)
	return out, err
}

func (s *Server) restoreFeature(ctx context.Context, in *restoreInput) (*changesetOutput, error) {
	p, l, err := s.layerFor(ctx, in.Slug, catalogue.Edit)
	if err != nil {
		return nil, err
	}
	id, err := s.config.Changesets.Restore(ctx, p.Account, l, in.FID, in.Body.RowVersion, in.Body.Title)
	return s.afterwards(ctx, id, err)
}
