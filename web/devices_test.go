package web

import (
	"net/http"
	"strings"
	"testing"

	"haidang/ingest"
)

// TestDevicePage reads what the page of one device shows, and the list since an instant.
func TestDevicePage(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.device(t, "gauge1")
	_, err := h.pool.Exec(t.Context(), `UPDATE device_account SET messages = 7, stored = 6, dead = 1, seq_last = 9, seq_missing = 2,
			seq_gaps = '[{"from":3,"to":4,"at":"2026-03-02T07:00:00Z"}]', cut_until = now() + interval '1 hour' WHERE thing = 'gauge1';
		INSERT INTO account_snapshot VALUES ('2026-03-02T07:00:00Z', 5, 0, 5, 0, 0, 5, 5, 0, 0, 0, 0);
		INSERT INTO account_snapshot_device VALUES ('gauge1', '2026-03-02T06:00:00Z', 4, 4, 0, 0, 0, 0);
		INSERT INTO thing_attribute VALUES ('gauge1', 'firmware', '"1.2"', now());
		INSERT INTO mqtt_refusal (thing, kind, topic) VALUES ('gauge1', 'publish', 'x')`)
	must(t, err)
	viewer := h.as(t, "operator")
	var one ingest.DeviceDetail
	viewer.get("/api/v1/devices/gauge1", &one)
	if d := one.Device; d.Messages != 7 || *d.SeqLast != 9 || d.SeqGaps != 1 || d.CutUntil == nil || d.Refusals != 1 {
		t.Errorf("device is %+v", d)
	}
	if one.Sequence == nil || one.Sequence.Gaps[0].From != 3 || len(one.Streams) != 1 || len(one.Attributes) != 1 || len(one.Refusals) != 1 {
		t.Errorf("detail is %+v", one)
	}
	var list struct {
		Since   string
		Devices []ingest.DeviceAccount
	}
	viewer.get("/api/v1/devices?since=2026-03-02T08:00:00Z", &list)
	if len(list.Devices) != 1 || list.Since != "2026-03-02T07:00:00Z" || list.Devices[0].Messages != 3 || list.Devices[0].Stored != 2 {
		t.Errorf("since the snapshot: %+v", list)
	}
	if status, answer := viewer.do("GET", "/api/v1/devices/nobody", nil); status != http.StatusNotFound {
		t.Errorf("an unknown device: %d %s", status, answer)
	}
	if status, answer := viewer.do("GET", "/api/v1/ingest?since=yesterday", nil); status != http.StatusBadRequest {
		t.Errorf("a since that is no time: %d %s", status, answer)
	}
}

// TestLimitADeviceType: only an administrator may, and the program's own table does
// not take it back.
func TestLimitADeviceType(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	type limit struct {
		PerMinute int `json:"perMinute"`
		Burst     int `json:"burst"`
	}
	const path = "/api/v1/device-types/tide_gauge"
	if status, _ := h.as(t, "operator").do("PUT", path, limit{5, 50}); status != http.StatusForbidden {
		t.Errorf("an operator may: %d", status)
	}
	admin := h.as(t, "admin")
	for _, c := range []struct {
		path   string
		limit  limit
		status int
		field  string
	}{
		{path, limit{5, 50}, http.StatusNoContent, ""},
		{path, limit{5, 0}, http.StatusBadRequest, `"field":"burst"`},
		{path, limit{-1, 1}, http.StatusBadRequest, `"field":"perMinute"`},
		{"/api/v1/device-types/toaster", limit{5, 50}, http.StatusNotFound, ""},
	} {
		if status, answer := admin.do("PUT", c.path, c.limit); status != c.status || !strings.Contains(answer, c.field) {
			t.Errorf("PUT %s %+v: %d %s", c.path, c.limit, status, answer)
		}
	}
	must(t, ingest.ReferenceData(t.Context(), h.pool))
	types, err := h.registry.DeviceTypes(t.Context())
	must(t, err)
	for _, k := range types {
		if k.Code == "tide_gauge" && (k.PerMinute != 5 || k.Burst != 50) || k.Code == "replay" && k.PerMinute != 0 || k.Code == "pump" && k.PerMinute != 2 {
			t.Errorf("type is %+v", k)
		}
	}
}
