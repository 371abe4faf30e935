package catalogue

import (
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/internal/auth"
)

// History is the table of what the layer's features were, as SQL writes it.
func (l Layer) History() string { return pgx.Identifier{"history_" + l.Table}.Sanitize() }

// Instant reads the parameter at: an instant as RFC 3339 spells it, as fine as the
// history is. A + that came as a space is taken for what it was.
func Instant(text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, strings.ToUpper(strings.ReplaceAll(text, " ", "+")))
	if err != nil || t.Year() < 1 || t.Year() > 9999 {
		return t, haidang.RefuseField("at", "at là một thời điểm, viết như 2026-11-30T09:00:00+07:00.", "at is an instant, written as 2026-11-30T09:00:00+07:00.")
	}
	return t.UTC().Truncate(time.Microsecond), nil
}

// RequirePast returns ErrUnauthorised to the public: what a layer was may be of the time
// before it was opened to everybody. The rights of staff on the past are today's.
func RequirePast(p *auth.Principal) error {
	if p != nil {
		return nil
	}
	refusal := haidang.Refuse(haidang.ErrUnauthorised, "Lịch sử của lớp không mở cho công chúng. Hãy đăng nhập để xem lớp như trước đây, hoặc bỏ tham số at để xem lớp hiện nay.",
		"The history of layers is not open to the public. Sign in to see the layer as it was, or leave out at to see it as it is.")
	refusal.Field = "at"
	return refusal
}

// CheckInstant returns ErrInvalid unless the history of the layer says how it was then.
func (l Layer) CheckInstant(at time.Time) error {
	const form = "15:04:05 02/01/2006"
	switch {
	case l.HistoryFrom == nil:
		return haidang.RefuseField("at", "Lớp "+l.Title.VI+" không có lịch sử.", "The layer "+l.Title.EN+" has no history.")
	case at.Before(*l.HistoryFrom):
		from := l.HistoryFrom.In(haidang.LocalTime)
		return haidang.RefuseField("at", "Lịch sử của lớp "+l.Title.VI+" chỉ có từ "+from.Format(form)+" (giờ Việt Nam).",
			"The history of the layer "+l.Title.EN+" begins on "+from.Format(time.RFC3339Nano)+".")
	case at.After(time.Now()):
		return haidang.RefuseField("at", "Chưa đến thời điểm này. Hãy chọn một thời điểm đã qua.", "This instant is yet to come. Choose one that has passed.")
	}
	return nil
}
