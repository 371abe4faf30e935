package web

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"haidang"
	"haidang/ingest"
	"haidang/internal/auth"
)

type readingsInput struct {
	ID    int32     `path:"id" minimum:"1"`
	From  time.Time `query:"from" doc:"Default: a day before to"`
	To    time.Time `query:"to" doc:"Default: now, and five minutes for clocks that are ahead"`
	Limit int       `query:"limit" minimum:"1" maximum:"1000" default:"200"`
}

type readingsOutput struct {
	Body struct {
		Readings []ingest.Reading `json:"readings"`
	}
}

type flagInput struct {
	ID   int32 `path:"id" minimum:"1"`
	Body struct {
		Time   time.Time       `json:"time" doc:"Of the reading, exactly"`
		Flag   haidang.Quality `json:"flag" doc:"deleted takes the reading out of charts, models and the latest value"`
		Set    bool            `json:"set" doc:"false takes the flag back"`
		Reason string          `json:"reason" maxLength:"500"`
	}
}

type readingOutput struct{ Body ingest.Reading }

func (s *Server) registerQuality(d *doors) {
	operation(d, auth.TelemetryRead, huma.Operation{OperationID: "list-readings", Method: http.MethodGet, Path: "/api/v1/datastreams/{id}/readings",
		Summary: "Readings as they were received, newest first, with flags, conflicts and deleted ones", Tags: []string{"telemetry"}}, s.listReadings)
	operation(d, auth.TelemetryFlag, huma.Operation{OperationID: "flag-reading", Method: http.MethodPost, Path: "/api/v1/datastreams/{id}/flags",
		Summary: "Flag a reading, or take a flag back, with a reason", Tags: []string{"telemetry"}}, s.flagReading)
}

func (s *Server) listReadings(ctx context.Context, in *readingsInput) (*readingsOutput, error) {
	if in.To.IsZero() {
		in.To = time.Now().Add(5 * time.Minute)
	}
	if in.From.IsZero() {
		in.From = in.To.Add(-24 * time.Hour)
	}
	if err := spellable("from", in.From); err != nil {
		return nil, err
	}
	if err := spellable("to", in.To); err != nil {
		return nil, err
	}
	id := haidang.DatastreamID(in.ID)
	if _, err := s.hub.stream(ctx, id); err != nil {
		return nil, err
	}
	readings, err := s.config.Registry.Readings(ctx, id, in.From, in.To, in.Limit)
	out := &readingsOutput{}
	out.Body.Readings = orEmpty(readings)
	return out, err
}

func (s *Server) flagReading(ctx context.Context, in *flagInput) (*readingOutput, error) {
	f := haidang.ObservationFlag{Datastream: haidang.DatastreamID(in.ID), PhenomenonTime: in.Body.Time, Flag: in.Body.Flag,
		Set: in.Body.Set, Reason: strings.TrimSpace(in.Body.Reason)}
	owner, err := s.config.Registry.Owner(ctx, f.Datastream)
	if err != nil {
		return nil, err
	}
	if err := require(ctx, auth.TelemetryFlag, auth.Scope{Agency: owner.Agency, Unit: owner.Unit}); err != nil {
		return nil, err
	}
	if err := checkFlag(f); err != nil {
		return nil, err
	}
	p, err := principalOf(ctx)
	if err != nil {
		return nil, err
	}
	f.By = string(p.Account)
	reading, err := s.config.Registry.FlagReading(ctx, f)
	if err != nil {
		return nil, err
	}
	if err := s.config.Bus.Publish(haidang.FlagsChanged{Flags: []haidang.ObservationFlag{f}}); err != nil {
		slog.Warn("web: the live bus did not take a flag; screens see it when they read again", "error", err)
	}
	return &readingOutput{reading}, nil
}

func checkFlag(f haidang.ObservationFlag) error {
	names := make([]string, len(haidang.Flags))
	for i, q := range haidang.Flags {
		names[i] = string(q)
	}
	switch {
	case !f.Flag.IsFlag():
		all := strings.Join(names, ", ")
		return haidang.RefuseField("flag", "Cờ phải là một trong: "+all+".", "The flag must be one of: "+all+".")
	case f.Reason == "":
		return haidang.RefuseField("reason", "Hãy ghi lý do.", "Give a reason.")
	}
	return spellable("time", f.PhenomenonTime)
}
