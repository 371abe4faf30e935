package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"haidang"
	"haidang/internal/audit"
	"haidang/internal/auth"
)

type accountOutput struct{ Body auth.Account }

type accountsOutput struct {
	Body struct {
		Accounts []auth.Account `json:"accounts"`
	}
}

type createAccountInput struct {
	Body struct {
		Account  haidang.AccountName `json:"account" maxLength:"200"`
		FullName string              `json:"fullName" maxLength:"400"`
		Password string              `json:"password" maxLength:"1024"`
		Grants   []auth.Grant        `json:"grants" maxItems:"100"`
	}
}

type changeAccountInput struct {
	Name haidang.AccountName `path:"name" maxLength:"200"`
	Body struct {
		FullName *string       `json:"fullName,omitempty" maxLength:"400"`
		Disabled *bool         `json:"disabled,omitempty"`
		Password *string       `json:"password,omitempty" maxLength:"1024"`
		Grants   *[]auth.Grant `json:"grants,omitempty" maxItems:"100"`
	}
}

func (s *Server) registerAccounts(d *doors) {
	operation(d, auth.AccountManage, huma.Operation{OperationID: "list-accounts", Method: http.MethodGet, Path: "/api/v1/accounts",
		Summary: "All accounts", Tags: []string{"accounts"}}, s.listAccounts)
	operation(d, auth.AccountManage, huma.Operation{OperationID: "create-account", Method: http.MethodPost, Path: "/api/v1/accounts",
		Summary: "Add an account", Tags: []string{"accounts"}, DefaultStatus: http.StatusCreated}, s.createAccount)
	operation(d, auth.AccountManage, huma.Operation{OperationID: "change-account", Method: http.MethodPatch, Path: "/api/v1/accounts/{name}",
		Summary: "Change an account; what is absent stays", Tags: []string{"accounts"}}, s.changeAccount)
	operation(d, auth.AuditRead, huma.Operation{OperationID: "list-audit", Method: http.MethodGet, Path: "/api/v1/audit",
		Summary: "Every act of a person, newest first", Tags: []string{"accounts"}}, s.listAudit)
}

func (s *Server) listAccounts(ctx context.Context, _ *struct{}) (*accountsOutput, error) {
	accounts, err := s.config.Accounts.List(ctx)
	if err != nil {
		return nil, err
	}
	out := &accountsOutput{}
	out.Body.Accounts = accounts
	return out, nil
}

func (s *Server) createAccount(ctx context.Context, in *createAccountInput) (*accountOutput, error) {
	p, err := principalOf(ctx)
	if err != nil {
		return nil, err
	}
	account, err := s.config.Accounts.Create(ctx, p.Account,
		auth.NewAccount{Name: in.Body.Account, FullName: in.Body.FullName, Password: in.Body.Password, Grants: in.Body.Grants})
	return &accountOutput{account}, err
}

func (s *Server) changeAccount(ctx context.Context, in *changeAccountInput) (*accountOutput, error) {
	p, err := principalOf(ctx)
	if err != nil {
		return nil, err
	}
	account, err := s.config.Accounts.Update(ctx, p.Account, in.Name,
		auth.Change{FullName: in.Body.FullName, Disabled: in.Body.Disabled, Password: in.Body.Password, Grants: in.Body.Grants})
	return &accountOutput{account}, err
}

// PageInput asks for one page of a list, newest first. Exported, because huma does
// not see into embedded structs that are not.
type PageInput struct {
	Before int64 `query:"before" minimum:"0" doc:"Only entries with a smaller number; 0 starts at the newest"`
	Limit  int   `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

type auditOutput struct {
	Body struct {
		Entries []audit.Row `json:"entries"`
	}
}

func (s *Server) listAudit(ctx context.Context, in *PageInput) (*auditOutput, error) {
	rows, err := audit.List(ctx, s.config.Pool, in.Before, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &auditOutput{}
	out.Body.Entries = rows
	return out, nil
}
