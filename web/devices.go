package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"haidang/ingest"
	"haidang/internal/auth"
)

type ingestOutput struct {
	Body struct {
		Totals   ingest.Totals `json:"totals"`
		Queue    ingest.Queue  `json:"queue"`
		Refusals int64         `json:"refusals"`
	}
}

type devicesOutput struct {
	Body struct {
		Devices []ingest.Account `json:"devices"`
	}
}

type refusalsOutput struct {
	Body struct {
		Refusals []ingest.Refusal `json:"refusals"`
	}
}

func (s *Server) registerDevices(d *doors) {
	operation(d, auth.DeviceRead, huma.Operation{OperationID: "read-ingest", Method: http.MethodGet, Path: "/api/v1/ingest",
		Summary: "What became of all that was received, and what waits", Tags: []string{"devices"}}, s.readIngest)
	operation(d, auth.DeviceRead, huma.Operation{OperationID: "list-devices", Method: http.MethodGet, Path: "/api/v1/devices",
		Summary: "The account of every device", Tags: []string{"devices"}}, s.listDevices)
	operation(d, auth.DeadLetterRead, huma.Operation{OperationID: "list-refusals", Method: http.MethodGet, Path: "/api/v1/refusals",
		Summary: "Attempts to do on the broker what one has no right to", Tags: []string{"devices"}}, s.listRefusals)
}

func (s *Server) readIngest(ctx context.Context, _ *struct{}) (*ingestOutput, error) {
	totals, err := s.config.Ledger.Totals(ctx)
	if err != nil {
		return nil, err
	}
	out := &ingestOutput{}
	out.Body.Totals, out.Body.Refusals, out.Body.Queue = totals, totals.Refusals, s.config.Queue.Queue(ctx)
	return out, nil
}

func (s *Server) listDevices(ctx context.Context, _ *struct{}) (*devicesOutput, error) {
	devices, err := s.config.Ledger.Accounts(ctx)
	out := &devicesOutput{}
	out.Body.Devices = orEmpty(devices)
	return out, err
}

func (s *Server) listRefusals(ctx context.Context, _ *struct{}) (*refusalsOutput, error) {
	refusals, err := s.config.Ledger.Refusals(ctx)
	out := &refusalsOutput{}
	out.Body.Refusals = orEmpty(refusals)
	return out, err
}
