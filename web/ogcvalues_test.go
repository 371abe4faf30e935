package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"haidang/geo/catalogue"
)

// Values and shapes that cannot be what was meant are refused with their field.
func TestPart4RefusesValues(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.plots(t, catalogue.ReviewNone, 1)
	q := h.desktop(t, "lan", true).open("plot")
	const good = `{"type":"MultiPolygon","coordinates":[[[[106,9.6],[106.001,9.6],[106.001,9.601],[106,9.6]]]]}`
	post := func(geometry, properties string) (int, string) {
		t.Helper()
		body := fmt.Sprintf(`{"type":"Feature","geometry":%s,"properties":%s}`, geometry, properties)
		answer, said := q.request("POST", q.items(), http.Header{"Content-Type": {"application/geo+json"}}, []byte(body))
		return answer.StatusCode, string(said)
	}
	status, said := post(good, `{"code":"a","measured":"2026-01-01T00:00:00+07:00"}`)
	wantStatus(t, "as it should be", http.StatusCreated, status, said)
	for name, c := range map[string]struct{ geometry, properties, want string }{
		"a zone of a day":     {good, `{"code":"a","measured":"2026-01-01T00:00:00+23:59"}`, "properties"},
		"a year that is none": {good, `{"code":"a","measured":"0000-01-01T00:00:00Z"}`, "properties"},
		"another encoding":    {good, "{\"code\":\"\xd0\xb5\"\xff\"}", "body"},
		"another, in a value": {good, "{\"code\":\"Ph\xfa\"}", "code"},
		"half a character":    {good, `{"code":"\ud800"}`, "code"},
		"latitude first":      {`{"type":"MultiPolygon","coordinates":[[[[9.6,106],[9.6,106.001],[9.601,106.001],[9.6,106]]]]}`, `{"code":"a"}`, "thứ tự X, Y"},
		"no latitude":         {`{"type":"MultiPolygon","coordinates":[[[[106,9.6],[106.001],[106.001,9.601],[106,9.6]]]]}`, `{"code":"a"}`, "geometry"},
	} {
		if status, said := post(c.geometry, c.properties); status != http.StatusBadRequest || !strings.Contains(said, c.want) {
			t.Errorf("%s: %d %s", name, status, said)
		}
	}
}
