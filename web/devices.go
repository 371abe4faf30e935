package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"haidang"
	"haidang/ingest"
	"haidang/internal/auth"
)

type sinceInput struct {
	Since time.Time `query:"since" doc:"The account since the newest snapshot at or before this; default: since counting began"`
}

type ingestOutput struct{ Body ingest.Account }

type devicesOutput struct {
	Body struct {
		Since   *time.Time             `json:"since"`
		Devices []ingest.DeviceAccount `json:"devices"`
	}
}

type deviceInput struct {
	Thing haidang.ThingID `path:"thing" maxLength:"64"`
}

type deviceOutput struct{ Body ingest.DeviceDetail }

type limitInput struct {
	Code string `path:"code" maxLength:"64"`
	Body struct {
		PerMinute int `json:"perMinute" doc:"Messages a minute from one device; 0: as many as it likes"`
		Burst     int `json:"burst" doc:"Messages at once"`
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
	operation(d, auth.DeviceRead, huma.Operation{OperationID: "read-device", Method: http.MethodGet, Path: "/api/v1/devices/{thing}",
		Summary: "One device: its account, sequence, latest values, attributes and refusals", Tags: []string{"devices"}}, s.readDevice)
	operation(d, auth.DeviceManage, huma.Operation{OperationID: "limit-device-type", Method: http.MethodPut, Path: "/api/v1/device-types/{code}",
		Summary: "Say how often devices of a type may send", Tags: []string{"devices"}, DefaultStatus: http.StatusNoContent}, s.limitDeviceType)
	operation(d, auth.DeadLetterRead, huma.Operation{OperationID: "list-refusals", Method: http.MethodGet, Path: "/api/v1/refusals",
		Summary: "Attempts to do on the broker what one has no right to", Tags: []string{"devices"}}, s.listRefusals)
}

func (s *Server) readIngest(ctx context.Context, in *sinceInput) (*ingestOutput, error) {
	if err := spellable("since", in.Since); err != nil {
		return nil, err
	}
	account, err := s.config.Path.Account(ctx, in.Since)
	return &ingestOutput{account}, err
}

func (s *Server) listDevices(ctx context.Context, in *sinceInput) (*devicesOutput, error) {
	if err := spellable("since", in.Since); err != nil {
		return nil, err
	}
	devices, since, err := s.config.Ledger.Devices(ctx, in.Since)
	out := &devicesOutput{}
	out.Body.Since, out.Body.Devices = since, orEmpty(devices)
	return out, err
}

func (s *Server) readDevice(ctx context.Context, in *deviceInput) (*deviceOutput, error) {
	device, err := s.config.Ledger.Device(ctx, in.Thing)
	device.Streams, device.Attributes, device.Refusals = orEmpty(device.Streams), orEmpty(device.Attributes), orEmpty(device.Refusals)
	return &deviceOutput{device}, err
}

func (s *Server) limitDeviceType(ctx context.Context, in *limitInput) (*struct{}, error) {
	p, err := principalOf(ctx)
	if err != nil {
		return nil, err
	}
	return nil, s.config.Registry.SetLimit(ctx, p.Account, in.Code, in.Body.PerMinute, in.Body.Burst)
}

func (s *Server) listRefusals(ctx context.Context, _ *struct{}) (*refusalsOutput, error) {
	refusals, err := s.config.Ledger.Refusals(ctx)
	out := &refusalsOutput{}
	out.Body.Refusals = orEmpty(refusals)
	return out, err
}
