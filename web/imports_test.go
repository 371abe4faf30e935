package web

import (
	"context"
	"encoding/base64"
	"fmt"
	"image/png"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo"
	"haidang/geo/catalogue"
	"haidang/geo/imports"
	"haidang/geo/raster"
	"haidang/internal/auth"
	"haidang/internal/jobs"
	"haidang/internal/sandbox"
)

// withImports gives the house a queue and an importer.
func withImports(t *testing.T) func(*Config) {
	t.Helper()
	if !sandbox.Installed("ogr2ogr") {
		t.Skip("no GDAL on this machine: apt-get install gdal-bin")
	}
	dir, err := os.MkdirTemp("/tmp", "haidang-web-imports-")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	must(t, os.Chmod(dir, 0o711))
	return func(c *Config) {
		q := jobs.New(jobs.Config{Pool: c.Pool})
		im, err := imports.NewService(imports.Config{Pool: c.Pool, Dir: dir, Rasters: filepath.Join(dir, "rasters"), Limits: imports.Limits{FileSize: 1 << 20}}, q)
		must(t, err)
		must(t, q.Start(t.Context()))
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			defer cancel()
			must(t, q.Stop(ctx))
		})
		c.Imports = im
	}
}

const fields = `{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::9209"}},"features":[
{"type":"Feature","properties":{"so":1,"ten":"Ruộng Đông"},"geometry":{"type":"Polygon","coordinates":[[[550000,1060000],[550040,1060000],[550040,1060040],[550000,1060000]]]}},
{"type":"Feature","properties":{"so":2,"ten":"=1+1"},"geometry":{"type":"Polygon","coordinates":[[[550100,1060000],[550140,1060000],[550140,1060040],[550100,1060000]]]}},
{"type":"Feature","properties":{"so":null,"ten":"=hỏng"},"geometry":{"type":"Polygon","coordinates":[[[550200,1060000],[550240,1060000],[550240,1060040],[550200,1060000]]]}}]}`

// tusRequest sends one request of the upload protocol.
func (c *client) tusRequest(method, path, body string, head map[string]string) *http.Response {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, strings.NewReader(body))
	must(c.t, err)
	r.Header.Set("Tus-Resumable", "1.0.0")
	for k, v := range head {
		r.Header.Set(k, v)
	}
	return c.send(r)
}

func (c *client) announce(name string, size int) *http.Response {
	return c.tusRequest("POST", "/api/v1/imports", "", map[string]string{"Upload-Length": fmt.Sprint(size), "Upload-Metadata": "filename " + base64.StdEncoding.EncodeToString([]byte(name))})
}

// part sends bytes from an offset and returns status and the offset after.
func (c *client) part(path, body string, offset int) (int, string) {
	a := c.tusRequest("PATCH", path, body, map[string]string{"Upload-Offset": fmt.Sprint(offset), "Content-Type": "application/offset+octet-stream"})
	return a.StatusCode, a.Header.Get("Upload-Offset")
}

func TestUploadResumes(t *testing.T) {
	t.Parallel()
	h := openHouse(t, withImports(t))
	c := h.as(t, "admin")
	a := c.announce("ruong.geojson", len(fields))
	path := a.Header.Get("Location")
	if a.StatusCode != http.StatusCreated || path == "" || a.Header.Get("Upload-Expires") == "" {
		t.Fatalf("announced: %d %v", a.StatusCode, a.Header)
	}
	if status, offset := c.part(path, fields[:100], 0); status != http.StatusNoContent || offset != "100" {
		t.Errorf("first part: %d, offset %s", status, offset)
	}
	if status, _ := c.part(path, fields[90:], 90); status != http.StatusConflict {
		t.Errorf("a part from a wrong offset: %d", status)
	}
	if a := c.tusRequest("HEAD", path, "", nil); a.Header.Get("Upload-Offset") != "100" || a.Header.Get("Upload-Length") != fmt.Sprint(len(fields)) || a.Header.Get("Cache-Control") != noStore {
		t.Errorf("asked how far: %v", a.Header)
	}
	if status, _ := c.part(path, fields[100:]+"more than announced", 100); status != http.StatusBadRequest {
		t.Errorf("too many bytes: %d", status)
	}
	if a := c.tusRequest("HEAD", path, "", nil); a.Header.Get("Upload-Offset") != fmt.Sprint(len(fields)) {
		t.Errorf("at the end: %v", a.Header)
	}
	if status, _ := c.part(path, "", len(fields)); status != http.StatusNoContent {
		t.Errorf("an empty part at the end: %d", status)
	}
	for what, a := range map[string]*http.Response{
		"412": c.tusRequest("HEAD", path, "", map[string]string{"Tus-Resumable": "0.2"}), "415": c.tusRequest("PATCH", path, "x", map[string]string{"Upload-Offset": "0"}),
		"413": c.announce("a.gpkg", 2<<20), "400": c.announce("a.exe", 10), "404": h.as(t, "editor").tusRequest("HEAD", path, "", nil), "204": c.tusRequest("OPTIONS", "/api/v1/imports", "", nil),
	} {
		if fmt.Sprint(a.StatusCode) != what {
			t.Errorf("got %d, want %s", a.StatusCode, what)
		}
	}
}

