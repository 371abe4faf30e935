package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"haidang"
	"haidang/ingest"
	"haidang/internal/auth"
)

type retentionOutput struct{ Body ingest.RetentionView }

type keepInput struct {
	Property haidang.PropertyCode `path:"property" maxLength:"64"`
	Body     struct {
		KeepMonths int `json:"keepMonths" minimum:"0" maximum:"1200" doc:"0 is for ever"`
	}
}

func (s *Server) registerRetention(d *doors) {
	operation(d, auth.DeviceRead, huma.Operation{OperationID: "read-retention", Method: http.MethodGet, Path: "/api/v1/retention",
		Summary: "For how long readings are kept, and for how long there is room", Tags: []string{"devices"}}, s.readRetention)
	operation(d, auth.RetentionManage, huma.Operation{OperationID: "set-retention", Method: http.MethodPut, Path: "/api/v1/retention/{property}",
		Summary: "Decide for how many months a property is kept, from next month on", Tags: []string{"devices"},
		DefaultStatus: http.StatusNoContent}, s.setRetention)
}

func (s *Server) readRetention(ctx context.Context, _ *struct{}) (*retentionOutput, error) {
	view, err := s.config.Retention.View(ctx)
	if err != nil {
		return nil, err
	}
	view.Properties, view.Disk.Samples, view.Gone = orEmpty(view.Properties), orEmpty(view.Disk.Samples), orEmpty(view.Gone)
	return &retentionOutput{view}, nil
}

func (s *Server) setRetention(ctx context.Context, in *keepInput) (*struct{}, error) {
	p, err := principalOf(ctx)
	if err != nil {
		return nil, err
	}
	return nil, s.config.Retention.Keep(ctx, p.Account, in.Property, in.Body.KeepMonths)
}
