package web

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"haidang"
	"haidang/ingest"
	"haidang/internal/auth"
)

// DeadLetterQuery chooses dead letters, in the query of a list and in the body of a
// replay. Exported, because huma does not see into embedded structs that are not.
type DeadLetterQuery struct {
	Reason string          `query:"reason" json:"reason,omitempty" maxLength:"40"`
	Thing  haidang.ThingID `query:"thing" json:"thing,omitempty" maxLength:"64"`
	Text   string          `query:"text" json:"text,omitempty" maxLength:"200" doc:"In the topic, the detail or the payload"`
	Since  time.Time       `query:"since" json:"since,omitzero"`
	Until  time.Time       `query:"until" json:"until,omitzero"`
}

func (f DeadLetterQuery) filter(state string, before int64, limit int) ingest.DeadLetterFilter {
	return ingest.DeadLetterFilter{Reason: f.Reason, Thing: f.Thing, Text: f.Text, Since: f.Since, Until: f.Until,
		State: state, Before: before, Limit: limit}
}

type deadLettersInput struct {
	PageInput
	DeadLetterQuery
	State string `query:"state" enum:"open,resolved,all" default:"all"`
}

type deadLettersOutput struct {
	Body struct {
		DeadLetters []ingest.DeadLetter  `json:"deadLetters"`
		Reasons     []ingest.ReasonCount `json:"reasons"`
	}
}

type replayInput struct {
	Body struct {
		DeadLetterQuery
		IDs   []int64 `json:"ids,omitempty" maxItems:"1000" doc:"Only these; the other fields are then ignored"`
		Limit int     `json:"limit,omitempty" minimum:"1" maximum:"1000" default:"1000"`
	}
}

type replayOutput struct{ Body ingest.Replayed }

type datastreamInput struct {
	Thing haidang.ThingID `path:"thing" maxLength:"64"`
	Body  struct {
		Property haidang.PropertyCode `json:"property" minLength:"1" maxLength:"64"`
	}
}

type aliasInput struct {
	Type string `path:"type" maxLength:"64"`
	Body struct {
		Alias    string               `json:"alias" minLength:"1" maxLength:"64" doc:"What the devices of this type call it"`
		Property haidang.PropertyCode `json:"property" minLength:"1" maxLength:"64"`
	}
}

func (s *Server) registerDeadLetters(d *doors) {
	operation(d, auth.DeadLetterRead, huma.Operation{OperationID: "list-dead-letters", Method: http.MethodGet, Path: "/api/v1/dead-letters",
		Summary: "Messages that could not be stored, newest first; payload is base64", Tags: []string{"devices"}}, s.listDeadLetters)
	d.handle(auth.DeadLetterRead, "GET /api/v1/dead-letters/{id}/payload", s.serveDeadPayload)
	describe(d, auth.DeadLetterRead, huma.Operation{OperationID: "read-dead-letter-payload", Method: http.MethodGet,
		Path: "/api/v1/dead-letters/{id}/payload", Summary: "All bytes of a dead letter", Tags: []string{"devices"}})
	operation(d, auth.DeadLetterReplay, huma.Operation{OperationID: "replay-dead-letters", Method: http.MethodPost, Path: "/api/v1/dead-letters/replay",
		Summary: "Play open dead letters again, oldest first", Tags: []string{"devices"}}, s.replayDeadLetters)
	operation(d, auth.DeviceManage, huma.Operation{OperationID: "add-datastream", Method: http.MethodPost, Path: "/api/v1/devices/{thing}/datastreams",
		Summary: "Let a device measure one more property", Tags: []string{"devices"}, DefaultStatus: http.StatusNoContent}, s.addDatastream)
	operation(d, auth.DeviceManage, huma.Operation{OperationID: "add-alias", Method: http.MethodPost, Path: "/api/v1/device-types/{type}/aliases",
		Summary: "Say which property the devices of a type mean by a name", Tags: []string{"devices"}, DefaultStatus: http.StatusNoContent}, s.addAlias)
}

func (s *Server) listDeadLetters(ctx context.Context, in *deadLettersInput) (*deadLettersOutput, error) {
	p, err := principalOf(ctx)
	if err != nil {
		return nil, err
	}
	f := in.filter(in.State, in.Before, in.Limit)
	f.NoReports = !mayReadReports(p)
	letters, err := s.config.DeadLetters.Find(ctx, f)
	if err != nil {
		return nil, err
	}
	reasons, err := s.config.DeadLetters.Reasons(ctx, f)
	out := &deadLettersOutput{}
	out.Body.DeadLetters, out.Body.Reasons = orEmpty(letters), orEmpty(reasons)
	return out, err
}

// mayReadReports reports whether somebody may read citizens' reports of every agency:
// one that could not be filed belongs to none yet.
func mayReadReports(p *auth.Principal) bool { return p.May(auth.RequestRead, auth.Scope{}) }

// serveDeadPayload sends bytes of a stranger: as a download, never to be shown as a page.
func (s *Server) serveDeadPayload(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return haidang.RefuseField("id", "Số của tin phải là một số nguyên.", "A dead letter's number is an integer.")
	}
	p, err := principalOf(r.Context())
	if err != nil {
		return err
	}
	payload, err := s.config.DeadLetters.Payload(r.Context(), id, !mayReadReports(p))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", `attachment; filename="dead-letter-`+strconv.FormatInt(id, 10)+`.bin"`)
	_, _ = w.Write(payload)
	return nil
}

func (s *Server) replayDeadLetters(ctx context.Context, in *replayInput) (*replayOutput, error) {
	p, err := principalOf(ctx)
	if err != nil {
		return nil, err
	}
	f := in.Body.filter("open", 0, in.Body.Limit)
	f.NoReports = !mayReadReports(p)
	replayed, err := s.config.DeadLetters.Replay(ctx, p.Account, f, in.Body.IDs)
	return &replayOutput{replayed}, err
}

func (s *Server) addDatastream(ctx context.Context, in *datastreamInput) (*struct{}, error) {
	p, err := principalOf(ctx)
	if err != nil {
		return nil, err
	}
	return nil, s.config.Registry.AddProperty(ctx, p.Account, in.Thing, in.Body.Property)
}

func (s *Server) addAlias(ctx context.Context, in *aliasInput) (*struct{}, error) {
	p, err := principalOf(ctx)
	if err != nil {
		return nil, err
	}
	return nil, s.config.Registry.AddAlias(ctx, p.Account, in.Type, in.Body.Alias, in.Body.Property)
}
