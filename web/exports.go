package web

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/exports"
	"haidang/internal/auth"
)

// The exports that are streamed at once.
const (
	maxStreams        = 6
	maxStreamsPerLine = 2
	streamTime        = 30 * time.Minute
)

type exportInput struct {
	Body struct {
		Layer haidang.LayerSlug `json:"layer" maxLength:"41"`
		exports.Request
	}
}

type exportIDInput struct {
	ID int64 `path:"id"`
}

type exportOutput struct{ Body exports.Export }

type exportsOutput struct {
	Body struct {
		Exports []exports.Export `json:"exports"`
	}
}

func (s *Server) registerExports(d *doors) {
	tags := []string{"exports"}
	operation(d, auth.LayerExport, huma.Operation{OperationID: "list-exports", Method: http.MethodGet, Path: "/api/v1/exports",
		Summary: "Your exported files", Tags: tags}, s.listExports)
	operation(d, auth.LayerExport, huma.Operation{OperationID: "create-export", Method: http.MethodPost, Path: "/api/v1/exports",
		Summary: "Have a file made of a layer: gpkg, shp, geojson or csv, in any supported CRS", Tags: tags, DefaultStatus: http.StatusAccepted}, s.createExport)
	operation(d, auth.LayerExport, huma.Operation{OperationID: "read-export", Method: http.MethodGet, Path: "/api/v1/exports/{id}",
		Summary: "How a file of yours stands", Tags: tags}, s.readExport)
	operation(d, auth.LayerExport, huma.Operation{OperationID: "remove-export", Method: http.MethodDelete, Path: "/api/v1/exports/{id}",
		Summary: "Cancel or remove a file of yours", Tags: tags, DefaultStatus: http.StatusNoContent}, s.removeExport)
	d.handle(auth.LayerExport, "GET /api/v1/exports/{id}/file", s.fetchExport)
	describe(d, auth.LayerExport, huma.Operation{OperationID: "fetch-export", Method: http.MethodGet, Path: "/api/v1/exports/{id}/file",
		Summary: "The file itself; takes Range, so that a broken download goes on", Tags: tags})
	d.handle(auth.CataloguePublic, "GET /api/v1/layers/{slug}/export", s.streamExport)
	describe(d, auth.CataloguePublic, huma.Operation{OperationID: "stream-export", Method: http.MethodGet, Path: "/api/v1/layers/{slug}/export",
		Summary: "A layer as GeoJSON or CSV at once: format, crs, bbox, filter, day", Tags: tags})
}

// exporting is the service and who asks it.
func (s *Server) exporting(ctx context.Context) (*exports.Service, *auth.Principal, error) {
	p, err := principalOf(ctx)
	if err != nil {
		return nil, nil, err
	}
	if s.config.Exports == nil {
		return nil, nil, haidang.Refuse(haidang.ErrUnavailable, "Máy này không làm tệp xuất.", "No files are made of layers here.")
	}
	return s.config.Exports, p, nil
}

func (s *Server) listExports(ctx context.Context, _ *struct{}) (*exportsOutput, error) {
	service, p, err := s.exporting(ctx)
	if err != nil {
		return nil, err
	}
	list, err := service.List(ctx, p)
	out := &exportsOutput{}
	out.Body.Exports = orEmpty(list)
	return out, err
}

func (s *Server) createExport(ctx context.Context, in *exportInput) (*exportOutput, error) {
	service, p, err := s.exporting(ctx)
	if err != nil {
		return nil, err
	}
	id, err := service.Request(ctx, p, in.Body.Layer, in.Body.Request)
	if err != nil {
		return nil, err
	}
	e, err := service.Get(ctx, p, id)
	return &exportOutput{e}, err
}

func (s *Server) readExport(ctx context.Context, in *exportIDInput) (*exportOutput, error) {
	service, p, err := s.exporting(ctx)
	if err != nil {
		return nil, err
	}
	e, err := service.Get(ctx, p, in.ID)
	return &exportOutput{e}, err
}

