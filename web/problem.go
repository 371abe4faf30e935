package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5/pgconn"

	"haidang"
	"haidang/internal/auth"
)

// kindOfProblem is what one error code is over HTTP.
type kindOfProblem struct {
	status int
	title  haidang.Text
}

// problems is the only place where error codes meet HTTP statuses.
var problems = map[haidang.ErrorCode]kindOfProblem{
	haidang.ErrInvalid:       {http.StatusBadRequest, haidang.Text{VI: "Dữ liệu không hợp lệ", EN: "Invalid input"}},
	haidang.ErrBlocked:       {http.StatusUnprocessableEntity, haidang.Text{VI: "Còn lỗi phải sửa", EN: "To be mended first"}},
	haidang.ErrUnauthorised:  {http.StatusUnauthorized, haidang.Text{VI: "Chưa đăng nhập", EN: "Not signed in"}},
	haidang.ErrForbidden:     {http.StatusForbidden, haidang.Text{VI: "Không có quyền", EN: "Not allowed"}},
	haidang.ErrNotFound:      {http.StatusNotFound, haidang.Text{VI: "Không tìm thấy", EN: "Not found"}},
	haidang.ErrConflict:      {http.StatusConflict, haidang.Text{VI: "Đã có thay đổi khác", EN: "Conflict"}},
	haidang.ErrStale:         {http.StatusPreconditionFailed, haidang.Text{VI: "Đã có thay đổi khác", EN: "Changed meanwhile"}},
	haidang.ErrUnconditional: {http.StatusPreconditionRequired, haidang.Text{VI: "Thiếu điều kiện", EN: "Precondition missing"}},
	haidang.ErrTooMany:       {http.StatusTooManyRequests, haidang.Text{VI: "Quá nhiều yêu cầu", EN: "Too many requests"}},
	haidang.ErrTooLarge:      {http.StatusRequestEntityTooLarge, haidang.Text{VI: "Quá lớn", EN: "Too large"}},
	haidang.ErrMediaType:     {http.StatusUnsupportedMediaType, haidang.Text{VI: "Sai loại nội dung", EN: "Another kind of content"}},
	haidang.ErrUnavailable:   {http.StatusServiceUnavailable, haidang.Text{VI: "Tạm thời gián đoạn", EN: "Temporarily unavailable"}},
	haidang.ErrNotInstalled:  {http.StatusNotImplemented, haidang.Text{VI: "Chưa cài đặt", EN: "Not installed"}},
	haidang.ErrInternal:      {http.StatusInternalServerError, haidang.Text{VI: "Lỗi hệ thống", EN: "Internal error"}},
}

// Problem is a refusal as RFC 9457 spells it, in the reader's language.
type Problem struct {
	Type   string            `json:"type" doc:"urn:haidang:problem: and the code"`
	Title  string            `json:"title"`
	Status int               `json:"status"`
	Detail string            `json:"detail" doc:"What is wrong and what to do, in the reader's language"`
	Code   haidang.ErrorCode `json:"code" doc:"Stable kind of the refusal"`
	Field  string            `json:"field,omitempty" doc:"The input field at fault"`
}

// Error makes a Problem an error.
func (p *Problem) Error() string { return p.Detail }

// GetStatus makes a Problem a huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType makes huma answer with the problem media type.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// newProblem words a refusal for a reader.
func newProblem(e *haidang.Error, lang string) *Problem {
	kind, ok := problems[e.Code]
	if !ok {
		kind = problems[haidang.ErrInternal]
	}
	return &Problem{Type: "urn:haidang:problem:" + string(e.Code), Title: kind.title.In(lang), Status: kind.status,
		Detail: e.Text.In(lang), Code: e.Code, Field: e.Field}
}

