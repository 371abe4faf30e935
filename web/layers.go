package web

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/crs"
	"haidang/internal/audit"
	"haidang/internal/auth"
)

// layerEntry is a layer as those see it who keep the catalogue.
type layerEntry struct {
	catalogue.Layer
	CRS       string            `json:"crs" doc:"Official name of the storage CRS, such as EPSG:9209"`
	Rights    []catalogue.Right `json:"rights"`
	ETag      string            `json:"etag" doc:"For If-Match"`
	Manage    bool              `json:"manage" doc:"You may change this entry"`
	Own       bool              `json:"own" doc:"Not of the base map, of which only the rights can be changed"`
	Count     int64             `json:"count" doc:"Features: about how many in the list; counted in one entry, up to a million; -1: not known"`
	ChangedAt *time.Time        `json:"changedAt" doc:"When entry or features last changed; null: before this was kept"`
}

type layerOutput struct {
	ETag string `header:"ETag"`
	Body layerEntry
}

type layersOutput struct {
	Body struct {
		Layers []layerEntry `json:"layers"`
	}
}

type templatesOutput struct {
	Body struct {
		Templates []catalogue.Template `json:"templates"`
		Systems   []systemView         `json:"systems" doc:"Coordinate systems that a layer can be stored in"`
	}
}

type systemView struct {
	Code string       `json:"code"`
	Name haidang.Text `json:"name"`
}

type createLayerInput struct {
	Body struct {
		Template string              `json:"template,omitempty" maxLength:"60" doc:"Empty: a layer of your own columns"`
		Slug     haidang.LayerSlug   `json:"slug" maxLength:"41"`
		Owner    haidang.AgencyCode  `json:"owner" maxLength:"60"`
		CRS      string              `json:"crs,omitempty" maxLength:"100" doc:"Storage CRS; empty: TM-3 105-30"`
		Geometry string              `json:"geometry,omitempty" maxLength:"30" doc:"Without a template: Point, LineString, Polygon, their Multi forms, or Geometry for a mixture"`
		Columns  []catalogue.Column  `json:"columns,omitempty" maxItems:"120" doc:"Without a template all columns, with one those that it lacks"`
		Edit     catalogue.EntryEdit `json:"edit,omitempty" doc:"What is to differ from the template"`
	}
}

type layerInput struct {
	Slug haidang.LayerSlug `path:"slug" maxLength:"41"`
}

type changeLayerInput struct {
	Slug    haidang.LayerSlug `path:"slug" maxLength:"41"`
	IfMatch string            `header:"If-Match" maxLength:"100"`
	Body    catalogue.EntryEdit
}

func (s *Server) registerLayers(d *doors) {
	tags := []string{"layers"}
	operation(d, auth.CatalogueRead, huma.Operation{OperationID: "list-layer-templates", Method: http.MethodGet, Path: "/api/v1/layer-templates",
		Summary: "Kinds of layers to make new ones of", Tags: tags}, s.listTemplates)
	operation(d, auth.CatalogueRead, huma.Operation{OperationID: "list-layers", Method: http.MethodGet, Path: "/api/v1/layers",
		Summary: "The entries of the catalogue that you may see, with their rights", Tags: tags}, s.listLayers)
	operation(d, auth.LayerManage, huma.Operation{OperationID: "create-layer", Method: http.MethodPost, Path: "/api/v1/layers",
		Summary: "Make an empty layer, of a template, of columns of your own, or of both", Tags: tags, DefaultStatus: http.StatusCreated}, s.createLayer)
	operation(d, auth.CatalogueRead, huma.Operation{OperationID: "read-layer", Method: http.MethodGet, Path: "/api/v1/layers/{slug}",
		Summary: "One entry", Tags: tags}, s.readLayer)
	operation(d, auth.CatalogueRead, huma.Operation{OperationID: "preview-layer-look", Method: http.MethodPost, Path: "/api/v1/layers/{slug}/look",
		Summary: "How a layer would be drawn after an edit, which is not made", Tags: tags}, s.previewLook)
	operation(d, auth.LayerManage, huma.Operation{OperationID: "change-layer", Method: http.MethodPatch, Path: "/api/v1/layers/{slug}",
		Summary: "Change an entry: words, style, rights, review; needs If-Match; what is absent stays", Tags: tags}, s.changeLayer)
	operation(d, auth.LayerManage, huma.Operation{OperationID: "empty-layer", Method: http.MethodPost, Path: "/api/v1/layers/{slug}/empty",
		Summary: "Remove all features of a layer; its code confirms it", Tags: tags}, s.emptyLayer)
	operation(d, auth.LayerManage, huma.Operation{OperationID: "delete-layer", Method: http.MethodDelete, Path: "/api/v1/layers/{slug}",
		Summary: "Remove a layer; its code confirms it when it holds features", Tags: tags, DefaultStatus: http.StatusNoContent}, s.deleteLayer)
}

