package operations

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
)

// maxMessage bounds a report's message: 2000 characters and some room.
const maxMessage = 32 << 10

// AcceptReport files a report that came through the broker, inside ingest's
// transaction. A second delivery changes nothing. An error that is *haidang.Error
// means that the message is bad and will never be good; any other that the
// transaction failed. committed tells the bus and runs after COMMIT.
//
// A partner's channel names its report in "id" and gets a code of our making; it
// says where by "lon" and "lat", or by "unit".
func (r *Requests) AcceptReport(ctx context.Context, tx pgx.Tx, channel string, payload []byte, receivedAt time.Time) (committed func(), err error) {
	m, err := decodeMessage(channel, payload)
	if err != nil {
		return nil, err
	}
	if m.SubmittedAt.Year() < 2000 || m.SubmittedAt.After(receivedAt) {
		m.SubmittedAt = receivedAt
	}
	agency, err := agencyFor(ctx, tx, m.Category)
	if err != nil {
		return nil, err
	}
	if m.Photo != "" && !r.photos.Has(m.Photo) {
		return nil, haidang.RefuseField("photo", "Ảnh của phản ánh chưa được lưu.", "The report's photo was never stored.")
	}
	where, err := acceptPlace(ctx, tx, channel, m)
	if err != nil {
		return nil, err
	}
	request, err := file(ctx, tx, channel, m, where, agency)
	if err != nil {
		return nil, err
	}
	return func() {
		if request.Code != "" {
			publish(r.bus, haidang.RequestChanged{Request: request})
		}
	}, nil
}

// decodeMessage checks all that can be checked without the database.
func decodeMessage(channel string, payload []byte) (m message, err error) {
	if len(payload) > maxMessage {
		return m, haidang.Refuse(haidang.ErrTooLarge, "Bản tin phản ánh lớn hơn 32 kB.", "The report's message is larger than 32 kB.")
	}
	if err := json.Unmarshal(payload, &m); err != nil {
		return m, &haidang.Error{Code: haidang.ErrInvalid, Cause: err, Text: haidang.Text{
			VI: "Bản tin phản ánh không phải JSON đúng mẫu.", EN: "The report is not JSON of the right shape."}}
	}
	if m.words, err = m.clean(); err != nil {
		return m, err
	}
	if channel == OwnChannel {
		m.Code, err = parseTrackingCode(string(m.Code))
		m.ID = string(m.Code)
		return m, err
	}
	m.Code = newTrackingCode()
	if m.ID != tidy(m.ID) || m.ID == "" || len(m.ID) > 128 {
		return m, haidang.RefuseField("id", "Phản ánh từ kênh khác cần mã riêng, dài nhất 128 ký tự.",
			"A report from a channel needs an id of its own, at most 128 characters.")
	}
	return m, nil
}

// acceptPlace finds the place by the units of the day of submission. A report of
// our own channel that has lost its unit since is filed without one.
func acceptPlace(ctx context.Context, tx pgx.Tx, channel string, m message) (place, error) {
	day := haidang.Day(m.SubmittedAt)
	if m.Unit != "" {
		where, err := findPlace(ctx, tx, nil, nil, m.Unit, day)
		if isRefusal(err) && channel == OwnChannel && m.Lon != nil && m.Lat != nil {
			return place{Lon: *m.Lon, Lat: *m.Lat}, nil
		}
		return where, err
	}
	where, err := findPlace(ctx, tx, m.Lon, m.Lat, "", day)
	if isRefusal(err) && channel == OwnChannel && m.Lon != nil && m.Lat != nil && validDegrees(*m.Lon, *m.Lat) {
		return place{Lon: *m.Lon, Lat: *m.Lat, Exact: true}, nil
	}
	return where, err
}

func isRefusal(err error) bool {
	_, ok := errors.AsType[*haidang.Error](err)
	return ok
}

// file inserts the report, or finds it filed already and returns one without a
// code. Other words under the same name are ErrConflict: neither silently wins.
func file(ctx context.Context, tx pgx.Tx, channel string, m message, where place, agency haidang.AgencyCode) (haidang.ServiceRequest, error) {
	request, err := insertRequest(ctx, tx, channel, m, where, agency)
	if errors.Is(err, pgx.ErrNoRows) {
		request, err = haidang.ServiceRequest{}, sameAsFiled(ctx, tx, channel, m)
	}
	if err != nil {
		return haidang.ServiceRequest{}, err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM service_submission WHERE code = $1`, m.Code); err != nil {
		return haidang.ServiceRequest{}, fmt.Errorf("file report: %w", err)
	}
	return request, nil
}

// sameAsFiled is nil when the report was filed with the same words.
func sameAsFiled(ctx context.Context, tx pgx.Tx, channel string, m message) error {
	var w words
	err := tx.QueryRow(ctx, `SELECT category, description, language FROM service_request WHERE channel = $1 AND channel_id = $2`, channel, m.ID).
		Scan(&w.Category, &w.Description, &w.Language)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("file report: %w", err)
	}
	if err != nil || w != m.words {
		return haidang.Refuse(haidang.ErrConflict, "Mã này đã thuộc một phản ánh khác.", "Another report has this name already.")
	}
	return nil
}
