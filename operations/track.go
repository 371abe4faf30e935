package operations

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"haidang"
)

// Track returns what the holder of a code may see. It returns ErrInvalid when the
// code is mistyped and ErrNotFound when nothing has it.
func (r *Requests) Track(ctx context.Context, code haidang.TrackingCode) (Tracked, error) {
	request, events, err := r.Get(ctx, code)
	if haidang.CodeOf(err) == haidang.ErrNotFound && err != nil {
		return r.pending(ctx, code, err)
	}
	if err != nil {
		return Tracked{}, err
	}
	t := Tracked{
		Code: request.Code, Number: request.Number, Category: request.Category, Status: request.Status,
		Description: request.Description, UnitName: request.UnitName, SubmittedAt: request.SubmittedAt,
		HasPhoto: request.Photo != "", Photo: request.Photo, Events: make([]TrackedEvent, 0, len(events)),
	}
	for _, e := range events {
		t.Events = append(t.Events, TrackedEvent{At: e.At, Status: e.Status, Note: e.Note})
	}
	return t, nil
}

// pending answers for a report that the broker has and the database has not yet.
func (r *Requests) pending(ctx context.Context, code haidang.TrackingCode, otherwise error) (Tracked, error) {
	code, err := parseTrackingCode(string(code))
	if err != nil {
		return Tracked{}, err
	}
	t := Tracked{Code: code, Status: haidang.RequestReceived, Events: []TrackedEvent{}, Pending: true}
	err = r.pool.QueryRow(ctx, `SELECT submitted_at FROM service_submission WHERE code = $1 AND published`, code).Scan(&t.SubmittedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return Tracked{}, otherwise
	}
	if err != nil {
		return Tracked{}, fmt.Errorf("track report: %w", err)
	}
	t.SubmittedAt = t.SubmittedAt.UTC()
	return t, nil
}
