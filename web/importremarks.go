package web

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"haidang"
	"haidang/geo/exports"
	"haidang/geo/imports"
)

type remarksInput struct {
	ID    int64  `path:"id" minimum:"1"`
	Kind  string `query:"kind" enum:"refused,mended"`
	After int64  `query:"after" minimum:"0" doc:"Only features after this one"`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"200" doc:"A page holds all remarks on its last feature, even beyond this"`
}

type remarksOutput struct {
	Body struct {
		Remarks []imports.Remark `json:"remarks"`
		Next    int64            `json:"next,omitempty" doc:"The after of the next page; absent at the end"`
	}
}

type previewInput struct {
	ID    int64  `path:"id" minimum:"1"`
	BBox  string `query:"bbox" maxLength:"200" doc:"West, south, east, north in degrees"`
	Limit int    `query:"limit" minimum:"1" maximum:"2000" default:"1000"`
}

type previewOutput struct{ Body imports.Preview }

func (s *Server) listRemarks(ctx context.Context, in *remarksInput) (*remarksOutput, error) {
	im, _, _, err := s.importFor(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	list, err := im.Remarks(ctx, in.ID, in.Kind, in.After, in.Limit)
	out := &remarksOutput{}
	out.Body.Remarks = orEmpty(list)
	if len(list) >= in.Limit {
		out.Body.Next = list[len(list)-1].Feature
	}
	return out, err
}

// csvPage is how many remarks are read at a time.
const csvPage = 1000

// serveRemarks streams all remarks. A byte order mark tells spreadsheets that it is UTF-8.
func (s *Server) serveRemarks(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return notFound()
	}
	im, _, _, err := s.importFor(r.Context(), id)
	if err != nil {
		return err
	}
	remarks, err := im.Remarks(r.Context(), id, "", 0, csvPage)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="import-%d.csv"`, id))
	_, _ = w.Write([]byte("\xef\xbb\xbf"))
	out := csv.NewWriter(w)
	_ = out.Write([]string{"feature", "kind", "field", "key", "vi", "en"})
	for len(remarks) > 0 {
		for _, m := range remarks {
			_ = out.Write([]string{strconv.FormatInt(m.Feature, 10), m.Kind, m.Field, exports.Harmless(m.Key), exports.Harmless(m.Text.VI), exports.Harmless(m.Text.EN)})
		}
		out.Flush()
		if len(remarks) < csvPage || out.Error() != nil {
			break
		}
		if remarks, err = im.Remarks(r.Context(), id, "", remarks[len(remarks)-1].Feature, csvPage); err != nil {
			panic(http.ErrAbortHandler) // half a list must not look whole
		}
	}
	return nil
}

func (s *Server) previewImport(ctx context.Context, in *previewInput) (*previewOutput, error) {
	im, _, _, err := s.importFor(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	box, err := boxOf(in.BBox)
	if err != nil {
		return nil, err
	}
	preview, err := im.Preview(ctx, in.ID, box, in.Limit)
	return &previewOutput{preview}, err
}

// serveImportPicture serves a checked GeoTIFF drawn small.
func (s *Server) serveImportPicture(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return notFound()
	}
	im, _, _, err := s.importFor(r.Context(), id)
	if err != nil {
		return err
	}
	picture, err := im.Picture(r.Context(), id)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Cache-Control", noStore)
	_, _ = w.Write(picture)
	return nil
}

func boxOf(text string) (*[4]float64, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no box is a value of its own here
	}
	var box [4]float64
	parts := strings.Split(text, ",")
	for i := range box {
		var err error
		if len(parts) != 4 {
			err = strconv.ErrSyntax
		} else {
			box[i], err = strconv.ParseFloat(strings.TrimSpace(parts[i]), 64)
		}
		if err != nil || !(box[i] >= -180 && box[i] <= 180) {
			return nil, haidang.RefuseField("bbox", "Khung cần bốn số độ: tây, nam, đông, bắc.", "The box is four numbers of degrees: west, south, east, north.")
		}
	}
	return &box, nil
}
