package operations

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/internal/audit"
)

// StatusChange is a step that somebody wants a report to take.
type StatusChange struct {
	From haidang.RequestStatus // what the person saw; empty takes whatever it is by now
	To   haidang.RequestStatus
	Note string // goes to the citizen
}

// SetStatus moves a report in the name of a person: received → in_progress →
// closed, received → closed, and closed → in_progress, which opens it again. A
// note goes to the citizen; closing and opening again need one. The status it has
// already adds the note alone. It returns ErrInvalid, ErrNotFound, or ErrConflict
// when somebody has moved it meanwhile, or to where this step does not exist.
func (r *Requests) SetStatus(ctx context.Context, code haidang.TrackingCode, by haidang.AccountName, c StatusChange) (haidang.ServiceRequest, error) {
	code, err := parseTrackingCode(string(code))
	if err != nil {
		return haidang.ServiceRequest{}, err
	}
	if c.Note, err = cleanNote(c.Note); err != nil {
		return haidang.ServiceRequest{}, err
	}
	var request haidang.ServiceRequest
	err = pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
		if request, err = lockRequest(ctx, tx, code); err != nil {
			return err
		}
		from := request.Status
		if c.From != "" && c.From != from {
			return haidang.Refuse(haidang.ErrConflict, "Có người vừa chuyển trạng thái phản ánh này. Hãy xem lại rồi làm tiếp.",
				"Somebody has just moved this report. Look again, then go on.")
		}
		if err = checkStep(from, c.To, c.Note); err != nil {
			return err
		}
		at := r.now()
		request, err = oneRequest(ctx, tx, `UPDATE service_request SET status = $2, changed_at = greatest(changed_at, $3) WHERE code = $1
			RETURNING `+requestColumns, code, c.To, at)
		if err != nil {
			return err
		}
		if err = addEvent(ctx, tx, code, RequestEvent{At: at, Status: c.To, Actor: string(by), Note: c.Note}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: by, Action: "request.work", Object: "request/" + request.Number,
			Detail: map[string]any{"from": from, "to": c.To, "note": c.Note}})
	})
	if err != nil {
		return haidang.ServiceRequest{}, err
	}
	publish(r.bus, haidang.RequestChanged{Request: request})
	return request, nil
}

func lockRequest(ctx context.Context, tx pgx.Tx, code haidang.TrackingCode) (haidang.ServiceRequest, error) {
	request, err := oneRequest(ctx, tx, `SELECT `+requestColumns+` FROM service_request WHERE code = $1 FOR UPDATE`, code)
	if errors.Is(err, pgx.ErrNoRows) {
		return request, haidang.Refuse(haidang.ErrNotFound, "Không có phản ánh này.", "There is no such report.")
	}
	return request, err
}

// checkStep refuses steps that do not exist, and those that need a note and have none.
func checkStep(from, to haidang.RequestStatus, note string) error {
	switch to {
	case haidang.RequestReceived, haidang.RequestInProgress, haidang.RequestClosed:
	default:
		return haidang.RefuseField("status", "Trạng thái là received, in_progress hoặc closed.", "The status is received, in_progress or closed.")
	}
	switch {
	case from == to && note == "":
		return haidang.Refuse(haidang.ErrConflict, "Phản ánh đã ở trạng thái này rồi. Hãy xem lại, hoặc ghi chú thêm cho người dân.",
			"The report has this status already. Look again, or add a note for the citizen.")
	case from != to && to == haidang.RequestReceived:
		return haidang.Refuse(haidang.ErrConflict, "Phản ánh đã được xử lý, không thể trở về \"đã nhận\".",
			"The report is being worked on and cannot go back to received.")
	case from != to && note == "" && (to == haidang.RequestClosed || from == haidang.RequestClosed):
		return haidang.RefuseField("note", "Đóng hoặc mở lại phản ánh cần một lời cho người dân: đã làm gì, vì sao.",
			"Closing or opening again needs a word to the citizen: what was done, and why.")
	}
	return nil
}
