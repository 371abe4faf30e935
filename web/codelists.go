package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo"
	"haidang/geo/catalogue"
	"haidang/internal/audit"
	"haidang/internal/auth"
)

type codeListsOutput struct {
	Body struct {
		CodeLists []catalogue.CodeList `json:"codeLists"`
	}
}

type codeListOutput struct{ Body catalogue.CodeList }

type codeListsInput struct {
	Day string `query:"day" format:"date" doc:"In force on this day; empty: today"`
}

type codeListInput struct {
	List    string `path:"list" maxLength:"41"`
	Version int    `query:"version" minimum:"0" doc:"0: the newest"`
}

type versionsInput struct {
	List string `path:"list" maxLength:"41"`
}

type addVersionInput struct {
	List string `path:"list" maxLength:"41"`
	Body struct {
		Title     haidang.Text     `json:"title,omitempty" doc:"Of a new list; empty: as it was"`
		ValidFrom string           `json:"validFrom" format:"date"`
		Source    string           `json:"source" maxLength:"1000" doc:"The document it follows, or who issued it"`
		Note      string           `json:"note,omitempty" maxLength:"4000"`
		Codes     []catalogue.Code `json:"codes" maxItems:"5000"`
	}
}

func (s *Server) registerCodeLists(d *doors) {
	tags := []string{"layers"}
	operation(d, auth.CataloguePublic, huma.Operation{OperationID: "list-code-lists", Method: http.MethodGet, Path: "/api/v1/code-lists",
		Summary: "Every shared code list, in the version in force on a day", Tags: tags}, s.listCodeLists)
	operation(d, auth.CataloguePublic, huma.Operation{OperationID: "read-code-list", Method: http.MethodGet, Path: "/api/v1/code-lists/{list}",
		Summary: "One version of a code list", Tags: tags}, s.readCodeList)
	operation(d, auth.CataloguePublic, huma.Operation{OperationID: "list-code-list-versions", Method: http.MethodGet, Path: "/api/v1/code-lists/{list}/versions",
		Summary: "The versions of a code list, without their codes", Tags: tags}, s.listVersions)
	operation(d, auth.CodeListManage, huma.Operation{OperationID: "add-code-list-version", Method: http.MethodPost, Path: "/api/v1/code-lists/{list}/versions",
		Summary: "Add a version; those before it stay as they are", Tags: tags, DefaultStatus: http.StatusCreated}, s.addVersion)
}

func (s *Server) listCodeLists(ctx context.Context, in *codeListsInput) (*codeListsOutput, error) {
	day := geo.Day(time.Now())
	if in.Day != "" {
		var err error
		if day, err = time.Parse(time.DateOnly, in.Day); err != nil {
			return nil, wrongDate("day")
		}
	}
	lists, err := catalogue.CodeLists(ctx, s.config.Pool, day)
	out := &codeListsOutput{}
	out.Body.CodeLists = orEmpty(lists)
	return out, err
}

func (s *Server) readCodeList(ctx context.Context, in *codeListInput) (*codeListOutput, error) {
	list, err := catalogue.ReadCodeList(ctx, s.config.Pool, in.List, in.Version)
	return &codeListOutput{list}, err
}

func (s *Server) listVersions(ctx context.Context, in *versionsInput) (*codeListsOutput, error) {
	lists, err := catalogue.Versions(ctx, s.config.Pool, in.List)
	out := &codeListsOutput{}
	out.Body.CodeLists = orEmpty(lists)
	return out, err
}

func (s *Server) addVersion(ctx context.Context, in *addVersionInput) (*codeListOutput, error) {
	p, err := principalOf(ctx)
	if err != nil {
		return nil, err
	}
	from, err := time.Parse(time.DateOnly, in.Body.ValidFrom)
	if err != nil {
		return nil, wrongDate("validFrom")
	}
	list := catalogue.CodeList{Slug: in.List, Title: in.Body.Title, ValidFrom: from, Source: in.Body.Source, Note: in.Body.Note, RecordedBy: string(p.Account), Codes: in.Body.Codes}
	err = pgx.BeginFunc(ctx, s.config.Pool, func(tx pgx.Tx) error {
		if list.Version, err = catalogue.AddVersion(ctx, tx, list); err != nil {
			return err
		}
		if list, err = catalogue.ReadCodeList(ctx, tx, list.Slug, list.Version); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: p.Account, Action: "codelist.version", Object: "code-list/" + list.Slug,
			Detail: map[string]any{"version": list.Version, "validFrom": in.Body.ValidFrom, "source": list.Source, "codes": len(list.Codes)}})
	})
	return &codeListOutput{list}, err
}

func wrongDate(field string) error {
	return haidang.RefuseField(field, "Ngày có dạng 2026-01-31.", "A day has the form 2026-01-31.")
}
