package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/internal/audit"
	"haidang/internal/auth"
)

type codeListsOutput struct {
	Body struct {
		CodeLists []catalogue.CodeList `json:"codeLists"`
	}
}

// codeListView is a version of a list as those see it who may add the next one.
type codeListView struct {
	catalogue.CodeList
	ETag string `json:"etag" doc:"For If-Match"`
}

type codeListOutput struct {
	ETag string `header:"ETag"`
	Body codeListView
}

func viewCodeList(l catalogue.CodeList, err error) (*codeListOutput, error) {
	return &codeListOutput{l.ETag(), codeListView{l, l.ETag()}}, err
}

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
	List        string `path:"list" maxLength:"41"`
	IfMatch     string `header:"If-Match" maxLength:"100" doc:"The newest version that was read"`
	IfNoneMatch string `header:"If-None-Match" maxLength:"100" doc:"*: only where there is no such list yet"`
	Body        struct {
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
		Summary: "Add a version; those before it stay as they are; needs If-Match where there is one", Tags: tags, DefaultStatus: http.StatusCreated,
		MaxBodyBytes: maxListBytes}, s.addVersion)
	operation(d, auth.CodeListManage, huma.Operation{OperationID: "read-code-table", Method: http.MethodPost, Path: "/api/v1/code-tables",
		Summary: "Read codes from a CSV table; nothing is kept", Tags: tags, MaxBodyBytes: maxListBytes}, s.readCodeTable)
}

func (s *Server) listCodeLists(ctx context.Context, in *codeListsInput) (*codeListsOutput, error) {
	day := haidang.Day(time.Now())
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
	return viewCodeList(catalogue.ReadCodeList(ctx, s.config.Pool, in.List, in.Version))
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
		if err := followsNewest(ctx, tx, in); err != nil {
			return err
		}
		if list.Version, err = catalogue.AddVersion(ctx, tx, list); err != nil {
			return err
		}
		if list, err = catalogue.ReadCodeList(ctx, tx, list.Slug, list.Version); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: p.Account, Action: "codelist.version", Object: "code-list/" + list.Slug,
			Detail: map[string]any{"version": list.Version, "validFrom": in.Body.ValidFrom, "source": list.Source, "codes": len(list.Codes)}})
	})
	return viewCodeList(list, err)
}

// followsNewest refuses a version made from any but the newest one, and a new list
// where there is one already.
func followsNewest(ctx context.Context, tx pgx.Tx, in *addVersionInput) error {
	if err := catalogue.LockCodeList(ctx, tx, in.List); err != nil {
		return err
	}
	last, err := catalogue.ReadCodeList(ctx, tx, in.List, 0)
	switch {
	case haidang.CodeOf(err) == haidang.ErrNotFound:
		return nil
	case err != nil:
		return err
	case in.IfNoneMatch == "*":
		return &haidang.Error{Code: haidang.ErrConflict, Field: "slug", Text: haidang.Text{
			VI: "Đã có danh mục " + in.List + "; hãy chọn mã khác.", EN: "There is a code list " + in.List + " already; choose another code."}}
	}
	return matches(in.IfMatch, last.ETag())
}

type codeTableInput struct {
	Body struct {
		Table string `json:"table" doc:"CSV, divided by commas, semicolons or tabs"`
	}
}

type codeTableOutput struct {
	Body struct {
		Codes []catalogue.Code `json:"codes"`
	}
}

func (s *Server) readCodeTable(_ context.Context, in *codeTableInput) (*codeTableOutput, error) {
	out := &codeTableOutput{}
	var err error
	out.Body.Codes, err = catalogue.ReadCodes(in.Body.Table)
	return out, err
}

func wrongDate(field string) error {
	return haidang.RefuseField(field, "Ngày có dạng 2026-01-31.", "A day has the form 2026-01-31.")
}