func (s *Server) listTemplates(context.Context, *struct{}) (*templatesOutput, error) {
	out := &templatesOutput{}
	out.Body.Templates = catalogue.Templates()
	for _, c := range crs.All() {
		if c != crs.WebMercator && !c.LatFirst {
			out.Body.Systems = append(out.Body.Systems, systemView{c.String(), c.Name})
		}
	}
	return out, nil
}

func viewEntry(p *auth.Principal, l catalogue.Layer) layerEntry {
	system, _ := crs.BySRID(l.SRID)
	return layerEntry{Layer: l, CRS: system.String(), Rights: orEmpty(l.Rights), ETag: l.ETag(), Manage: p.May(auth.LayerManage, auth.Scope{Agency: l.Owner}),
		Own: l.Own(), Count: -1, ChangedAt: l.ChangedAt}
}

// fewRows is how far features are counted where the database has not yet done so by itself.
const fewRows = 100_000

func (s *Server) listLayers(ctx context.Context, _ *struct{}) (*layersOutput, error) {
	p, err := principalOf(ctx)
	if err != nil {
		return nil, err
	}
	all, err := catalogue.List(ctx, s.config.Pool)
	if err != nil {
		return nil, err
	}
	counts, err := catalogue.Counts(ctx, s.config.Pool)
	if err != nil {
		return nil, err
	}
	out := &layersOutput{}
	out.Body.Layers = []layerEntry{}
	for _, l := range all {
		if l.Allows(p, catalogue.See) {
			entry := viewEntry(p, l)
			if entry.Count = counts[l.Slug]; entry.Count < 0 {
				if entry.Count, err = catalogue.Rows(ctx, s.config.Pool, l, fewRows); err != nil {
					return nil, err
				}
			}
			out.Body.Layers = append(out.Body.Layers, entry)
		}
	}
	return out, nil
}

// layerFor is a layer, to those who may do something with it. To those who may not even
// see it, it does not exist.
func (s *Server) layerFor(ctx context.Context, slug haidang.LayerSlug, v catalogue.Verb) (*auth.Principal, catalogue.Layer, error) {
	p, err := principalOf(ctx)
	if err != nil {
		return nil, catalogue.Layer{}, err
	}
	l, err := catalogue.Get(ctx, s.config.Pool, slug)
	if err != nil {
		return nil, l, err
	}
	return p, l, l.Require(p, v)
}

func (s *Server) readLayer(ctx context.Context, in *layerInput) (*layerOutput, error) {
	p, l, err := s.layerFor(ctx, in.Slug, catalogue.See)
	if err != nil {
		return nil, err
	}
	return s.countedEntry(ctx, p, l)
}

// countedEntry is an entry with the number of its features.
func (s *Server) countedEntry(ctx context.Context, p *auth.Principal, l catalogue.Layer) (*layerOutput, error) {
	const most = 1_000_000
	entry := viewEntry(p, l)
	var err error
	entry.Count, err = catalogue.Rows(ctx, s.config.Pool, l, most)
	return &layerOutput{entry.ETag, entry}, err
}

// createLayer asks about the right only once it is known that the rest could be: a
// refusal then names what is wrong with the input first.
func (s *Server) createLayer(ctx context.Context, in *createLayerInput) (*layerOutput, error) {
	l, err := begunLayer(in)
	if err != nil {
		return nil, err
	}
	l.Columns = append(l.Columns, in.Body.Columns...)
	if in.Body.CRS != "" {
		system, err := crs.Parse("crs", in.Body.CRS)
		if err != nil {
			return nil, err
		}
		l.SRID = system.SRID
	}
	if l, err = l.Edited(in.Body.Edit); err != nil {
		return nil, err
	}
	if err := require(ctx, auth.LayerManage, auth.Scope{Agency: l.Owner}); err != nil {
		return nil, err
	}
	return s.writeLayer(ctx, in.Body.Slug, audit.Entry{Action: "layer.create", Detail: map[string]any{"template": in.Body.Template, "owner": l.Owner, "srid": l.SRID, "edit": in.Body.Edit}},
		func(tx pgx.Tx) error {
			if err := catalogue.CheckLists(ctx, tx, l.Columns); err != nil {
				return err
			}
			return catalogue.Create(ctx, tx, l)
		})
}

