package operations

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"haidang"
	"haidang/internal/audit"
)

func TestWorkOnAReport(t *testing.T) {
	d := newDesk(t)
	changes := heard[haidang.RequestChanged](d.room)
	code := d.filedReport()
	for _, step := range []struct {
		status haidang.RequestStatus
		note   string
		code   haidang.ErrorCode // of the refusal; empty when it goes well
		field  string
	}{
		{"done", "x", haidang.ErrInvalid, "status"},
		{haidang.RequestReceived, "", haidang.ErrConflict, ""},
		{haidang.RequestInProgress, "", "", ""},
		{haidang.RequestInProgress, "Đang chờ vật tư", "", ""},
		{haidang.RequestReceived, "trả lại", haidang.ErrConflict, ""},
		{haidang.RequestClosed, " ", haidang.ErrInvalid, "note"},
		{haidang.RequestClosed, strings.Repeat("x", 1001), haidang.ErrInvalid, "note"},
		{haidang.RequestClosed, "Đã vá mặt đường", "", ""},
		{haidang.RequestClosed, "", haidang.ErrConflict, ""},
		{haidang.RequestInProgress, "", haidang.ErrInvalid, "note"},
		{haidang.RequestInProgress, "Người dân báo lại lún", "", ""},
		{haidang.RequestClosed, "Đã vá lại", "", ""},
	} {
		got, err := d.SetStatus(t.Context(), code, "lan", StatusChange{To: step.status, Note: step.note})
		if step.code != "" {
			wantRefusal(t, err, step.code, step.field)
		} else if err != nil || got.Status != step.status {
			t.Errorf("%v: %+v, %v", step, got, err)
		}
	}
	_, err := d.SetStatus(t.Context(), newTrackingCode(), "lan", StatusChange{To: haidang.RequestClosed, Note: "x"})
	wantRefusal(t, err, haidang.ErrNotFound, "")

	_, events, err := d.Get(t.Context(), code)
	if err != nil || len(events) != 6 || events[5].Actor != "lan" || events[5].Note != "Đã vá lại" {
		t.Errorf("events %+v, %v", events, err)
	}
	d.soon("six changes on the bus", func() bool { return len(changes()) == 6 })
	rows, err := audit.List(t.Context(), d.db, 0, 100)
	if err != nil || len(rows) != 5 || rows[0].Object != "request/PA-00001" {
		t.Errorf("audit %+v, %v", rows, err)
	}
	for _, row := range rows {
		if text := fmt.Sprint(row.Object, string(row.Detail)); strings.Contains(text, string(code)) {
			t.Errorf("the audit log holds the tracking code: %s", text)
		}
	}
}

// What the citizen sees says nothing about who worked on the report.
func TestTrackHidesStaff(t *testing.T) {
	d := newDesk(t)
	code := d.filedReport()
	if _, err := d.SetStatus(t.Context(), code, "nguyen.lan", StatusChange{To: haidang.RequestClosed, Note: "Đã bơm cạn"}); err != nil {
		t.Fatal(err)
	}
	tracked, err := d.Track(t.Context(), code)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(tracked)
	if strings.Contains(string(text), "lan") || strings.Contains(string(text), "agency") || strings.Contains(string(text), `"Photo"`) || !strings.Contains(string(text), "Đã bơm cạn") {
		t.Errorf("the citizen sees %s", text)
	}
	for typed, want := range map[haidang.TrackingCode]haidang.ErrorCode{newTrackingCode(): haidang.ErrNotFound, "x": haidang.ErrInvalid} {
		_, err := d.Track(t.Context(), typed)
		wantRefusal(t, err, want, "code")
	}
}

// Two people close the same report at the same moment: one does, one is told.
func TestTwoClosersOneCloses(t *testing.T) {
	d := newDesk(t)
	for range 8 {
		code := d.filedReport()
		outcome := make(chan error, 2)
		for _, who := range []haidang.AccountName{"lan", "minh"} {
			go func() {
				_, err := d.SetStatus(t.Context(), code, who, StatusChange{To: haidang.RequestInProgress})
				outcome <- err
			}()
		}
		one, two := <-outcome, <-outcome
		if (one == nil) == (two == nil) {
			t.Errorf("%v and %v", one, two)
		}
	}
	if err := audit.Verify(t.Context(), d.db); err != nil {
		t.Error(err)
	}
}

// One closes a report while another, who still sees it as new, takes it up with a
// word to the citizen: whoever is second is told, and nothing opens again unseen.
func TestNobodyReopensUnseen(t *testing.T) {
	d := newDesk(t)
	for range 4 {
		code := d.filedReport()
		outcome := make(chan error, 2)
		for _, to := range []haidang.RequestStatus{haidang.RequestClosed, haidang.RequestInProgress} {
			go func() {
				_, err := d.SetStatus(t.Context(), code, "lan", StatusChange{From: haidang.RequestReceived, To: to, Note: "Đã cử người"})
				outcome <- err
			}()
		}
		one, two := <-outcome, <-outcome
		if (one == nil) == (two == nil) {
			t.Errorf("%v and %v", one, two)
		}
		wantRefusal(t, cmp.Or(one, two), haidang.ErrConflict, "")
	}
}

func TestSweepKeepsWhatReportsNeed(t *testing.T) {
	d := newDesk(t)
	submit := func(width int) (sha string) {
		s := d.submission()
		s.Photo = bytes.NewReader(jpegOf(t, quarters(width, 40)))
		if _, err := d.Submit(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		var m message
		if err := json.Unmarshal(d.queue[len(d.queue)-1], &m); err != nil {
			t.Fatal(err)
		}
		return m.Photo
	}
	filed := submit(40)
	d.deliver()
	onItsWay := submit(60) // the broker has it, ingest is down for two days
	orphan, err := d.photos.Store(t.Context(), bytes.NewReader(jpegOf(t, quarters(80, 40))))
	if err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-48 * time.Hour)
	for _, sha := range []string{filed, onItsWay, orphan} {
		if err := os.Chtimes(d.photos.path(sha), old, old); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.db.Exec(t.Context(), `UPDATE service_submission SET submitted_at = $1`, old); err != nil {
		t.Fatal(err)
	}
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.soon("the orphan goes", func() bool { return !d.photos.Has(orphan) })
	if err := d.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if !d.photos.Has(filed) || !d.photos.Has(onItsWay) {
		t.Error("swept a photo that is needed")
	}
	d.deliver()
	if n := d.count("service_request"); n != 2 {
		t.Errorf("%d reports", n)
	}
}

func TestStartAndStopMayBeRepeated(t *testing.T) {
	d := newDesk(t)
	if err := d.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := d.Start(t.Context()); err != nil {
			t.Error(err)
		}
		if err := d.Start(t.Context()); err != nil {
			t.Error(err)
		}
		for range 2 {
			if err := d.Stop(context.Background()); err != nil {
				t.Error(err)
			}
		}
	}
}