func (s *Server) removeExport(ctx context.Context, in *exportIDInput) (*struct{}, error) {
	service, p, err := s.exporting(ctx)
	if err != nil {
		return nil, err
	}
	return nil, service.Remove(ctx, p, in.ID)
}

// fetchExport sends the file, or the part of it that is asked for.
func (s *Server) fetchExport(w http.ResponseWriter, r *http.Request) error {
	service, p, err := s.exporting(r.Context())
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return notFound()
	}
	f, e, err := service.Open(r.Context(), p, id)
	if err != nil {
		return err
	}
	defer f.Close()
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(streamTime)) // without it the usual one holds
	h := w.Header()
	attach(h, e.Name, "application/octet-stream") // nothing that is compressed on the way: a part is a part of these bytes
	h.Set("ETag", `"export-`+strconv.FormatInt(e.ID, 10)+`"`)
	http.ServeContent(w, r, "", e.CreatedAt, f)
	return nil
}

// attach says that the answer is a file to keep.
func attach(h http.Header, name, mediaType string) {
	h.Set("Content-Type", mediaType)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "private, no-store")
}

// streamExport writes a layer as it is read. A fault on the way cuts the connection:
// half a file must not look whole.
func (s *Server) streamExport(w http.ResponseWriter, r *http.Request) error {
	p, l, err := s.layerFor(r.Context(), haidang.LayerSlug(r.PathValue("slug")), catalogue.Export)
	if err != nil {
		return err
	}
	request, err := exportRequest(r)
	if err != nil {
		return err
	}
	if request.At != "" {
		if err := catalogue.RequirePast(p); err != nil {
			return err
		}
	}
	if err := exports.Plan(l, request); err != nil {
		return err
	}
	leave, err := s.streams.enter(visitorOf(r.Context()).address)
	if err != nil {
		return err
	}
	defer leave()
	if err := s.recordExport(r.Context(), p, l.Slug, request); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), streamTime)
	defer cancel()
	attach(w.Header(), exports.FileName(l, request), request.Format.MediaType())
	out := &patient{w: w, control: http.NewResponseController(w)}
	if _, err := exports.Stream(ctx, s.ogc.Reader(ctx), l, request, out, nil); err != nil {
		if !out.begun {
			return err
		}
		panic(http.ErrAbortHandler)
	}
	return nil
}

func (s *Server) recordExport(ctx context.Context, p *auth.Principal, slug haidang.LayerSlug, r exports.Request) error {
	var by haidang.AccountName
	if p != nil {
		by = p.Account
	}
	return pgx.BeginFunc(ctx, s.config.Pool, func(tx pgx.Tx) error { return exports.Record(ctx, tx, by, slug, r) })
}

func exportRequest(r *http.Request) (exports.Request, error) {
	q := r.URL.Query()
	request := exports.Request{Format: exports.Format(q.Get("format")), CRS: q.Get("crs"), Filter: q.Get("filter"), Day: q.Get("day"), At: q.Get("at")}
	if request.Format == "" {
		request.Format = exports.GeoJSON
	}
	if !request.Format.Streams() {
		return request, haidang.RefuseField("format", "Ở đây có geojson và csv. Với gpkg và shp, hãy tạo tệp xuất tại /api/v1/exports.",
			"Here are geojson and csv. For gpkg and shp have a file made at /api/v1/exports.")
	}
	if box := q.Get("bbox"); box != "" {
		for part := range strings.SplitSeq(box, ",") {
			number, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
			if err != nil {
				return request, haidang.RefuseField("bbox", "Khung là bốn số cách nhau bằng dấu phẩy.", "A box is four numbers with commas between.")
			}
			request.BBox = append(request.BBox, number)
		}
	}
	return request, nil
}

// patient lets a long answer go on as long as the reader takes it, a minute for each piece.
type patient struct {
	w       io.Writer
	control *http.ResponseController
	begun   bool
}

func (p *patient) Write(b []byte) (int, error) {
	p.begun = true
	_ = p.control.SetWriteDeadline(time.Now().Add(writeTimeout)) // without it the usual one holds
	return p.w.Write(b)
}
