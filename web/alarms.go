package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"haidang"
	"haidang/internal/auth"
	"haidang/operations"
)

type alarmsInput struct {
	Standing bool  `query:"standing" doc:"Only those that are not normal"`
	Before   int64 `query:"before" minimum:"0"`
	Limit    int   `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

type alarmsOutput struct {
	Body struct {
		Alarms []haidang.Alarm `json:"alarms"`
	}
}

type alarmInput struct {
	ID int64 `path:"id" minimum:"1"`
}

type alarmHistoryOutput struct {
	Body struct {
		Alarm  haidang.Alarm           `json:"alarm"`
		Events []operations.AlarmEvent `json:"events"`
	}
}

type acknowledgeInput struct {
	ID   int64 `path:"id" minimum:"1"`
	Body struct {
		Note string `json:"note,omitempty" maxLength:"4000" doc:"What will be done; needed for priorities 1 and 2"`
	}
}

type alarmOutput struct{ Body haidang.Alarm }

func (s *Server) registerAlarms(d *doors) {
	operation(d, auth.AlarmRead, huma.Operation{OperationID: "list-alarms", Method: http.MethodGet, Path: "/api/v1/alarms",
		Summary: "Alarms, newest first", Tags: []string{"alarms"}}, s.listAlarms)
	operation(d, auth.AlarmRead, huma.Operation{OperationID: "read-alarm", Method: http.MethodGet, Path: "/api/v1/alarms/{id}",
		Summary: "One alarm and all that happened to it", Tags: []string{"alarms"}}, s.readAlarm)
	operation(d, auth.AlarmAcknowledge, huma.Operation{OperationID: "acknowledge-alarm", Method: http.MethodPost, Path: "/api/v1/alarms/{id}/acknowledge",
		Summary: "Take an alarm; 409 names who has taken it already", Tags: []string{"alarms"}}, s.acknowledgeAlarm)
}

func (s *Server) listAlarms(ctx context.Context, in *alarmsInput) (*alarmsOutput, error) {
	alarms, err := s.config.Alarms.List(ctx, operations.AlarmFilter{Standing: in.Standing, Before: haidang.AlarmID(in.Before), Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out := &alarmsOutput{}
	out.Body.Alarms = orEmpty(alarms)
	return out, nil
}

func (s *Server) readAlarm(ctx context.Context, in *alarmInput) (*alarmHistoryOutput, error) {
	alarm, events, err := s.config.Alarms.Get(ctx, haidang.AlarmID(in.ID))
	if err != nil {
		return nil, err
	}
	out := &alarmHistoryOutput{}
	out.Body.Alarm, out.Body.Events = alarm, orEmpty(events)
	return out, nil
}

func (s *Server) acknowledgeAlarm(ctx context.Context, in *acknowledgeInput) (*alarmOutput, error) {
	id := haidang.AlarmID(in.ID)
	before, _, err := s.config.Alarms.Get(ctx, id) // agency and area of an alarm never change
	if err != nil {
		return nil, err
	}
	if err := require(ctx, auth.AlarmAcknowledge, scopeOfAlarm(before)); err != nil {
		return nil, err
	}
	p, err := principalOf(ctx)
	if err != nil {
		return nil, err
	}
	alarm, err := s.config.Alarms.Acknowledge(ctx, id, p.Account, in.Body.Note)
	return &alarmOutput{alarm}, err
}
