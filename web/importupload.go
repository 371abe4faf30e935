package web

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"haidang"
	"haidang/internal/auth"
)

// Uploads speak tus 1.0.0, the core with creation, expiration and termination: a
// sender that is cut off asks by HEAD how far it came and goes on by PATCH.
const tusVersion = "1.0.0"

func (s *Server) registerUpload(d *doors) {
	file := importsPath + "/{id}/file"
	for _, r := range []struct {
		id, method, path, summary string
		serve                     handler
	}{
		{"create-import", http.MethodPost, importsPath, "Announce a file (tus creation): Upload-Length, and Upload-Metadata with filename", s.createUpload},
		{"read-upload", http.MethodHead, file, "How far the upload is (tus)", s.headUpload},
		{"append-upload", http.MethodPatch, file, "Send the next part (tus): Upload-Offset", s.patchUpload},
		{"end-upload", http.MethodDelete, file, "End the upload (tus termination)", s.deleteUpload},
	} {
		d.handle(auth.LayerImport, r.method+" "+r.path, tus(r.serve))
		describe(d, auth.LayerImport, huma.Operation{OperationID: r.id, Method: r.method, Path: r.path, Summary: r.summary, Tags: []string{"imports"}})
	}
	d.handle(auth.LayerImport, "OPTIONS "+importsPath, s.uploadOptions)
	d.handle(auth.LayerImport, "OPTIONS "+file, s.uploadOptions)
}

// tus wants the version that we speak and says it in every answer.
func tus(serve handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Tus-Resumable", tusVersion)
		if v := r.Header.Get("Tus-Resumable"); v != tusVersion {
			w.Header().Set("Tus-Version", tusVersion)
			p := newProblem(haidang.RefuseField("Tus-Resumable", "Cần tiêu đề Tus-Resumable: 1.0.0.", "The header Tus-Resumable: 1.0.0 is needed."), languageOf(r))
			p.Status = http.StatusPreconditionFailed
			writeProblem(w, p)
			return nil
		}
		return serve(w, r)
	}
}

func (s *Server) uploadOptions(w http.ResponseWriter, _ *http.Request) error {
	im, err := s.importer()
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Tus-Resumable", tusVersion)
	h.Set("Tus-Version", tusVersion)
	h.Set("Tus-Extension", "creation,expiration,termination")
	h.Set("Tus-Max-Size", strconv.FormatInt(im.MaxFileSize(), 10))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) createUpload(w http.ResponseWriter, r *http.Request) error {
	im, err := s.importer()
	if err != nil {
		return err
	}
	p, err := principalOf(r.Context())
	if err != nil {
		return err
	}
	size, err := headerNumber(r, "Upload-Length")
	if err != nil {
		return err
	}
	i, err := im.Open(r.Context(), p.Account, metadata(r, "filename"), size)
	if err != nil {
		return err
	}
	w.Header().Set("Location", fmt.Sprintf("%s/%d/file", importsPath, i.ID))
	w.Header().Set("Upload-Expires", i.ExpiresAt.UTC().Format(http.TimeFormat))
	return writeJSON(w, http.StatusCreated, i)
}

// metadata reads one value of Upload-Metadata: pairs of a key and base64, by commas.
func metadata(r *http.Request, key string) string {
	for pair := range strings.SplitSeq(r.Header.Get("Upload-Metadata"), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(pair), " ")
		if name == key {
			text, err := base64.StdEncoding.DecodeString(value)
			if err != nil {
				return ""
			}
			return string(text)
		}
	}
	return ""
}

func headerNumber(r *http.Request, name string) (int64, error) {
	n, err := strconv.ParseInt(r.Header.Get(name), 10, 64)
	if err != nil || n < 0 {
		return 0, haidang.RefuseField(name, "Tiêu đề "+name+" phải là số byte.", "The header "+name+" must be a number of bytes.")
	}
	return n, nil
}

func uploadID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, notFound()
	}
	return id, nil
}

func (s *Server) headUpload(w http.ResponseWriter, r *http.Request) error {
	id, err := uploadID(r)
	if err != nil {
		return err
	}
	_, _, i, err := s.importFor(r.Context(), id)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Cache-Control", noStore)
	h.Set("Upload-Offset", strconv.FormatInt(i.Received, 10))
	h.Set("Upload-Length", strconv.FormatInt(i.FileSize, 10))
	h.Set("Upload-Expires", i.ExpiresAt.UTC().Format(http.TimeFormat))
	w.WriteHeader(http.StatusOK)
	return nil
}

func (s *Server) patchUpload(w http.ResponseWriter, r *http.Request) error {
	id, err := uploadID(r)
	if err != nil {
		return err
	}
	im, _, i, err := s.importFor(r.Context(), id)
	if err != nil {
		return err
	}
	if r.Header.Get("Content-Type") != "application/offset+octet-stream" {
		p := newProblem(haidang.RefuseField("Content-Type", "Kiểu nội dung phải là application/offset+octet-stream.", "The content type must be application/offset+octet-stream."), languageOf(r))
		p.Status = http.StatusUnsupportedMediaType
		writeProblem(w, p)
		return nil
	}
	offset, err := headerNumber(r, "Upload-Offset")
	if err != nil {
		return err
	}
	leave, err := s.parts.enter(visitorOf(r.Context()).address)
	if err != nil {
		return err
	}
	defer leave()
	patient := http.NewResponseController(w)
	_ = patient.SetReadDeadline(time.Now().Add(partTimeout)) // what came until then counts
	_ = patient.SetWriteDeadline(time.Now().Add(partTimeout + writeTimeout))
	received, err := im.Append(r.Context(), id, offset, r.Body)
	if err != nil {
		return err
	}
	w.Header().Set("Upload-Offset", strconv.FormatInt(received, 10))
	w.Header().Set("Upload-Expires", i.ExpiresAt.UTC().Format(http.TimeFormat))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) deleteUpload(w http.ResponseWriter, r *http.Request) error {
	id, err := uploadID(r)
	if err != nil {
		return err
	}
	im, _, _, err := s.importFor(r.Context(), id)
	if err != nil {
		return err
	}
	if err := im.Abandon(r.Context(), id); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
