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

type seriesInput struct {
	ID      int32     `path:"id" minimum:"1"`
	From    time.Time `query:"from" doc:"Default: a day before to"`
	To      time.Time `query:"to" doc:"Default: now"`
	Buckets int       `query:"buckets" minimum:"1" maximum:"5000" default:"300"`
}

// series is a datastream over a stretch of time. Gaps are absent.
type series struct {
	Datastream haidang.DatastreamID `json:"datastream"`
	Thing      haidang.ThingID      `json:"thing"`
	Property   haidang.PropertyCode `json:"property"`
	From       time.Time            `json:"from"`
	To         time.Time            `json:"to"`
	Buckets    []ingest.Bucket      `json:"buckets"`
}

type seriesOutput struct{ Body series }

func (s *Server) registerTelemetry(d *doors) {
	operation(d, auth.TelemetryRead, huma.Operation{OperationID: "read-observations", Method: http.MethodGet, Path: "/api/v1/datastreams/{id}/observations",
		Summary: "A datastream in equal stretches of time", Tags: []string{"telemetry"}}, s.readSeries)
}

func (s *Server) readSeries(ctx context.Context, in *seriesInput) (*seriesOutput, error) {
	if in.To.IsZero() {
		in.To = time.Now()
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
	out := &seriesOutput{series{Datastream: haidang.DatastreamID(in.ID), From: in.From.UTC(), To: in.To.UTC()}}
	b := &out.Body
	name, err := s.hub.stream(ctx, b.Datastream)
	if err != nil {
		return nil, err
	}
	b.Thing, b.Property = name.thing, name.property
	buckets, err := s.config.Registry.Series(ctx, b.Datastream, b.From, b.To, in.Buckets)
	b.Buckets = orEmpty(buckets)
	return out, err
}

// spellable refuses a time that RFC 3339 cannot write in UTC, such as the last hours
// of 9999 somewhere in the west: the answer could not be written either.
func spellable(field string, t time.Time) error {
	if year := t.UTC().Year(); year >= 0 && year <= 9999 {
		return nil
	}
	return haidang.RefuseField(field, "Năm phải từ 0 đến 9999 theo giờ UTC.", "The year must be 0 to 9999 in UTC.")
}
