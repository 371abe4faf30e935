package web

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"haidang"
	"haidang/geo"
	"haidang/internal/auth"
	"haidang/operations"
)

// picture is a small JPEG.
func picture(t *testing.T) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 64, 48))
	for i := range 64 * 48 {
		img.Set(i%64, i/64, color.RGBA{uint8(i), uint8(i / 7), 90, 255})
	}
	var b bytes.Buffer
	must(t, jpeg.Encode(&b, img, nil))
	return b.Bytes()
}

// report sends the form of the citizens' page.
func (c *client) report(fields map[string]string, photo io.Reader, key string) (status int, code haidang.TrackingCode, body string) {
	c.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for k, v := range fields {
		must(c.t, form.WriteField(k, v))
	}
	if photo != nil {
		part, err := form.CreateFormFile("photo", "anh.jpg")
		must(c.t, err)
		_, err = io.Copy(part, photo)
		must(c.t, err)
	}
	must(c.t, form.Close())
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.base+"/api/v1/public/reports", &b)
	must(c.t, err)
	r.Header = c.head.Clone()
	r.Header.Set("Content-Type", form.FormDataContentType())
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	answer := c.send(r)
	body = read(c.t, answer)
	var taken struct{ Code haidang.TrackingCode }
	_ = json.Unmarshal([]byte(body), &taken)
	return answer.StatusCode, taken.Code, body
}

func aReport(t *testing.T, h *house) map[string]string {
	t.Helper()
	categories, err := h.requests.Categories(t.Context())
	must(t, err)
	return map[string]string{"category": categories[0].Code, "description": "Nước ngập đường trước nhà văn hóa", "language": "vi", "lon": "105.97", "lat": "9.6"}
}

// TestReportFromPhoneToRoom follows one report with a photo all the way.
func TestReportFromPhoneToRoom(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	citizen := h.visitor(t)
	const key = "k3yOfAtLeast22Characters"
	h.hold.Store(true)
	status, code, body := citizen.report(aReport(t, h), bytes.NewReader(picture(t)), key)
	if status != http.StatusCreated || code == "" {
		t.Fatalf("%d %s", status, body)
	}
	var tracked operations.Tracked
	citizen.get("/api/v1/public/reports/"+string(code), &tracked)
	if !tracked.Pending || tracked.HasPhoto {
		t.Errorf("durable, not yet filed: %+v", tracked)
	}
	h.hold.Store(false)
	must(t, h.file(t.Context(), operations.OwnChannel, h.held[0]))
	citizen.get("/api/v1/public/reports/"+string(code), &tracked)
	if tracked.Pending || !tracked.HasPhoto || tracked.UnitName == "" || !strings.HasPrefix(tracked.Number, "PA-") {
		t.Errorf("filed: %+v", tracked)
	}
	if status, again, _ := citizen.report(aReport(t, h), nil, key); status != http.StatusCreated || again != code {
		t.Errorf("sent again with the same key: %d %s, want the code %s", status, again, code)
	}
	photo := citizen.request("GET", "/api/v1/public/reports/"+string(code)+"/photo", nil)
	if data := read(t, photo); photo.StatusCode != 200 || photo.Header.Get("Content-Type") != "image/jpeg" || !strings.HasPrefix(data, "\xff\xd8") {
		t.Errorf("photo: %d %s", photo.StatusCode, photo.Header.Get("Content-Type"))
	}
	operator := h.as(t, "operator")
	var list struct{ Requests []haidang.ServiceRequest }
	operator.get("/api/v1/requests", &list)
	if len(list.Requests) != 1 || list.Requests[0].Code != code {
		t.Fatalf("the room's list: %+v", list)
	}
	if status, _ := operator.do("GET", "/api/v1/photos/"+list.Requests[0].Photo, nil); status != http.StatusOK {
		t.Errorf("the room's photo: %d", status)
	}
	if status, body := operator.do("POST", "/api/v1/requests/"+string(code)+"/status", map[string]string{"status": "in_progress", "note": "Đã cử người đến"}); status != http.StatusOK {
		t.Errorf("take up: %d %s", status, body)
	}
	citizen.get("/api/v1/public/reports/"+string(code), &tracked)
	if tracked.Status != haidang.RequestInProgress || !strings.Contains(tracked.Events[len(tracked.Events)-1].Note, "cử người") {
		t.Errorf("the citizen sees %+v", tracked)
	}
}

