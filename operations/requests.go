package operations

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/internal/bus"
)

// OwnChannel is the channel of our own pages. What it carries has been checked by
// Submit before the citizen got a code, so it is filed even where a partner's
// message would be refused for its place.
const OwnChannel = "web"

// RequestsConfig is what Requests stands on.
type RequestsConfig struct {
	Pool   *pgxpool.Pool
	Bus    *bus.Bus
	Photos *Photos

	// Publish hands a report to the broker and returns once it is durable there.
	Publish func(ctx context.Context, channel string, payload []byte) error
}

// Requests are the citizens' reports. It is safe for concurrent use, also by
// several processes on one database and one photo folder.
type Requests struct {
	pool    *pgxpool.Pool
	bus     *bus.Bus
	photos  *Photos
	publish func(ctx context.Context, channel string, payload []byte) error
	now     func() time.Time

	mu       sync.Mutex
	stop     context.CancelFunc // of the sweeper; nil when it does not run
	sweeping sync.WaitGroup
}

// NewRequests makes the door to the citizens' reports.
func NewRequests(c RequestsConfig) *Requests {
	return &Requests{pool: c.Pool, bus: c.Bus, photos: c.Photos, publish: c.Publish, now: time.Now}
}

// message is a report on its way through the broker.
type message struct {
	words
	Code        haidang.TrackingCode `json:"code,omitempty"` // our own channel's
	ID          string               `json:"id,omitempty"`   // a partner's name for the report
	Lon         *float64             `json:"lon,omitempty"`
	Lat         *float64             `json:"lat,omitempty"`
	Unit        haidang.UnitCode     `json:"unit,omitempty"` // where only the commune is known, lon and lat stand for it
	Photo       string               `json:"photo,omitempty"`
	SubmittedAt time.Time            `json:"submittedAt"`
	Simulated   bool                 `json:"simulated,omitempty"`
}

const publishTime = 15 * time.Second

// Submit takes a citizen's report and returns its tracking code once the photo is
// on disk and the message is durable in the broker. The same idempotency key
// returns the same code, also after an answer that got lost, a restart, or from
// another machine. It returns ErrInvalid with the field at fault, ErrConflict when
// the key was used for other words, ErrTooLarge, ErrTooMany or ErrUnavailable.
func (r *Requests) Submit(ctx context.Context, s Submission) (haidang.TrackingCode, error) {
	code, err := codeFor(s.IdempotencyKey)
	if err != nil {
		return "", err
	}
	m := message{Code: code, SubmittedAt: r.now().UTC().Truncate(time.Microsecond), Simulated: s.Simulated}
	if m.words, err = (words{s.Category, s.Description, s.Language}).clean(); err != nil {
		return "", err
	}
	if _, err = agencyFor(ctx, r.pool, m.Category); err != nil {
		return "", err
	}
	where, err := findPlace(ctx, r.pool, s.Lon, s.Lat, s.Unit, haidang.Day(m.SubmittedAt))
	if err != nil {
		return "", err
	}
	m.Lon, m.Lat = &where.Lon, &where.Lat
	if !where.Exact {
		m.Unit = where.Unit
	}
	if filed, err := r.filed(ctx, m); filed || err != nil {
		return code, err
	}
	if s.Photo != nil {
		if m.Photo, err = r.photos.Store(ctx, s.Photo); err != nil {
			return "", err
		}
	}
	return code, r.send(ctx, m)
}

// filed reports whether the message is in the database already, from an earlier sending.
func (r *Requests) filed(ctx context.Context, m message) (bool, error) {
	var w words
	err := r.pool.QueryRow(ctx, `SELECT category, description, language FROM service_request WHERE code = $1`, m.Code).
		Scan(&w.Category, &w.Description, &w.Language)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("look for an earlier sending: %w", err)
	case w != m.words:
		return false, usedKey()
	}
	return true, nil
}

func usedKey() error {
	return &haidang.Error{Code: haidang.ErrConflict, Field: "Idempotency-Key", Text: haidang.Text{
		VI: "Khoá gửi lại này đã dùng cho một phản ánh khác. Hãy gửi lại với khoá mới.",
		EN: "This idempotency key was used for another report. Send it again with a new key."}}
}

// send notes that the report is on its way, publishes it, and notes that it is safe.
// The note keeps the photo from being swept and answers for the code until the
// report is filed.
func (r *Requests) send(ctx context.Context, m message) error {
	payload, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode report: %w", err)
	}
	if _, err := r.pool.Exec(ctx, `INSERT INTO service_submission (code, photo, submitted_at) VALUES ($1, $2, $3)
		ON CONFLICT (code) DO UPDATE SET photo = excluded.photo WHERE excluded.photo <> ''`, m.Code, m.Photo, m.SubmittedAt); err != nil {
		return fmt.Errorf("note the report: %w", err)
	}
	publishing, cancel := context.WithTimeout(ctx, publishTime)
	defer cancel()
	if err := r.publish(publishing, OwnChannel, payload); err != nil {
		return &haidang.Error{Code: haidang.ErrUnavailable, Cause: err, Text: haidang.Text{
			VI: "Máy chủ chưa nhận được phản ánh. Những gì bạn viết chưa mất: hãy gửi lại sau ít phút.",
			EN: "The server could not take the report. What you wrote is not lost: send it again in some minutes.",
			KM: "ម៉ាស៊ីនមេមិនទាន់ទទួលបានទេ។ សូមផ្ញើម្តងទៀតបន្តិចក្រោយ។"}}
	}
	if _, err := r.pool.Exec(ctx, `UPDATE service_submission SET published = true WHERE code = $1`, m.Code); err != nil {
		slog.Warn("operations: a report is safe but not noted as such", "error", err)
	}
	return nil
}

// agencyFor is the agency that a category goes to.
func agencyFor(ctx context.Context, db rower, category string) (agency haidang.AgencyCode, err error) {
	err = db.QueryRow(ctx, `SELECT agency FROM service_category WHERE code = $1`, category).Scan(&agency)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", &haidang.Error{Code: haidang.ErrInvalid, Field: "category", Text: haidang.Text{
			VI: "Không có loại việc này. Hãy chọn một loại trong danh sách.", EN: "There is no such category. Choose one from the list.",
			KM: "គ្មានប្រភេទនេះទេ។ សូមជ្រើសក្នុងបញ្ជី។"}}
	}
	if err != nil {
		return "", fmt.Errorf("read category: %w", err)
	}
	return agency, nil
}

type rower interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}