// refusalOf turns any error into one that can be shown. What is not ours becomes
// ErrUnavailable or ErrInternal, and its words stay in the log.
func refusalOf(err error) *haidang.Error {
	if e, ok := errors.AsType[*haidang.Error](err); ok {
		return e
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge(err)
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "22021" {
		return haidang.Refuse(haidang.ErrInvalid, "Nội dung gửi lên có ký tự không lưu được (NUL hoặc không phải UTF-8). Hãy bỏ ký tự ấy rồi thử lại.",
			"What was sent holds characters that cannot be kept (NUL, or no UTF-8). Remove them and try again.")
	}
	if away(err) {
		e := haidang.Refuse(haidang.ErrUnavailable, "Hệ thống đang bận hoặc một bộ phận tạm ngừng. Hãy thử lại sau ít phút.",
			"The system is busy or a part of it is down. Try again in a few minutes.")
		e.Cause = err
		return e
	}
	e := haidang.Refuse(haidang.ErrInternal, "Hệ thống gặp lỗi ngoài dự kiến; lỗi đã được ghi lại. Hãy thử lại, hoặc báo cho quản trị viên.",
		"The system ran into an unexpected error, which has been recorded. Try again, or tell an administrator.")
	e.Cause = err
	return e
}

// away reports whether the database is out of reach or out of something (disk, memory,
// connections), or whoever asked is.
func away(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return strings.HasPrefix(pg.Code, "53") || strings.HasPrefix(pg.Code, "57P") // resources; it stops or starts
	}
	_, unreachable := errors.AsType[*pgconn.ConnectError](err)
	return unreachable || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

func tooLarge(cause error) *haidang.Error {
	e := haidang.Refuse(haidang.ErrTooLarge, "Nội dung gửi lên quá lớn. Hãy gửi ảnh nhỏ hơn 10 MB hoặc rút ngắn nội dung.",
		"What was sent is too large. Send a photo below 10 MB, or shorten the text.")
	e.Cause = cause
	return e
}

func notFound() *haidang.Error {
	return haidang.Refuse(haidang.ErrNotFound, "Không có địa chỉ này. Hãy kiểm tra lại đường dẫn.", "There is nothing at this address. Check the link.")
}

// retryAfter returns the seconds to wait that a refusal speaks of, or "".
func retryAfter(err error) string {
	wait, ok := auth.RetryAfter(err)
	if l, is := errors.AsType[*slowDown](err); is {
		wait, ok = l.wait, true
	}
	if !ok {
		return ""
	}
	return strconv.Itoa(int((wait + time.Second - 1) / time.Second))
}

// fail answers with the problem that err is.
func fail(w http.ResponseWriter, r *http.Request, err error) {
	e := refusalOf(err)
	p := newProblem(e, languageOf(r))
	logFailure(r.Context(), p.Status, e)
	challenge(w, r, e.Code)
	if after := retryAfter(err); after != "" {
		w.Header().Set("Retry-After", after)
	}
	writeProblem(w, p)
}

func writeProblem(w http.ResponseWriter, p *Problem) {
	h := w.Header()
	h.Del("ETag")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the reader may be gone
}

func logFailure(ctx context.Context, status int, e *haidang.Error) {
	if status < http.StatusInternalServerError || errors.Is(e.Cause, context.Canceled) {
		return
	}
	slog.ErrorContext(ctx, "request failed", "request", visitorOf(ctx).id, "error", e)
}

// speakProblems makes huma's errors Problems. huma has one pair of constructors for the whole program.
var speakProblems = sync.OnceFunc(func() {
	huma.NewErrorWithContext = humaProblem
	huma.NewError = func(_ int, _ string, errs ...error) huma.StatusError {
		return newProblem(validationRefusal(errs), "vi")
	}
})

// humaProblem makes a Problem of what a handler returned, or of what huma found wrong with the input.
func humaProblem(ctx huma.Context, status int, _ string, errs ...error) huma.StatusError {
	lang := preferred(ctx.Query("lang"), ctx.Header("Accept-Language"))
	ctx.SetHeader("Cache-Control", "no-store")
	switch {
	case status >= http.StatusInternalServerError && len(errs) > 0:
		e := refusalOf(errs[0])
		p := newProblem(e, lang)
		logFailure(ctx.Context(), p.Status, e)
		if after := retryAfter(errs[0]); after != "" {
			ctx.SetHeader("Retry-After", after)
		}
		return p
	case status == http.StatusRequestEntityTooLarge:
		return newProblem(haidang.Refuse(haidang.ErrTooLarge, "Nội dung gửi lên quá lớn. Hãy rút ngắn, hoặc chia làm nhiều lần.",
			"What was sent is too large. Shorten it, or send it in parts."), lang)
	}
	p := newProblem(validationRefusal(errs), lang)
	if status == http.StatusUnsupportedMediaType || status == http.StatusRequestTimeout {
		p.Status = status
	}
	return p
}