// importStatus is what a page polls.
type importStatus struct {
	State    imports.State
	Report   *imports.Report
	Findings *imports.Findings
	Text     struct{ EN string }
	Progress *jobs.Status
}

func (c *client) awaitImport(path string, want imports.State) (s importStatus) {
	c.t.Helper()
	eventually(c.t, "import is "+string(want), func() bool {
		s = importStatus{}
		c.get(path, &s)
		if s.Progress != nil && !s.Progress.State.Over() {
			return false
		}
		if s.State != want && s.Text.EN != "" {
			c.t.Fatalf("import is %s, want %s: %s", s.State, want, s.Text.EN)
		}
		return s.State == want
	})
	return s
}

func TestImportOverHTTP(t *testing.T) {
	t.Parallel()
	h := openHouse(t, withImports(t))
	c := h.as(t, "admin")
	file := c.announce("ruong.geojson", len(fields)).Header.Get("Location")
	if status, _ := c.part(file, fields, 0); status != http.StatusNoContent {
		t.Fatalf("upload: %d", status)
	}
	path := strings.TrimSuffix(file, "/file")
	step := func(name string, body any) {
		t.Helper()
		if status, answer := c.do("POST", path+"/"+name, body); status != http.StatusOK {
			t.Fatalf("%s: %d %s", name, status, answer)
		}
	}
	step("examine", nil)
	if s := c.awaitImport(path, imports.Examined); s.Findings == nil || s.Findings.Layers[0].Features != 3 || s.Findings.Layers[0].CRS.Chosen != "EPSG:9209" {
		t.Fatalf("found %+v", s.Findings)
	}
	options := map[string]any{"layer": "ruong", "key": []string{"so"}, "skipRefused": true,
		"new": map[string]any{"title": map[string]string{"vi": "Ruộng", "en": "Fields"}, "owner": "sotnmt"}}
	step("check", options)
	s := c.awaitImport(path, imports.Checked)
	if s.Report.Fine != 2 || s.Report.Refused != 1 || s.Report.Added != 2 {
		t.Errorf("report %+v", s.Report)
	}
	var preview imports.Preview
	c.get(path+"/preview?bbox=105,9,107,10", &preview)
	if len(preview.Features) != 2 || preview.Left != 0 || !strings.Contains(string(preview.Features[0]), `"kind":"added"`) {
		t.Errorf("preview %s", preview.Features)
	}
	if _, csv := c.do("GET", path+"/remarks.csv", nil); !strings.Contains(csv, "3,refused,so,") || strings.Contains(csv, ",=h") {
		t.Errorf("remarks %q", csv)
	}
	step("apply", nil)
	c.awaitImport(path, imports.Applied)
	var from struct{ Imports []imports.Provenance }
	c.get("/api/v1/imports/provenance?layer=ruong", &from)
	if len(from.Imports) != 1 || from.Imports[0].Added != 2 || from.Imports[0].FileName != "ruong.geojson" || from.Imports[0].By != "admin" {
		t.Errorf("provenance %+v", from)
	}
	if status, answer := c.do("POST", path+"/apply", nil); status != http.StatusConflict {
		t.Errorf("applied twice: %d %s", status, answer)
	}
}

// An editor brings files into the layers of the own agency, and makes new ones there.
func TestImportRights(t *testing.T) {
	t.Parallel()
	h := openHouse(t, withImports(t))
	const password = "mot-mat-khau-dai-2026"
	_, err := h.accounts.Create(t.Context(), "admin", auth.NewAccount{Name: "diachinh", FullName: "Địa chính", Password: password,
		Grants: []auth.Grant{{Role: auth.RoleEditor, Agency: geo.AgencyEnvironment}}})
	must(t, err)
	c := h.visitor(t)
	c.do("POST", "/api/v1/session", map[string]string{"account": "diachinh", "password": password})
	file := c.announce("ruong.geojson", len(fields)).Header.Get("Location")
	if status, _ := c.part(file, fields, 0); status != http.StatusNoContent {
		t.Fatalf("upload: %d", status)
	}
	path := strings.TrimSuffix(file, "/file")
	if status, answer := c.do("POST", path+"/examine", nil); status != http.StatusOK {
		t.Fatalf("examine: %d %s", status, answer)
	}
	c.awaitImport(path, imports.Examined)
	options := map[string]any{"layer": "ruong", "new": map[string]any{"title": map[string]string{"vi": "Ruộng", "en": "Fields"}, "owner": string(geo.AgencyAgriculture)}}
	if status, answer := c.do("POST", path+"/check", options); status != http.StatusForbidden {
		t.Errorf("a new layer of another agency: %d %s", status, answer)
	}
	if status, answer := c.do("POST", path+"/check", map[string]any{"layer": "no_such"}); status != http.StatusNotFound {
		t.Errorf("a layer that is not there: %d %s", status, answer)
	}
	if status, answer := c.do("DELETE", path, nil); status != http.StatusNoContent {
		t.Errorf("cancel: %d %s", status, answer)
	}
	c.awaitImport(path, imports.Cancelled)
}