const longPassword = "mot-mat-khau-rat-dai-2026"

// TestScopeOfReports: an editor of another agency neither lists, reads, works on nor sees the photo of a report.
func TestScopeOfReports(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	_, code, body := h.visitor(t).report(aReport(t, h), bytes.NewReader(picture(t)), "")
	if code == "" {
		t.Fatal(body)
	}
	request, _, err := h.requests.Get(t.Context(), code)
	must(t, err)
	other := geo.AgencyHealth
	if request.Agency == other {
		other = geo.AgencyIndustry
	}
	people := map[string]haidang.AgencyCode{"mine": request.Agency, "other": other}
	for name, agency := range people {
		_, err := h.accounts.Create(t.Context(), "admin", auth.NewAccount{Name: haidang.AccountName(name), FullName: name, Password: longPassword, Grants: []auth.Grant{{Role: auth.RoleEditor, Agency: agency}}})
		must(t, err)
	}
	for name := range people {
		c := h.visitor(t)
		if status, body := c.do("POST", "/api/v1/session", map[string]string{"account": name, "password": longPassword}); status != 200 {
			t.Fatal(body)
		}
		for _, path := range []string{"/api/v1/requests/" + string(code), "/api/v1/photos/" + request.Photo} {
			status, _ := c.do("GET", path, nil)
			if may := name == "mine"; may != (status == http.StatusOK) || !may && status != http.StatusForbidden {
				t.Errorf("%s GET %s: %d", name, path, status)
			}
		}
		var list struct{ Requests []haidang.ServiceRequest }
		c.get("/api/v1/requests", &list)
		if (len(list.Requests) == 1) != (name == "mine") {
			t.Errorf("%s lists %d reports", name, len(list.Requests))
		}
		status, _ := c.do("POST", "/api/v1/requests/"+string(code)+"/status", map[string]string{"status": "in_progress"})
		if (status == http.StatusOK) != (name == "mine") {
			t.Errorf("%s works on it: %d", name, status)
		}
	}
}

