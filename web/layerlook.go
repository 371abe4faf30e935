package web

import (
	"context"
	"time"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/tiles/style"
)

type lookInput struct {
	Slug haidang.LayerSlug `path:"slug" maxLength:"41"`
	Body catalogue.EntryEdit
}

type lookOutput struct {
	Body struct {
		Style  []style.Layer `json:"styleLayers" doc:"Layers of a MapLibre style, without their source"`
		Legend []style.Entry `json:"legend"`
	}
}

// previewLook draws a layer as it would be after an edit, so that whoever edits sees
// what the map will show before it does.
func (s *Server) previewLook(ctx context.Context, in *lookInput) (*lookOutput, error) {
	_, l, err := s.layerFor(ctx, in.Slug, catalogue.See)
	if err != nil {
		return nil, err
	}
	if l, err = l.Edited(in.Body); err != nil {
		return nil, err
	}
	if err := l.Validate(); err != nil {
		return nil, err
	}
	inForce, err := catalogue.CodeLists(ctx, s.config.Pool, haidang.Day(time.Now()))
	if err != nil {
		return nil, err
	}
	out := &lookOutput{}
	out.Body.Style, out.Body.Legend = style.Of(l, catalogue.BySlug(inForce))
	return out, nil
}