// begun uploads a file, has it examined, and returns the import's path.
func (c *client) begun(name, content string) string {
	c.t.Helper()
	file := c.announce(name, len(content)).Header.Get("Location")
	if status, _ := c.part(file, content, 0); status != http.StatusNoContent {
		c.t.Fatalf("upload: %d", status)
	}
	path := strings.TrimSuffix(file, "/file")
	if status, answer := c.do("POST", path+"/examine", nil); status != http.StatusOK {
		c.t.Fatalf("examine: %d %s", status, answer)
	}
	return path
}

// Where edits have to be approved, who may edit alone cannot bring a file in.
func TestImportNeedsApproval(t *testing.T) {
	t.Parallel()
	h := openHouse(t, withImports(t))
	l := h.makeLayer(t, catalogue.Layer{Slug: "ruong", Title: haidang.Text{VI: "Ruộng", EN: "Fields"}, Owner: geo.AgencyEnvironment, Review: catalogue.ReviewApprove, SRID: 959209, Geometry: "Polygon",
		Rights:  []catalogue.Right{{Verb: catalogue.See, Grantee: catalogue.Staff}, {Verb: catalogue.Edit, Grantee: catalogue.Staff}},
		Columns: []catalogue.Column{{Name: "so", Type: catalogue.Integer}}}, "")
	c := h.as(t, "editor")
	path := c.begun("ruong.geojson", fields)
	c.awaitImport(path, imports.Examined)
	options := map[string]any{"layer": "ruong", "skipRefused": true}
	status, answer := c.do("POST", path+"/check", options)
	if status != http.StatusForbidden || !strings.Contains(answer, "duyệt") || !strings.Contains(answer, `"field":"layer"`) {
		t.Errorf("without the right to approve: %d %s", status, answer)
	}
	l.Rights = append(l.Rights, catalogue.Right{Verb: catalogue.Approve, Grantee: "account:editor"})
	must(t, pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error { return catalogue.Update(t.Context(), tx, l) }))
	if status, answer := c.do("POST", path+"/check", options); status != http.StatusOK {
		t.Errorf("with it: %d %s", status, answer)
	}
	c.awaitImport(path, imports.Checked)
	l.Rights = l.Rights[:2]
	must(t, pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error { return catalogue.Update(t.Context(), tx, l) }))
	if status, answer := c.do("POST", path+"/apply", nil); status != http.StatusForbidden {
		t.Errorf("when the right was taken after the check: %d %s", status, answer)
	}
}

// Who may edit in one commune, or some columns, cannot bring in a file: it would change the
// layer everywhere, and in all columns.
func TestImportWantsAllOfTheLayer(t *testing.T) {
	t.Parallel()
	h := openHouse(t, withImports(t))
	l := h.makeLayer(t, catalogue.Layer{Slug: "ruong", Title: haidang.Text{VI: "Ruộng", EN: "Fields"}, Owner: geo.AgencyEnvironment, Review: catalogue.ReviewApprove, SRID: 959209, Geometry: "Polygon",
		Rights: catalogue.OpenRights(geo.AgencyEnvironment), Columns: []catalogue.Column{{Name: "so", Type: catalogue.Integer}}}, "")
	h.newEditor(t, "lan", auth.RoleReviewer)
	c := h.signedIn(t, "lan")
	path := c.begun("ruong.geojson", fields)
	c.awaitImport(path, imports.Examined)
	check := func(what string, want int) {
		t.Helper()
		status, answer := c.do("POST", path+"/check", map[string]any{"layer": "ruong", "skipRefused": true})
		if status != want || want == http.StatusForbidden && !strings.Contains(answer, "địa bàn") {
			t.Errorf("%s: %d %s", what, status, answer)
		}
	}
	rights := l.Rights
	bind := func(verb catalogue.Verb, units, columns []string) {
		t.Helper()
		l.Rights = slices.Clone(rights)
		at := slices.IndexFunc(rights, func(r catalogue.Right) bool { return r.Verb == verb })
		l.Rights[at].Units, l.Rights[at].Columns = units, columns
		must(t, pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error { return catalogue.Update(t.Context(), tx, l) }))
	}
	bind(catalogue.Edit, []string{"31510"}, nil)
	check("edits in one commune", http.StatusForbidden)
	bind(catalogue.Approve, []string{"31510"}, nil)
	check("approves in one commune", http.StatusForbidden)
	bind(catalogue.Edit, nil, []string{"so"})
	check("edits one column", http.StatusForbidden)
	bind(catalogue.Edit, nil, nil)
	grant := func(unit haidang.UnitCode) {
		t.Helper()
		_, err := h.pool.Exec(t.Context(), `UPDATE account_grant SET unit = $1 WHERE account = 'lan'`, unit)
		must(t, err)
	}
	grant("31510")
	check("a grant in one commune", http.StatusForbidden)
	grant("")
	check("all of it", http.StatusOK)
}

