package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"haidang"
	"haidang/internal/auth"
)

// sessionCookie carries the session's token.
const sessionCookie = "haidang_session"

// sessionView is who has signed in and what they may do. Account is empty for nobody.
type sessionView struct {
	Account  haidang.AccountName `json:"account"`
	FullName string              `json:"fullName"`
	Grants   []auth.Grant        `json:"grants"`
	Actions  []auth.Action       `json:"actions" doc:"What this person may do somewhere"`
}

func viewSession(p *auth.Principal) sessionView {
	v := sessionView{Grants: []auth.Grant{}, Actions: p.Actions()}
	if p != nil {
		v.Account, v.FullName, v.Grants = p.Account, p.FullName, p.Grants
	}
	return v
}

type sessionOutput struct {
	SetCookie    []http.Cookie `header:"Set-Cookie"`
	CacheControl string        `header:"Cache-Control"`
	Body         sessionView
}

type signInInput struct {
	Body struct {
		Account  haidang.AccountName `json:"account" maxLength:"200"`
		Password string              `json:"password" maxLength:"1024"`
	}
}

func (s *Server) registerSession(d *doors) {
	operation(d, auth.SessionOpen, huma.Operation{OperationID: "open-session", Method: http.MethodPost, Path: "/api/v1/session",
		Summary: "Sign in", Tags: []string{"session"}}, s.signIn)
	operation(d, auth.SessionRead, huma.Operation{OperationID: "read-session", Method: http.MethodGet, Path: "/api/v1/session",
		Summary: "Who has signed in", Tags: []string{"session"}}, s.readSession)
	operation(d, auth.SessionClose, huma.Operation{OperationID: "close-session", Method: http.MethodDelete, Path: "/api/v1/session",
		Summary: "Sign out", Tags: []string{"session"}}, s.signOut)
	operation(d, auth.SetupFinish, huma.Operation{OperationID: "finish-setup", Method: http.MethodPost, Path: "/api/v1/setup",
		Summary: "Make the first administrator, with the token of the one-time link", Tags: []string{"session"}}, s.finishSetup)
}

func (s *Server) signIn(ctx context.Context, in *signInInput) (*sessionOutput, error) {
	proof, err := s.config.Accounts.Authenticate(ctx, in.Body.Account, in.Body.Password, visitorOf(ctx).address)
	if err != nil {
		return nil, err
	}
	return s.openSession(ctx, proof)
}

// openSession gives the browser a new session; the one it had ends.
func (s *Server) openSession(ctx context.Context, proof auth.Proof) (*sessionOutput, error) {
	token, err := s.config.Sessions.Open(ctx, proof)
	if err != nil {
		return nil, err
	}
	if old := visitorOf(ctx).token; old != "" {
		if err := s.config.Sessions.Close(ctx, old); err != nil {
			return nil, err
		}
	}
	p, err := s.config.Sessions.Resolve(ctx, token)
	if err != nil {
		return nil, err
	}
	return &sessionOutput{SetCookie: []http.Cookie{s.cookie(token, int(auth.SessionLife.Seconds()))}, CacheControl: noStore, Body: viewSession(p)}, nil
}

const noStore = "no-store"

// cookie is the session's cookie; age 0 or less takes it away.
func (s *Server) cookie(token string, age int) http.Cookie {
	return http.Cookie{Name: sessionCookie, Value: token, Path: "/", MaxAge: age, HttpOnly: true, Secure: s.https, SameSite: http.SameSiteLaxMode}
}

func (s *Server) readSession(ctx context.Context, _ *struct{}) (*sessionOutput, error) {
	p, err := principalOf(ctx)
	if err != nil {
		return nil, err
	}
	return &sessionOutput{CacheControl: noStore, Body: viewSession(p)}, nil
}

func (s *Server) signOut(ctx context.Context, _ *struct{}) (*sessionOutput, error) {
	if token := visitorOf(ctx).token; token != "" {
		if err := s.config.Sessions.Close(ctx, token); err != nil {
			return nil, err
		}
	}
	return &sessionOutput{SetCookie: []http.Cookie{s.cookie("", -1)}, CacheControl: noStore, Body: viewSession(nil)}, nil
}

type setupInput struct {
	Body struct {
		Token    string              `json:"token" maxLength:"200"`
		Account  haidang.AccountName `json:"account" maxLength:"200"`
		FullName string              `json:"fullName" maxLength:"400"`
		Password string              `json:"password" maxLength:"1024"`
	}
}

func (s *Server) finishSetup(ctx context.Context, in *setupInput) (*sessionOutput, error) {
	if err := s.writes.allow(visitorOf(ctx).address); err != nil {
		return nil, err
	}
	proof, err := s.config.Accounts.FinishSetup(ctx, in.Body.Token,
		auth.NewAccount{Name: in.Body.Account, FullName: in.Body.FullName, Password: in.Body.Password})
	if err != nil {
		return nil, err
	}
	return s.openSession(ctx, proof)
}