// TestReportRefusals: what is wrong is named in the citizen's language.
func TestReportRefusals(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	good := aReport(t, h)
	for name, s := range map[string]struct {
		change map[string]string
		photo  io.Reader
		lang   string
		status int
		has    string
	}{
		"too short":             {change: map[string]string{"description": "ngập"}, status: 400, has: `"field":"description"`},
		"too short, in Khmer":   {change: map[string]string{"description": "ngập"}, lang: "km", status: 400, has: "តួអក្សរ"},
		"no such category":      {change: map[string]string{"category": "magic"}, status: 400, has: `"field":"category"`},
		"nowhere":               {change: map[string]string{"lon": "", "lat": ""}, status: 400, has: `"code":"invalid"`},
		"not a number":          {change: map[string]string{"lon": "đây"}, status: 400, has: `"field":"lon"`},
		"outside":               {change: map[string]string{"lon": "2.35", "lat": "48.85"}, status: 400, has: `"code":"invalid"`},
		"a photo that is none":  {photo: strings.NewReader("this is no picture"), status: 400, has: `"code":"invalid"`},
		"a photo of 11 MB":      {photo: io.LimitReader(endless{}, 11<<20), status: 413, has: `"code":"too_large"`},
		"a photo beyond limits": {photo: io.LimitReader(endless{}, 20<<20), status: 413, has: `"code":"too_large"`},
	} {
		t.Run(name, func(t *testing.T) {
			fields := map[string]string{}
			for k, v := range good {
				fields[k] = v
			}
			for k, v := range s.change {
				fields[k] = v
			}
			c := h.visitor(t)
			c.head.Set("Accept-Language", s.lang)
			status, _, body := c.report(fields, s.photo, "")
			if status != s.status || !strings.Contains(body, s.has) {
				t.Errorf("%d %s", status, body)
			}
		})
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// TestTooManyReports: one address is slowed down and told for how long.
func TestTooManyReports(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	c := h.visitor(t)
	for range 100 {
		answer := c.request("POST", "/api/v1/public/reports", map[string]string{})
		if answer.StatusCode == http.StatusTooManyRequests {
			if answer.Header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
			return
		}
	}
	t.Error("a hundred reports at once were all heard")
}

// TestTwoTakeOneAlarm: one wins, the other is told who.
func TestTwoTakeOneAlarm(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.device(t, "TG-01")
	people := []*client{h.as(t, "operator"), h.as(t, "admin")}
	for range 5 {
		alarm, err := h.alarms.Raise(t.Context(), haidang.AlarmReport{Cause: "high/TG-01", Priority: 1, Title: haidang.Text{VI: "Mực nước cao", EN: "High water"}, Thing: "TG-01", At: time.Now(), By: "test"})
		must(t, err)
		path := "/api/v1/alarms/" + placeAlarm(alarm).ID + "/acknowledge"
		type result struct {
			status int
			body   string
		}
		results := make(chan result, len(people))
		for _, c := range people {
			go func() {
				status, body := c.do("POST", path+"?lang=en", map[string]string{"note": "đang đến"})
				results <- result{status, body}
			}()
		}
		won, told := 0, 0
		var taken haidang.Alarm
		for range people {
			r := <-results
			switch r.status {
			case http.StatusOK:
				won++
				must(t, json.Unmarshal([]byte(r.body), &taken))
			case http.StatusConflict:
				told++
				defer func() {
					if !strings.Contains(r.body, string(taken.AckedBy)+" has already") {
						t.Errorf("the other is not told who: %s", r.body)
					}
				}()
			default:
				t.Errorf("%d %s", r.status, r.body)
			}
		}
		if won != 1 || told != 1 {
			t.Errorf("%d won, %d were told", won, told)
		}
		must(t, h.alarms.Clear(t.Context(), "high/TG-01", time.Now(), "test", ""))
	}
	var history struct {
		Alarm  haidang.Alarm
		Events []operations.AlarmEvent
	}
	people[0].get("/api/v1/alarms/1", &history)
	if len(history.Events) != 3 || history.Alarm.State != haidang.AlarmNormal {
		t.Errorf("history: %+v", history)
	}
}

// TestScopeOfAlarms: an operator of another agency sees an alarm and cannot take it.
func TestScopeOfAlarms(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.device(t, "TG-01") // of agriculture
	alarm, err := h.alarms.Raise(t.Context(), haidang.AlarmReport{Cause: "high/TG-01", Priority: 3, Title: haidang.Text{VI: "Mực nước cao", EN: "High water"}, Thing: "TG-01", At: time.Now(), By: "test"})
	must(t, err)
	for _, s := range []struct {
		agency haidang.AgencyCode
		status int
	}{{geo.AgencyHealth, http.StatusForbidden}, {geo.AgencyAgriculture, http.StatusOK}} {
		name := haidang.AccountName("op-" + s.agency)
		_, err := h.accounts.Create(t.Context(), "admin", auth.NewAccount{Name: name, FullName: "Trực", Password: longPassword, Grants: []auth.Grant{{Role: auth.RoleOperator, Agency: s.agency}}})
		must(t, err)
		c := h.visitor(t)
		_, _ = c.do("POST", "/api/v1/session", map[string]string{"account": string(name), "password": longPassword})
		path := "/api/v1/alarms/" + placeAlarm(alarm).ID
		if status, _ := c.do("GET", path, nil); status != http.StatusOK {
			t.Errorf("%s reads: %d", name, status)
		}
		if status, body := c.do("POST", path+"/acknowledge", map[string]string{}); status != s.status {
			t.Errorf("%s takes: %d %s", name, status, body)
		}
	}
}
