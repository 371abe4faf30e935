package web

import (
	"context"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"haidang"
	"haidang/internal/auth"
	"haidang/operations"
)

type requestsInput struct {
	Open   bool   `query:"open" doc:"Only those not closed"`
	Before string `query:"before" maxLength:"20" doc:"Only those with a smaller number, such as PA-00031"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

type requestsOutput struct {
	Body struct {
		Requests []haidang.ServiceRequest `json:"requests"`
		Next     string                   `json:"next,omitempty" doc:"The before of the next page; absent at the end"`
	}
}

type requestInput struct {
	Code haidang.TrackingCode `path:"code" maxLength:"40"`
}

type requestHistoryOutput struct {
	Body struct {
		Request haidang.ServiceRequest    `json:"request"`
		Events  []operations.RequestEvent `json:"events"`
	}
}

type requestStatusInput struct {
	Code haidang.TrackingCode `path:"code" maxLength:"40"`
	Body struct {
		Status haidang.RequestStatus `json:"status" enum:"received,in_progress,closed"`
		From   haidang.RequestStatus `json:"from,omitempty" enum:"received,in_progress,closed" doc:"What you saw; 409 when it is no longer so"`
		Note   string                `json:"note,omitempty" maxLength:"4000" doc:"Shown to the citizen"`
	}
}

type requestOutput struct{ Body haidang.ServiceRequest }

func (s *Server) registerRequests(d *doors) {
	operation(d, auth.RequestRead, huma.Operation{OperationID: "list-requests", Method: http.MethodGet, Path: "/api/v1/requests",
		Summary: "Citizens' reports, newest first", Tags: []string{"requests"}}, s.listRequests)
	operation(d, auth.RequestRead, huma.Operation{OperationID: "read-request", Method: http.MethodGet, Path: "/api/v1/requests/{code}",
		Summary: "One report and all that happened to it", Tags: []string{"requests"}}, s.readRequest)
	operation(d, auth.RequestWork, huma.Operation{OperationID: "set-request-status", Method: http.MethodPost, Path: "/api/v1/requests/{code}/status",
		Summary: "Take up or close a report", Tags: []string{"requests"}}, s.setRequestStatus)
	d.handle(auth.PhotoRead, "GET /api/v1/photos/{sha}", s.servePhoto)
	describe(d, auth.PhotoRead, huma.Operation{OperationID: "read-photo", Method: http.MethodGet, Path: "/api/v1/photos/{sha}",
		Summary: "A report's photo as JPEG", Tags: []string{"requests"}})
}

// listRequests leaves out what is beyond the reader's agency and area. A page may so
// be shorter than asked for; next says where to go on.
func (s *Server) listRequests(ctx context.Context, in *requestsInput) (*requestsOutput, error) {
	p, err := principalOf(ctx)
	if err != nil {
		return nil, err
	}
	all, err := s.config.Requests.List(ctx, operations.RequestFilter{Open: in.Open, Before: in.Before, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out := &requestsOutput{}
	if len(all) == in.Limit {
		out.Body.Next = all[len(all)-1].Number
	}
	out.Body.Requests = slices.DeleteFunc(orEmpty(all), func(r haidang.ServiceRequest) bool { return !p.May(auth.RequestRead, scopeOfRequest(r)) })
	return out, nil
}

// requestFor returns a report that whoever asks may do the action to.
func (s *Server) requestFor(ctx context.Context, code haidang.TrackingCode, action auth.Action) (haidang.ServiceRequest, []operations.RequestEvent, error) {
	request, events, err := s.config.Requests.Get(ctx, code)
	if err != nil {
		return request, nil, err
	}
	return request, events, require(ctx, action, scopeOfRequest(request))
}

func (s *Server) readRequest(ctx context.Context, in *requestInput) (*requestHistoryOutput, error) {
	request, events, err := s.requestFor(ctx, in.Code, auth.RequestRead)
	if err != nil {
		return nil, err
	}
	out := &requestHistoryOutput{}
	out.Body.Request, out.Body.Events = request, orEmpty(events)
	return out, nil
}

func (s *Server) setRequestStatus(ctx context.Context, in *requestStatusInput) (*requestOutput, error) {
	if _, _, err := s.requestFor(ctx, in.Code, auth.RequestWork); err != nil {
		return nil, err
	}
	p, err := principalOf(ctx)
	if err != nil {
		return nil, err
	}
	request, err := s.config.Requests.SetStatus(ctx, in.Code, p.Account,
		operations.StatusChange{From: in.Body.From, To: in.Body.Status, Note: in.Body.Note})
	return &requestOutput{request}, err
}

// servePhoto shows a photo to those who may see a report it belongs to.
func (s *Server) servePhoto(w http.ResponseWriter, r *http.Request) error {
	sha := r.PathValue("sha")
	requests, err := s.config.Requests.ByPhoto(r.Context(), sha)
	if err != nil {
		return err
	}
	refused := error(notFound())
	for _, request := range requests {
		if refused = require(r.Context(), auth.PhotoRead, scopeOfRequest(request)); refused == nil {
			return s.sendPhoto(w, r, sha)
		}
	}
	return refused
}

// sendPhoto answers with a stored JPEG. Its name is its hash, so it never changes.
func (s *Server) sendPhoto(w http.ResponseWriter, r *http.Request, sha string) error {
	photo, err := s.config.Photos.Open(sha)
	if err != nil {
		return err
	}
	defer photo.Close()
	h := w.Header()
	h.Set("Content-Type", "image/jpeg")
	h.Set("Cache-Control", "private, max-age=86400")
	h.Set("ETag", `"`+sha+`"`)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	http.ServeContent(w, r, "", time.Time{}, io.ReadSeeker(photo))
	return nil
}
