package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/imports"
	"haidang/internal/auth"
	"haidang/internal/jobs"
)

const importsPath = "/api/v1/imports"

type importsInput struct {
	Before int64 `query:"before" minimum:"0" doc:"Only those with a smaller number"`
	Limit  int   `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type importsOutput struct {
	Body struct {
		Imports []imports.Import `json:"imports" doc:"Your own; an administrator's list has everybody's"`
	}
}

type importInput struct {
	ID int64 `path:"id" minimum:"1"`
}

type importOutput struct {
	Body struct {
		imports.Import
		Progress *jobs.Status `json:"progress,omitempty" doc:"The last job on it"`
	}
}

type importDecision struct {
	ID   int64 `path:"id" minimum:"1"`
	Body imports.Options
}

type provenanceInput struct {
	Layer haidang.LayerSlug `query:"layer" required:"true" maxLength:"41"`
	Limit int               `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

type provenanceOutput struct {
	Body struct {
		Imports []imports.Provenance `json:"imports"`
	}
}

func (s *Server) registerImports(d *doors) {
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: importsPath + path, Summary: summary, Tags: []string{"imports"}}
	}
	operation(d, auth.LayerImport, op("list-imports", http.MethodGet, "", "Files on their way into layers, newest first"), s.listImports)
	operation(d, auth.LayerImport, op("read-import", http.MethodGet, "/{id}", "One import: what was found, what would change, how far it is"), s.readImport)
	operation(d, auth.LayerImport, op("examine-import", http.MethodPost, "/{id}/examine", "Look through the uploaded file"), s.examineImport)
	operation(d, auth.LayerImport, op("check-import", http.MethodPost, "/{id}/check", "Judge every feature and compare with the layer"), s.checkImport)
	operation(d, auth.LayerImport, op("apply-import", http.MethodPost, "/{id}/apply", "Change the layer as the check said"), s.applyImport)
	operation(d, auth.LayerImport, op("cancel-import", http.MethodDelete, "/{id}", "End an import and remove its file"), s.cancelImport)
	operation(d, auth.LayerImport, op("list-import-remarks", http.MethodGet, "/{id}/remarks", "Refused and mended features, each with its reason"), s.listRemarks)
	operation(d, auth.LayerImport, op("preview-import", http.MethodGet, "/{id}/preview", "Some of the checked features as GeoJSON"), s.previewImport)
	operation(d, auth.LayerImport, op("read-layer-provenance", http.MethodGet, "/provenance", "Where what a layer holds came from"), s.readProvenance)
	d.handle(auth.LayerImport, "GET "+importsPath+"/{id}/remarks.csv", s.serveRemarks)
	describe(d, auth.LayerImport, op("download-import-remarks", http.MethodGet, "/{id}/remarks.csv", "All remarks as CSV"))
	d.handle(auth.LayerImport, "GET "+importsPath+"/{id}/picture", s.serveImportPicture)
	describe(d, auth.LayerImport, op("read-import-picture", http.MethodGet, "/{id}/picture", "A checked GeoTIFF drawn small (PNG), filling the report's extent in Web Mercator"))
	s.registerUpload(d)
}

// importer is the room, or a refusal where this process has none.
func (s *Server) importer() (*imports.Service, error) {
	if s.config.Imports == nil {
		return nil, haidang.Refuse(haidang.ErrUnavailable, "Máy chủ này không nhập tệp.", "This server imports no files.")
	}
	return s.config.Imports, nil
}

// importFor returns an import to whoever began it, and to administrators. To others
// it does not exist.
func (s *Server) importFor(ctx context.Context, id int64) (*imports.Service, *auth.Principal, imports.Import, error) {
	im, err := s.importer()
	if err != nil {
		return nil, nil, imports.Import{}, err
	}
	p, err := principalOf(ctx)
	if err != nil {
		return nil, nil, imports.Import{}, err
	}
	i, err := im.Get(ctx, id)
	if err == nil && i.By != p.Account && !p.May(auth.AccountManage, auth.Scope{}) {
		err = haidang.Refuse(haidang.ErrNotFound, "Không có lần nhập này.", "There is no such import.")
	}
	return im, p, i, err
}

func (s *Server) listImports(ctx context.Context, in *importsInput) (*importsOutput, error) {
	im, err := s.importer()
	if err != nil {
		return nil, err
	}
	p, err := principalOf(ctx)
	if err != nil {
		return nil, err
	}
	by := p.Account
	if p.May(auth.AccountManage, auth.Scope{}) {
		by = ""
	}
	list, err := im.List(ctx, by, in.Before, in.Limit)
	out := &importsOutput{}
	out.Body.Imports = orEmpty(list)
	for k := range out.Body.Imports { // these are for a list; one by one they come whole
		out.Body.Imports[k].Findings = nil
	}
	return out, err
}

