package web

import (
	"context"
	"crypto/subtle"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"haidang"
	"haidang/internal/auth"
	"haidang/operations"
)

type trackOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         operations.Tracked
}

func (s *Server) registerReports(d *doors) {
	d.handle(auth.ReportSubmit, "POST /api/v1/public/reports", s.takeReport)
	describe(d, auth.ReportSubmit, huma.Operation{OperationID: "submit-report", Method: http.MethodPost, Path: "/api/v1/public/reports",
		Summary: "Report something: category, description, language, lon and lat or unit, photo; header Idempotency-Key. 201 with the code once it is durable",
		Tags:    []string{"public"}, RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: reportSchema}}}})
	operation(d, auth.ReportTrack, huma.Operation{OperationID: "track-report", Method: http.MethodGet, Path: "/api/v1/public/reports/{code}",
		Summary: "What became of a report; pending while it is durable but not yet filed", Tags: []string{"public"}}, s.trackReport)
	d.handle(auth.ReportTrack, "GET /api/v1/public/reports/{code}/photo", s.serveTrackedPhoto)
	describe(d, auth.ReportTrack, huma.Operation{OperationID: "read-tracked-photo", Method: http.MethodGet, Path: "/api/v1/public/reports/{code}/photo",
		Summary: "The report's photo as JPEG", Tags: []string{"public"}})
}

var reportSchema = &huma.Schema{Type: huma.TypeObject, Required: []string{"category", "description"}, Properties: map[string]*huma.Schema{
	"category":    {Type: huma.TypeString},
	"description": {Type: huma.TypeString},
	"language":    {Type: huma.TypeString, Enum: []any{"vi", "km", "en"}},
	"lon":         {Type: huma.TypeNumber},
	"lat":         {Type: huma.TypeNumber},
	"unit":        {Type: huma.TypeString},
	"photo":       {Type: huma.TypeString, Format: "binary"},
}}

// takeReport takes a citizen's report and answers once it is durable.
func (s *Server) takeReport(w http.ResponseWriter, r *http.Request) error {
	address := visitorOf(r.Context()).address
	if err := s.writes.allow(address); err != nil {
		return err
	}
	leave, err := s.uploads.enter(address)
	if err != nil {
		return err
	}
	defer leave()
	patient := http.NewResponseController(w)
	_ = patient.SetReadDeadline(time.Now().Add(uploadTimeout)) // without deadlines it is as patient as can be
	_ = patient.SetWriteDeadline(time.Now().Add(uploadTimeout + writeTimeout))
	submission, done, err := readReport(r)
	defer done() // also when it is refused: a large photo waits on disk
	if err != nil {
		return err
	}
	submission.Simulated = s.simulated(r)
	code, err := s.config.Requests.Submit(r.Context(), submission)
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/api/v1/public/reports/"+string(code))
	return writeJSON(w, http.StatusCreated, struct {
		Code haidang.TrackingCode `json:"code"`
	}{code})
}

// simulated says whether the caller has shown that it is the demo's own make-believe.
func (s *Server) simulated(r *http.Request) bool {
	token := s.config.Simulated
	return token != "" && subtle.ConstantTimeCompare([]byte(r.Header.Get(haidang.SimulatedHeader)), []byte(token)) == 1
}

// formMemory is how much of a form is kept in memory; a larger photo waits on disk.
const formMemory = 256 << 10

// readReport reads the form. done must be called when the submission is no longer
// needed, also with an error: net/http cleans up only after requests it knows, and
// ours have a context of their own.
func readReport(r *http.Request) (s operations.Submission, done func(), err error) {
	if err := r.ParseMultipartForm(formMemory); err != nil {
		return s, func() {}, unreadableForm(err)
	}
	form := r.MultipartForm
	done = func() { _ = form.RemoveAll() } // what is left is swept by the system
	s = operations.Submission{Category: one(form, "category"), Description: one(form, "description"), Language: one(form, "language"),
		Unit: haidang.UnitCode(one(form, "unit")), IdempotencyKey: r.Header.Get("Idempotency-Key")}
	if s.Lon, err = degrees(form, "lon"); err != nil {
		return s, done, err
	}
	if s.Lat, err = degrees(form, "lat"); err != nil {
		return s, done, err
	}
	s.Photo, done, err = openPhoto(form, done)
	return s, done, err
}

func unreadableForm(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok || errors.Is(err, multipart.ErrMessageTooLarge) {
		return tooLarge(err)
	}
	e := haidang.RefuseField("body", "Phản ánh chưa đến đủ hoặc không đúng dạng multipart/form-data. Hãy gửi lại.",
		"The report did not arrive whole or is not multipart/form-data. Send it again.")
	e.Cause = err
	return e
}

func one(form *multipart.Form, name string) string {
	if v := form.Value[name]; len(v) > 0 {
		return strings.TrimSpace(v[0])
	}
	return ""
}

func degrees(form *multipart.Form, name string) (*float64, error) {
	text := one(form, name)
	if text == "" {
		return nil, nil //nolint:nilnil // absent is a value of its own here
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, haidang.RefuseField(name, "Vị trí phải là số, tính bằng độ. Hãy chạm lại vào bản đồ.", "The position must be a number of degrees. Tap the map again.")
	}
	return &v, nil
}

func openPhoto(form *multipart.Form, done func()) (io.Reader, func(), error) {
	files := form.File["photo"]
	if len(files) == 0 || files[0].Size == 0 {
		return nil, done, nil
	}
	photo, err := files[0].Open()
	if err != nil {
		return nil, done, err
	}
	return photo, func() { _ = photo.Close(); done() }, nil
}

func (s *Server) trackReport(ctx context.Context, in *requestInput) (*trackOutput, error) {
	tracked, err := s.track(ctx, in.Code)
	return &trackOutput{CacheControl: noStore, Body: tracked}, err
}

func (s *Server) track(ctx context.Context, code haidang.TrackingCode) (operations.Tracked, error) {
	if err := s.tracks.allow(visitorOf(ctx).address); err != nil {
		return operations.Tracked{}, err
	}
	tracked, err := s.config.Requests.Track(ctx, code)
	tracked.Events = orEmpty(tracked.Events)
	return tracked, err
}

func (s *Server) serveTrackedPhoto(w http.ResponseWriter, r *http.Request) error {
	tracked, err := s.track(r.Context(), haidang.TrackingCode(r.PathValue("code")))
	if err != nil {
		return err
	}
	if tracked.Photo == "" {
		return haidang.Refuse(haidang.ErrNotFound, "Phản ánh này không có ảnh.", "This report has no photo.")
	}
	return s.sendPhoto(w, r, tracked.Photo)
}
