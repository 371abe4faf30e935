package web

import (
	"net/http"
	"strings"
	"testing"

	"haidang/geo"
	"haidang/ingest"
	"haidang/internal/auth"
)

// TestDeadLetterIsMended walks what an operator and an administrator do about a
// device that calls a property by a name of its own.
func TestDeadLetterIsMended(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.device(t, "gauge1")
	_, err := h.pool.Exec(t.Context(), `INSERT INTO dead_letter (topic, thing, account, reason, decoder, payload)
		VALUES ('v1/things/gauge1/telemetry', 'gauge1', 'gauge1', 'unknown_property', 'haidang-json/1', '{"time":"2026-03-02T07:00:00Z","values":{"muc_nuoc":1.5}}'),
		       ('v1/things/gauge1/telemetry', 'gauge1', 'gauge1', 'bad_json', 'haidang-json/1', '<script>')`)
	must(t, err)
	operator, admin := h.as(t, "operator"), h.as(t, "admin")
	list := func(query string) (letters []ingest.DeadLetter, reasons []ingest.ReasonCount) {
		t.Helper()
		var body struct {
			DeadLetters []ingest.DeadLetter
			Reasons     []ingest.ReasonCount
		}
		operator.get("/api/v1/dead-letters"+query, &body)
		return body.DeadLetters, body.Reasons
	}
	letters, reasons := list("?state=open&reason=unknown_property&since=2026-01-01T00:00:00Z&text=MUC_NUOC&limit=5")
	if len(letters) != 0 || len(reasons) != 0 {
		t.Errorf("the payload was searched without regard to case: %+v", letters)
	}
	if letters, _ = list("?state=open&reason=unknown_property&since=2026-01-01T00:00:00Z&text=muc_nuoc&limit=5"); len(letters) != 1 {
		t.Fatalf("found %+v", letters)
	}
	id := letters[0].ID
	if letters, _ = list("?limit=1"); len(letters) != 1 {
		t.Errorf("a page of one has %d", len(letters))
	}
	if letters, _ = list("?before=2"); len(letters) != 1 || letters[0].ID != 1 {
		t.Errorf("before 2 comes %+v", letters)
	}

	answer := operator.request("GET", "/api/v1/dead-letters/2/payload", nil)
	if body := read(t, answer); body != "<script>" || answer.Header.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(answer.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("payload %q as %v", body, answer.Header)
	}
	for _, c := range []struct {
		who        *client
		path       string
		body       any
		want       int
		wantInside string
	}{
		{operator, "/api/v1/device-types/tide_gauge/aliases", map[string]string{"alias": "muc_nuoc", "property": "water_level"}, http.StatusForbidden, "forbidden"},
		{admin, "/api/v1/device-types/tide_gauge/aliases", map[string]string{"alias": "muc_nuoc", "property": "depth_of_hell"}, http.StatusBadRequest, `"field":"property"`},
		{admin, "/api/v1/device-types/no_such_type/aliases", map[string]string{"alias": "muc_nuoc", "property": "water_level"}, http.StatusBadRequest, `"field":"type"`},
		{admin, "/api/v1/devices/no_such_thing/datastreams", map[string]string{"property": "salinity"}, http.StatusBadRequest, `"field":"thing"`},
		{admin, "/api/v1/device-types/tide_gauge/aliases", map[string]string{"alias": "muc_nuoc", "property": "water_level"}, http.StatusNoContent, ""},
		{operator, "/api/v1/dead-letters/replay", map[string]any{"ids": []int64{id, id, 99}}, http.StatusOK, `"replayed":1,"stored":1,"duplicate":0,"conflict":0,"dead":0`},
		{operator, "/api/v1/dead-letters/replay", map[string]any{"ids": []int64{id}}, http.StatusOK, `"replayed":0,"stored":0`},
		{operator, "/api/v1/dead-letters/replay", map[string]any{"reason": "bad_json", "limit": 10}, http.StatusOK, `"replayed":1,"stored":0,"duplicate":0,"conflict":0,"dead":1`},
		{operator, "/api/v1/dead-letters/replay", map[string]any{"limit": 1001}, http.StatusBadRequest, "limit"},
		{operator, "/api/v1/dead-letters/replay", map[string]any{"text": "a\x00b"}, http.StatusBadRequest, "UTF-8"},
		{admin, "/api/v1/device-types/tide_gauge/aliases", map[string]string{"alias": "a\x00b", "property": "water_level"}, http.StatusBadRequest, "UTF-8"},
	} {
		if status, body := c.who.do("POST", c.path, c.body); status != c.want || !strings.Contains(body, c.wantInside) {
			t.Errorf("POST %s %v: %d %s, want %d with %s", c.path, c.body, status, body, c.want, c.wantInside)
		}
	}
	if letters, _ = list("?state=resolved"); len(letters) != 1 || letters[0].ResolvedBy != "operator" || letters[0].Outcome.Stored != 1 || letters[0].Readings != 0 {
		t.Errorf("resolved: %+v", letters)
	}
}

// TestReportAmongDeadLetters: what a citizen wrote and nobody could file is not for
// an operator of one agency.
func TestReportAmongDeadLetters(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	_, err := h.pool.Exec(t.Context(), `INSERT INTO dead_letter (topic, reason, payload) VALUES
		('v1/channels/zalo/reports', 'bad_report', 'phone 0912'), ('v1/things/gauge1/telemetry', 'bad_json', 'x')`)
	must(t, err)
	_, err = h.accounts.Create(t.Context(), "admin", auth.NewAccount{Name: "of_transport", FullName: "Trực", Password: longPassword,
		Grants: []auth.Grant{{Role: auth.RoleOperator, Agency: geo.AgencyTransport}}})
	must(t, err)
	ofOne := h.visitor(t)
	if status, body := ofOne.do("POST", "/api/v1/session", map[string]string{"account": "of_transport", "password": longPassword}); status != http.StatusOK {
		t.Fatalf("sign in: %d %s", status, body)
	}
	for _, c := range []struct {
		who             *client
		letters, status int
	}{{ofOne, 1, http.StatusNotFound}, {h.as(t, "admin"), 2, http.StatusOK}} {
		var list struct {
			DeadLetters []ingest.DeadLetter
			Reasons     []ingest.ReasonCount
		}
		c.who.get("/api/v1/dead-letters", &list)
		status, _ := c.who.do("GET", "/api/v1/dead-letters/1/payload", nil)
		if len(list.DeadLetters) != c.letters || len(list.Reasons) != c.letters || status != c.status {
			t.Errorf("sees %+v, %+v; the report is answered with %d", list.DeadLetters, list.Reasons, status)
		}
	}
}