// A GeoTIFF goes the way of all files: asked for its system, seen small, applied.
func TestImportPicture(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("gdal_create"); err != nil {
		t.Skip("gdal_create is not installed (package gdal-bin)")
	}
	h := openHouse(t, withImports(t))
	file := filepath.Join(t.TempDir(), "plan.tif")
	if out, err := exec.Command("gdal_create", "-q", "-outsize", "300", "300", "-burn", "7", "-a_ullr", "550000", "1060300", "550300", "1060000", file).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	picture, err := os.ReadFile(file)
	must(t, err)
	c := h.as(t, "admin")
	path := c.begun("plan.tif", string(picture))
	found := c.awaitImport(path, imports.Examined).Findings.Picture
	if found == nil || found.Width != 300 || found.Chosen != "" || found.Remark.VI == "" || len(found.Candidates) == 0 || found.Candidates[0].CRS != "EPSG:9209" {
		t.Fatalf("found %+v", found)
	}
	options := map[string]any{"layer": "plan", "new": map[string]any{"title": map[string]string{"vi": "Quy hoạch", "en": "Plan"}, "owner": "sotnmt"}, "taken": "2025-03-01"}
	c.do("POST", path+"/check", options)
	if s := c.awaitImport(path, imports.Examined); !strings.Contains(s.Text.EN, "does not say its coordinate system") {
		t.Errorf("without a system: %q", s.Text.EN)
	}
	if status, _ := c.do("GET", path+"/picture", nil); status != http.StatusConflict {
		t.Errorf("a preview before the check: %d", status)
	}
	options["crs"] = "EPSG:9209"
	c.do("POST", path+"/check", options)
	r := c.awaitImport(path, imports.Checked).Report
	if r.Picture == nil || r.Picture.CRS != "EPSG:9209" || len(r.Extent) != 4 || r.Extent[0] < 105 || r.Extent[0] > 106.5 {
		t.Fatalf("report %+v", r)
	}
	a := c.request("GET", path+"/picture", nil)
	img, err := png.Decode(a.Body)
	if err != nil || a.Header.Get("Content-Type") != "image/png" || img.Bounds().Dx() < 250 || img.Bounds().Dx() > 1024 {
		t.Errorf("preview: %s, %v", a.Header.Get("Content-Type"), err)
	}
	if all, err := raster.List(t.Context(), h.pool); err != nil || len(all) != 0 {
		t.Errorf("before it is applied: %v, %v", all, err)
	}
	c.do("POST", path+"/apply", nil)
	if s := c.awaitImport(path, imports.Applied); s.Report.Picture.Tiles == 0 {
		t.Errorf("applied: %+v", s.Report.Picture)
	}
	all, err := raster.List(t.Context(), h.pool)
	if err != nil || len(all) != 1 || all[0].Layer != "plan" || all[0].Taken == nil || all[0].File != "plan.tif" {
		t.Errorf("rasters: %+v, %v", all, err)
	}
	var from struct{ Imports []imports.Provenance }
	c.get("/api/v1/imports/provenance?layer=plan", &from)
	if len(from.Imports) != 1 || from.Imports[0].CRS != "EPSG:9209" {
		t.Errorf("provenance %+v", from)
	}
	second := c.begun("plan.tif", string(picture))
	c.awaitImport(second, imports.Examined)
	c.do("POST", second+"/check", options)
	if s := c.awaitImport(second, imports.Examined); !strings.Contains(s.Text.EN, "choose another code") {
		t.Errorf("a second new layer of the same code: %q", s.Text.EN)
	}
	broken := c.begun("hong.tif", string(picture[:200]))
	eventually(t, "the broken one is refused", func() bool {
		var s importStatus
		c.get(broken, &s)
		return s.State == imports.Uploaded && s.Text.EN != ""
	})
}
