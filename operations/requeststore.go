package operations

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"haidang"
)

const requestColumns = `code, number, category, description, language, ST_X(location), ST_Y(location), exact, unit, unit_name,
	photo, channel, status, agency, submitted_at, changed_at, simulated`

func scanRequest(row pgx.CollectableRow) (r haidang.ServiceRequest, err error) {
	var number int64
	err = row.Scan(&r.Code, &number, &r.Category, &r.Description, &r.Language, &r.Lon, &r.Lat, &r.Exact, &r.Unit, &r.UnitName,
		&r.Photo, &r.Channel, &r.Status, &r.Agency, &r.SubmittedAt, &r.ChangedAt, &r.Simulated)
	r.Number = fmt.Sprintf("PA-%05d", number)
	r.SubmittedAt, r.ChangedAt = r.SubmittedAt.UTC(), r.ChangedAt.UTC()
	return r, err
}

// oneRequest runs a statement that returns requestColumns of one report, or pgx.ErrNoRows.
func oneRequest(ctx context.Context, db querier, sql string, args ...any) (haidang.ServiceRequest, error) {
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return haidang.ServiceRequest{}, err
	}
	return pgx.CollectExactlyOneRow(rows, scanRequest)
}

// insertRequest files the report with its first event, or returns pgx.ErrNoRows
// when its code or its name in the channel is there already.
func insertRequest(ctx context.Context, tx pgx.Tx, channel string, m message, where place, agency haidang.AgencyCode) (haidang.ServiceRequest, error) {
	request, err := oneRequest(ctx, tx, `INSERT INTO service_request (code, category, description, language, location, exact, unit, unit_name,
			photo, channel, channel_id, status, agency, simulated, submitted_at)
		VALUES ($1, $2, $3, $4, ST_SetSRID(ST_MakePoint($5, $6), 4326), $7, $8, $9, $10, $11, $12, 'received', $13, $14, $15)
		ON CONFLICT DO NOTHING RETURNING `+requestColumns,
		m.Code, m.Category, m.Description, m.Language, where.Lon, where.Lat, where.Exact, where.Unit, where.UnitName,
		m.Photo, channel, m.ID, agency, m.Simulated, m.SubmittedAt)
	if err != nil {
		return haidang.ServiceRequest{}, err
	}
	return request, addEvent(ctx, tx, request.Code, RequestEvent{At: m.SubmittedAt, Status: haidang.RequestReceived})
}

func addEvent(ctx context.Context, tx pgx.Tx, code haidang.TrackingCode, e RequestEvent) error {
	_, err := tx.Exec(ctx, `INSERT INTO service_request_event (request, at, status, actor, note) VALUES ($1, $2, $3, $4, $5)`,
		code, e.At, e.Status, e.Actor, e.Note)
	if err != nil {
		return fmt.Errorf("add report event: %w", err)
	}
	return nil
}

// maxOpen bounds Open.
const maxOpen = 5000

// Open returns the reports that are not closed, the newest first.
func (r *Requests) Open(ctx context.Context) ([]haidang.ServiceRequest, error) {
	return r.requests(ctx, `WHERE status <> 'closed' ORDER BY number DESC LIMIT $1`, maxOpen)
}

// List returns reports, the newest first. It returns ErrInvalid when Before is no number.
func (r *Requests) List(ctx context.Context, f RequestFilter) ([]haidang.ServiceRequest, error) {
	before := int64(0)
	if f.Before != "" {
		n, err := strconv.ParseInt(strings.TrimPrefix(f.Before, "PA-"), 10, 64)
		if err != nil || n < 1 {
			return nil, haidang.RefuseField("before", "Số phản ánh có dạng PA-00031.", "A report's number looks like PA-00031.")
		}
		before = n
	}
	return r.requests(ctx, `WHERE (NOT $1 OR status <> 'closed') AND ($2 = 0 OR number < $2) ORDER BY number DESC LIMIT $3`,
		f.Open, before, min(max(f.Limit, 1), 500))
}

// ByPhoto returns the reports that show the photo, for the door that decides who may see it.
func (r *Requests) ByPhoto(ctx context.Context, sha256hex string) ([]haidang.ServiceRequest, error) {
	if !sha256Hex.MatchString(sha256hex) {
		return nil, nil
	}
	return r.requests(ctx, `WHERE photo = $1 AND photo <> '' ORDER BY number DESC LIMIT 100`, sha256hex)
}

func (r *Requests) requests(ctx context.Context, where string, args ...any) ([]haidang.ServiceRequest, error) {
	rows, err := r.pool.Query(ctx, `SELECT `+requestColumns+` FROM service_request `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("list reports: %w", err)
	}
	requests, err := pgx.CollectRows(rows, scanRequest)
	if err != nil {
		return nil, fmt.Errorf("list reports: %w", err)
	}
	return requests, nil
}

// Get returns a report with all its events, the oldest first, for those who work on
// it. It returns ErrNotFound, or ErrInvalid when the code is mistyped.
func (r *Requests) Get(ctx context.Context, code haidang.TrackingCode) (haidang.ServiceRequest, []RequestEvent, error) {
	code, err := parseTrackingCode(string(code))
	if err != nil {
		return haidang.ServiceRequest{}, nil, err
	}
	request, err := oneRequest(ctx, r.pool, `SELECT `+requestColumns+` FROM service_request WHERE code = $1`, code)
	if err != nil {
		return haidang.ServiceRequest{}, nil, orNoRequest(err)
	}
	rows, err := r.pool.Query(ctx, `SELECT at, status, actor, note FROM service_request_event WHERE request = $1 ORDER BY id LIMIT 1000`, code)
	if err != nil {
		return haidang.ServiceRequest{}, nil, fmt.Errorf("read report events: %w", err)
	}
	events, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e RequestEvent, err error) {
		err = row.Scan(&e.At, &e.Status, &e.Actor, &e.Note)
		e.At = e.At.UTC()
		return e, err
	})
	if err != nil {
		return haidang.ServiceRequest{}, nil, fmt.Errorf("read report events: %w", err)
	}
	return request, events, nil
}

func orNoRequest(err error) error {
	if !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	return &haidang.Error{Code: haidang.ErrNotFound, Field: "code", Text: haidang.Text{
		VI: "Không có phản ánh nào mang mã này. Hãy xem lại từng ký tự; vừa gửi xong thì thử lại sau một phút.",
		EN: "No report has this code. Check each character; if you sent it just now, try again in a minute.",
		KM: "គ្មានការរាយការណ៍ណាមានលេខកូដនេះទេ។ សូមពិនិត្យម្តងទៀត។"}}
}
