package operations

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
	"golang.org/x/text/unicode/norm"

	"haidang"
)

const key = "f81d4fae-7dec-41d0-a765-00a0c91e6bf6"

func TestReportFromPhoneToDesk(t *testing.T) {
	d := newDesk(t)
	changes := heard[haidang.RequestChanged](d.room)
	unit, name, lon, lat := d.unit()
	s := Submission{Category: "road", Description: norm.NFD.String("  Ổ gà lớn trước cổng trường\r\n, mưa là đầy nước \x00 "), Language: "km",
		Lon: &lon, Lat: &lat, Photo: bytes.NewReader(jpegOf(t, quarters(64, 64))), IdempotencyKey: key}
	code, err := d.Submit(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	pending, err := d.Track(t.Context(), code)
	if err != nil || !pending.Pending || pending.Description != "" || pending.SubmittedAt.IsZero() {
		t.Errorf("on its way: %+v, %v", pending, err)
	}
	d.deliver()

	got, events, err := d.Get(t.Context(), code)
	if err != nil {
		t.Fatal(err)
	}
	want := haidang.ServiceRequest{Code: code, Number: "PA-00001", Category: "road", Description: "Ổ gà lớn trước cổng trường\n, mưa là đầy nước", Language: "km",
		Lon: lon, Lat: lat, Exact: true, Unit: unit, UnitName: name, Channel: OwnChannel, Status: haidang.RequestReceived, Agency: "sogtvt"}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(want, "Photo", "SubmittedAt", "ChangedAt")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !d.photos.Has(got.Photo) || len(events) != 1 || events[0].Status != haidang.RequestReceived || !events[0].At.Equal(got.SubmittedAt) {
		t.Errorf("photo %q, events %+v", got.Photo, events)
	}
	d.soon("the bus carries the report", func() bool { return len(changes()) == 1 })
	if changes()[0].Request.Code != code {
		t.Errorf("event %+v", changes()[0])
	}
	tracked, err := d.Track(t.Context(), haidang.TrackingCode(strings.ToLower(string(code[:5])+" - "+string(code[5:]))))
	if err != nil || tracked.Pending || tracked.Number != "PA-00001" || !tracked.HasPhoto || tracked.Photo != got.Photo || tracked.UnitName != name {
		t.Errorf("tracked %+v, %v", tracked, err)
	}
	if n := d.count("service_submission"); n != 0 {
		t.Errorf("%d notes of submissions left", n)
	}
	if list, err := d.ByPhoto(t.Context(), got.Photo); err != nil || len(list) != 1 || list[0].Code != code {
		t.Errorf("by photo %+v, %v", list, err)
	}
}

func TestCommuneStandsForAPoint(t *testing.T) {
	d := newDesk(t)
	got, _, err := d.Get(t.Context(), d.filedReport())
	unit, name, lon, lat := d.unit()
	if err != nil || got.Exact || got.Unit != unit || got.UnitName != name || got.Lon != lon || got.Lat != lat {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestSubmitRefuses(t *testing.T) {
	d := newDesk(t)
	_, _, lon, lat := d.unit()
	hanoi := [2]float64{105.85, 21.03}
	for name, c := range map[string]struct {
		field string
		spoil func(*Submission)
	}{
		"no category":      {"category", func(s *Submission) { s.Category = "" }},
		"unknown category": {"category", func(s *Submission) { s.Category = "ufo" }},
		"too short":        {"description", func(s *Submission) { s.Description = "  ngập nước  " }},
		"only blanks":      {"description", func(s *Submission) { s.Description = strings.Repeat(" \x00\u202e", 50) }},
		"too long":         {"description", func(s *Submission) { s.Description = strings.Repeat("ệ", 2001) }},
		"language":         {"language", func(s *Submission) { s.Language = "fr" }},
		"nowhere":          {"unit", func(s *Submission) { s.Unit = "" }},
		"unknown commune":  {"unit", func(s *Submission) { s.Unit = "00000\x00" }},
		"half a pin":       {"lon", func(s *Submission) { s.Lon = &lon }},
		"not on earth":     {"lon", func(s *Submission) { s.Lon, s.Lat = new(1e300), &lat }},
		"another province": {"lon", func(s *Submission) { s.Lon, s.Lat = &hanoi[0], &hanoi[1] }},
		"weak key":         {"Idempotency-Key", func(s *Submission) { s.IdempotencyKey = "1" }},
		"no picture":       {"photo", func(s *Submission) { s.Photo = strings.NewReader("MZ") }},
	} {
		s := d.submission()
		c.spoil(&s)
		_, err := d.Submit(t.Context(), s)
		if refusal, ok := errors.AsType[*haidang.Error](err); !ok || refusal.Field != c.field || refusal.Code != haidang.ErrInvalid || refusal.Text.VI == "" || refusal.Text.EN == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(d.queue) != 0 || d.count("service_submission") != 0 {
		t.Error("a refused report went on")
	}
	s := d.submission()
	s.Description = strings.Repeat("ệ", 2000)
	if _, err := d.Submit(t.Context(), s); err != nil {
		t.Errorf("2000 characters: %v", err)
	}
}

func TestSendingAgainIsTheSameReport(t *testing.T) {
	d := newDesk(t)
	s := d.submission()
	s.IdempotencyKey = key
	first, err := d.Submit(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	for moment, deliver := range map[string]bool{"while on its way": false, "after it was filed": true} {
		if deliver {
			d.deliver()
		}
		if again, err := d.Submit(t.Context(), s); err != nil || again != first {
			t.Errorf("%s: %q, %v", moment, again, err)
		}
	}
	d.deliver()
	if n, events := d.count("service_request"), d.count("service_request_event"); n != 1 || events != 1 {
		t.Errorf("%d reports, %d events", n, events)
	}
	restarted := NewRequests(RequestsConfig{Pool: d.db, Bus: d.live, Photos: d.photos, Publish: d.take})
	if again, err := restarted.Submit(t.Context(), s); err != nil || again != first || len(d.queue) != 0 {
		t.Errorf("after a restart: %q, %v, %d queued", again, err, len(d.queue))
	}
	s.Description = "Một việc hoàn toàn khác ở chỗ khác"
	_, err = d.Submit(t.Context(), s)
	wantRefusal(t, err, haidang.ErrConflict, "Idempotency-Key")
	s.IdempotencyKey = ""
	if other, err := d.Submit(t.Context(), s); err != nil || other == first {
		t.Errorf("without a key: %q, %v", other, err)
	}
}

// The broker took the report but its answer got lost; the phone sends again.
func TestLostAnswerLosesNothingAndDoublesNothing(t *testing.T) {
	d := newDesk(t)
	d.failWith, d.lost = errors.New("connection reset"), true
	s := d.submission()
	s.IdempotencyKey = key
	_, err := d.Submit(t.Context(), s)
	wantRefusal(t, err, haidang.ErrUnavailable, "")
	d.failWith = nil
	code, err := d.Submit(t.Context(), s)
	if err != nil || len(d.queue) != 2 {
		t.Fatalf("%v, %d queued", err, len(d.queue))
	}
	d.deliver()
	if _, _, err := d.Get(t.Context(), code); err != nil || d.count("service_request") != 1 || d.count("service_submission") != 0 {
		t.Errorf("%v, %d reports", err, d.count("service_request"))
	}
}

func TestFailedPublishIsNotPending(t *testing.T) {
	d := newDesk(t)
	d.failWith = errors.New("no broker")
	s := d.submission()
	s.IdempotencyKey = key
	_, err := d.Submit(t.Context(), s)
	wantRefusal(t, err, haidang.ErrUnavailable, "")
	_, err = d.Track(t.Context(), codeForKey(key))
	wantRefusal(t, err, haidang.ErrNotFound, "code")
}

// The same report arrives many times at once, as after a crash with many workers.
func TestManyDeliveriesFileOneReport(t *testing.T) {
	d := newDesk(t)
	for range 5 {
		if _, err := d.Submit(t.Context(), d.submission()); err != nil {
			t.Fatal(err)
		}
		payload := d.queue[0]
		d.queue = nil
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				if err := d.accept(OwnChannel, payload); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	if n, events := d.count("service_request"), d.count("service_request_event"); n != 5 || events != 5 {
		t.Errorf("%d reports, %d events", n, events)
	}
}

func TestAcceptRefusesBadMessagesAndKeepsTheTransaction(t *testing.T) {
	d := newDesk(t)
	_, _, lon, lat := d.unit()
	good := map[string]any{"category": "flood", "description": "Nước ngập nửa bánh xe", "lon": lon, "lat": lat, "code": newTrackingCode(), "id": "1022-7"}
	bad := map[string]any{
		"category": "ufo", "description": "\x00\x00", "language": "xx", "photo": strings.Repeat("a", 64), "lon": 2.35, "lat": "north",
		"code": "0000000001", "id": "a\x00", "unit": "\x00", "submittedAt": "yesterday",
	}
	err := pgx.BeginFunc(t.Context(), d.db, func(tx pgx.Tx) error {
		for field, value := range bad {
			for _, channel := range []string{OwnChannel, "zalo"} {
				m := map[string]any{}
				for k, v := range good {
					m[k] = v
				}
				m[field] = value
				payload, _ := json.Marshal(m)
				_, err := d.AcceptReport(t.Context(), tx, channel, payload, time.Now())
				if other := channel == OwnChannel && field == "id" || channel == "zalo" && field == "code" || channel == OwnChannel && (field == "lon" || field == "unit"); other {
					if err != nil {
						t.Errorf("%s %s: %v", channel, field, err)
					}
				} else if _, ok := errors.AsType[*haidang.Error](err); !ok {
					t.Errorf("%s %s: %v", channel, field, err)
				}
			}
		}
		for _, payload := range []string{"", "null", "[]", "\xff", `{"code":5}`, strings.Repeat("[", 40_000)} {
			if _, err := d.AcceptReport(t.Context(), tx, OwnChannel, []byte(payload), time.Now()); !isRefusal(err) {
				t.Errorf("%.10q: %v", payload, err)
			}
		}
		_, err := tx.Exec(t.Context(), `SELECT 1`) // the transaction still works
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestPartnersReport(t *testing.T) {
	d := newDesk(t)
	unit, _, _, _ := d.unit()
	payload := func(id, description string) []byte {
		return fmt.Appendf(nil, `{"id":%q,"category":"waste","description":%q,"unit":%q,"code":"0000000000","submittedAt":"2999-01-01T00:00:00Z","simulated":true}`, id, description, unit)
	}
	for range 2 {
		if err := d.accept("zalo", payload("z-1", "Rác đổ đầy lề đường")); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.accept("1022", payload("z-1", "Rác đổ đầy lề đường")); err != nil {
		t.Error(err)
	}
	wantRefusal(t, d.accept("zalo", payload("z-1", "Một việc khác hẳn ở đây")), haidang.ErrConflict, "")
	list, err := d.List(t.Context(), RequestFilter{Limit: 10})
	if err != nil || len(list) != 2 || list[1].Channel != "zalo" || !list[1].Simulated || list[1].Unit != unit || list[1].Code == "0000000000" || list[1].SubmittedAt.After(time.Now()) {
		t.Errorf("%+v, %v", list, err)
	}
}

// A code that another report has is refused, not swallowed.
func TestCodeOfAnotherReportIsRefused(t *testing.T) {
	d := newDesk(t)
	code := d.filedReport()
	_, _, lon, lat := d.unit()
	payload, _ := json.Marshal(map[string]any{"code": code, "category": "road", "description": "Đường này hỏng nặng lắm", "lon": lon, "lat": lat})
	wantRefusal(t, d.accept(OwnChannel, payload), haidang.ErrConflict, "")
}

// The boundaries change between sending and filing: the report is filed all the same.
func TestReportOutlivesItsUnit(t *testing.T) {
	d := newDesk(t)
	code, err := d.Submit(t.Context(), d.submission())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.db.Exec(t.Context(), `INSERT INTO unit_validity (unit_id, period, recorded_by, reason) SELECT id, 'empty', 'test', 'withdrawn' FROM administrative_unit`); err != nil {
		t.Fatal(err)
	}
	d.deliver()
	if got, _, err := d.Get(t.Context(), code); err != nil || got.Unit != "" || got.Lon == 0 || got.Exact {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestRequestLists(t *testing.T) {
	d := newDesk(t)
	var codes []haidang.TrackingCode
	for range 3 {
		codes = append(codes, d.filedReport())
	}
	if _, err := d.SetStatus(t.Context(), codes[2], "lan", StatusChange{To: haidang.RequestClosed, Note: "Đã bơm cạn"}); err != nil {
		t.Fatal(err)
	}
	open, err := d.Open(t.Context())
	if err != nil || len(open) != 2 || open[0].Code != codes[1] {
		t.Errorf("open %+v, %v", open, err)
	}
	page, err := d.List(t.Context(), RequestFilter{Limit: 2})
	if err != nil || len(page) != 2 || page[0].Code != codes[2] {
		t.Errorf("page %+v, %v", page, err)
	}
	rest, err := d.List(t.Context(), RequestFilter{Before: page[1].Number, Limit: 500, Open: true})
	if err != nil || len(rest) != 1 || rest[0].Code != codes[0] {
		t.Errorf("rest %+v, %v", rest, err)
	}
	_, err = d.List(t.Context(), RequestFilter{Before: "x"})
	wantRefusal(t, err, haidang.ErrInvalid, "before")
	if list, err := d.ByPhoto(t.Context(), ""); err != nil || len(list) != 0 {
		t.Errorf("reports without a photo are shown for none: %+v, %v", list, err)
	}
}

func TestCategories(t *testing.T) {
	d := newDesk(t)
	list, err := d.Categories(t.Context())
	if err != nil || len(list) < 5 || len(list) > 12 || list[len(list)-1].Code != "other" {
		t.Fatalf("%+v, %v", list, err)
	}
	for _, c := range list {
		if c.Name.VI == "" || c.Name.EN == "" || c.Name.KM == "" || c.Icon == "" || c.Agency == "" {
			t.Errorf("%+v is incomplete", c)
		}
	}
	if _, err := d.db.Exec(t.Context(), `UPDATE service_category SET agency = 'vpub', name_vi = 'x' WHERE code = 'flood'`); err != nil {
		t.Fatal(err)
	}
	if err := ReferenceData(t.Context(), d.db); err != nil {
		t.Fatal(err)
	}
	if again, _ := d.Categories(t.Context()); again[0].Agency != "vpub" || again[0].Name.VI != "Ngập nước" {
		t.Errorf("seeding again made %+v", again[0])
	}
}