// begunLayer is what a layer begins as: its template, or nothing but a geometry.
func begunLayer(in *createLayerInput) (catalogue.Layer, error) {
	b := in.Body
	switch {
	case b.Template == "":
		return catalogue.Blank(b.Slug, b.Owner, b.Geometry), nil
	case b.Geometry != "":
		return catalogue.Layer{}, haidang.RefuseField("geometry", "Mẫu đã quy định hình học. Hãy bỏ trường geometry, hoặc bỏ template để tự chọn hình học.",
			"A template has its own geometry. Leave out geometry, or leave out template to choose one yourself.")
	}
	return catalogue.FromTemplate(b.Template, b.Slug, b.Owner)
}

// writeLayer does something to a layer and records it, then returns the entry. It is
// counted once all is committed, for until then nobody else may be able to read it. What
// is committed is no fault when it cannot be counted: its number is then not known.
func (s *Server) writeLayer(ctx context.Context, slug haidang.LayerSlug, act audit.Entry, do func(pgx.Tx) error) (*layerOutput, error) {
	p, err := principalOf(ctx)
	if err != nil {
		return nil, err
	}
	var l catalogue.Layer
	err = pgx.BeginFunc(ctx, s.config.Pool, func(tx pgx.Tx) error {
		if err := do(tx); err != nil {
			return err
		}
		if l, err = catalogue.Get(ctx, tx, slug); err != nil {
			return err
		}
		act.Actor, act.Object = p.Account, "layer/"+string(slug)
		return audit.Record(ctx, tx, act)
	})
	if err != nil {
		return nil, err
	}
	out, err := s.countedEntry(ctx, p, l)
	if err != nil {
		slog.Warn("layer changed, its features not counted", "layer", slug, "error", err)
		out.Body.Count = -1
	}
	return out, nil
}

func (s *Server) changeLayer(ctx context.Context, in *changeLayerInput) (*layerOutput, error) {
	return s.writeLayer(ctx, in.Slug, audit.Entry{Action: "layer.change", Detail: map[string]any{"edit": in.Body}}, func(tx pgx.Tx) error {
		l, err := s.managedLayer(ctx, tx, in.Slug)
		if err != nil {
			return err
		}
		if err := matches(in.IfMatch, l.ETag()); err != nil {
			return err
		}
		if in.Body.Owner != nil { // nobody gives a layer to an agency that they do not act for
			if err := require(ctx, auth.LayerManage, auth.Scope{Agency: *in.Body.Owner}); err != nil {
				return err
			}
		}
		if !l.Own() && !onlyRights(in.Body) {
			return haidang.Refuse(haidang.ErrForbidden, "Lớp nền do chương trình mô tả; chỉ đổi được quyền.", "The program describes the base map; only its rights can be changed.")
		}
		return catalogue.Change(ctx, tx, l, in.Body)
	})
}

func onlyRights(e catalogue.EntryEdit) bool {
	e.Rights = nil
	return e.Owner == nil && e.Columns == nil && len(e.AddColumns) == 0 && e.Title == nil && e.Description == nil && e.Sector == nil && e.Theme == nil && e.Licence == nil && e.UpdateRhythm == nil &&
		e.Attribution == nil && e.Key == nil && e.Class == nil && e.Label == nil && e.Search == nil && e.MinZoom == nil && e.MaxZoom == nil && e.Style == nil && e.Review == nil && e.Topology == nil
}

// managedLayer is a layer, kept from others, that whoever asks may manage.
func (s *Server) managedLayer(ctx context.Context, tx pgx.Tx, slug haidang.LayerSlug) (catalogue.Layer, error) {
	p, err := principalOf(ctx)
	if err != nil {
		return catalogue.Layer{}, err
	}
	l, err := catalogue.GetForUpdate(ctx, tx, slug)
	if err != nil {
		return l, err
	}
	if err := l.Require(p, catalogue.See); err != nil {
		return l, err
	}
	return l, p.Require(auth.LayerManage, auth.Scope{Agency: l.Owner})
}

// matches refuses a change that was made from another state, or from none.
func matches(given, current string) error {
	switch given {
	case current, "*":
		return nil
	case "":
		return haidang.Refuse(haidang.ErrUnconditional, "Thiếu If-Match: hãy đọc lại rồi gửi kèm ETag, để không ghi đè việc của người khác.",
			"If-Match is missing: read again and send the ETag, so that nobody's work is overwritten.")
	}
	return haidang.Refuse(haidang.ErrStale, "Người khác vừa thay đổi. Hãy tải lại rồi sửa tiếp.", "Somebody else has changed it meanwhile. Load it again, then go on.")
}