func (s *Server) readImport(ctx context.Context, in *importInput) (*importOutput, error) {
	im, _, i, err := s.importFor(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &importOutput{}
	out.Body.Import = i
	out.Body.Progress, err = im.Progress(ctx, i)
	return out, err
}

func (s *Server) examineImport(ctx context.Context, in *importInput) (*importOutput, error) {
	im, p, _, err := s.importFor(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if err := im.Begin(ctx, p.Account, in.ID, imports.StepExamine); err != nil {
		return nil, err
	}
	return s.readImport(ctx, in)
}

func (s *Server) checkImport(ctx context.Context, in *importDecision) (*importOutput, error) {
	im, p, _, err := s.importFor(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if err := s.mayImport(ctx, p, in.Body); err != nil {
		return nil, err
	}
	if err := im.BeginCheck(ctx, p.Account, in.ID, in.Body); err != nil {
		return nil, err
	}
	return s.readImport(ctx, &importInput{in.ID})
}

func (s *Server) applyImport(ctx context.Context, in *importInput) (*importOutput, error) {
	im, p, i, err := s.importFor(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if err := s.mayImport(ctx, p, i.Options); err != nil { // again: rights may have been taken since
		return nil, err
	}
	if err := im.Begin(ctx, p.Account, in.ID, imports.StepApply); err != nil {
		return nil, err
	}
	return s.readImport(ctx, in)
}

// mayImport asks for the right to edit the layer; for a new one, for the right to make
// one of the agency that will own it. An import is applied as it is, to all of the layer:
// so where edits have to be approved it also takes the right to approve them, and no right
// will do that is bound to some ground or columns.
func (s *Server) mayImport(ctx context.Context, p *auth.Principal, o imports.Options) error {
	if o.New != nil {
		return p.Require(auth.LayerManage, auth.Scope{Agency: o.New.Owner})
	}
	_, l, err := s.layerFor(ctx, o.Layer, catalogue.Edit)
	if err != nil {
		return err
	}
	if l.Review == catalogue.ReviewApprove && !l.Allows(p, catalogue.Approve) {
		return unapproved(l)
	}
	if !l.AllowsAll(p, catalogue.Edit) || l.Review == catalogue.ReviewApprove && !l.AllowsAll(p, catalogue.Approve) {
		return bound(l)
	}
	return nil
}

func bound(l catalogue.Layer) error {
	return notInto(
		"Quyền của bạn với lớp "+l.Title.VI+" chỉ trong một địa bàn hoặc ở một số cột, mà tệp nhập thay đổi cả lớp. Hãy nhờ người có quyền với cả lớp nhập tệp, hoặc sửa trên bản đồ.",
		"Your right to the layer "+l.Title.EN+" is bound to some ground or columns, but a file changes all of the layer. Ask somebody whose right is not to import it, or edit on the map.")
}

func unapproved(l catalogue.Layer) error {
	return notInto(
		"Lớp "+l.Title.VI+" chỉ nhận thay đổi đã được duyệt, mà tệp nhập được ghi thẳng vào lớp. Hãy nhờ người có quyền duyệt lớp này nhập tệp, hoặc nhờ cơ quan chủ quản cho bạn quyền duyệt.",
		"The layer "+l.Title.EN+" takes only what was approved, but a file is written into it at once. Ask somebody who may approve its edits to import the file, or its owner for that right.")
}

// notInto refuses the layer that a file was to be imported into.
func notInto(vi, en string) error {
	e := haidang.Refuse(haidang.ErrForbidden, vi, en)
	e.Field = "layer"
	return e
}

func (s *Server) cancelImport(ctx context.Context, in *importInput) (*struct{}, error) {
	im, _, _, err := s.importFor(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return nil, im.Abandon(ctx, in.ID)
}

// readProvenance is for whoever may edit the layer.
func (s *Server) readProvenance(ctx context.Context, in *provenanceInput) (*provenanceOutput, error) {
	im, err := s.importer()
	if err != nil {
		return nil, err
	}
	if _, _, err := s.layerFor(ctx, in.Layer, catalogue.Edit); err != nil {
		return nil, err
	}
	list, err := im.Provenance(ctx, in.Layer, in.Limit)
	out := &provenanceOutput{}
	out.Body.Imports = orEmpty(list)
	return out, err
}
