package web

import (
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// gdal runs one of GDAL's programs, which the operating system brings.
func gdal(t *testing.T, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip(name + " is not installed: deploy/install-deps.sh run brings it")
	}
	out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// TestGDALReadsFeatures: the driver OAPIF sees layers, types, extent, filters and coordinates.
func TestGDALReadsFeatures(t *testing.T) {
	t.Parallel()
	h := openWells(t, 250)
	source := "OAPIF:" + h.URL() + "/ogc"
	list := gdal(t, "ogrinfo", "-ro", source)
	for _, layer := range []string{"well", "unit", "water"} {
		if !strings.Contains(list, layer) {
			t.Errorf("ogrinfo does not list %s:\n%s", layer, list)
		}
	}
	if strings.Contains(list, "irrigation") {
		t.Errorf("ogrinfo lists a closed layer:\n%s", list)
	}
	about := gdal(t, "ogrinfo", "-ro", "-so", source, "well")
	for _, part := range []string{"Feature Count: 250", "Geometry: Point", "depth: Real", "users: Integer", "dug: Date", "measured: DateTime", "public: Integer(Boolean)", "code: String", "Extent: (105.9"} {
		if !strings.Contains(about, part) {
			t.Errorf("ogrinfo lacks %q:\n%s", part, about)
		}
	}
	one := gdal(t, "ogrinfo", "-ro", "-al", "-where", "code = 'G-000007'", "--config", "CPL_DEBUG", "HTTP", source, "well")
	if !strings.Contains(one, "Feature Count: 1") || !strings.Contains(one, "POINT (105.9") || !strings.Contains(one, "&code=G-000007") && !strings.Contains(one, "?code=G-000007") {
		t.Errorf("where:\n%s", one)
	}
	boxed := gdal(t, "ogrinfo", "-ro", "-al", "-spat", "105.9121", "9.5850", "105.91225", "9.5852", source, "well")
	if !strings.Contains(boxed, "G-000001") || strings.Contains(boxed, "G-000009") {
		t.Errorf("spat:\n%s", boxed)
	}
	// As docs/ogc.md has it: the driver GeoJSON, as OAPIF hands the filter to addresses that have none.
	some := gdal(t, "ogrinfo", "-ro", "-so", "-al", h.URL()+"/ogc/collections/well/items?f=json&limit=10000&filter=code%20%3C%20%27G-000010%27")
	if !strings.Contains(some, "Feature Count: 9") {
		t.Errorf("by CQL2:\n%s", some)
	}
	staff := gdal(t, "ogrinfo", "-ro", "-so", "--config", "GDAL_HTTP_USERPWD", "viewer:xem-thoi-nhe-2026", h.URL()+"/ogc/collections/irrigation/items?f=json")
	if !strings.Contains(staff, "using driver `GeoJSON'") {
		t.Errorf("by the address, with a password:\n%s", staff)
	}
	staff = gdal(t, "ogrinfo", "-ro", "-so", "-oo", "USERPWD=viewer:xem-thoi-nhe-2026", source, "irrigation")
	if !strings.Contains(staff, "Feature Count: ") {
		t.Errorf("with a password:\n%s", staff)
	}
}

// TestGDALDownloadsAll pages a hundred thousand features into a GeoPackage and finds each there.
func TestGDALDownloadsAll(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("short: a hundred thousand features take a while")
	}
	const n = 100_000
	h := openWells(t, n)
	file := filepath.Join(t.TempDir(), "wells.gpkg")
	gdal(t, "ogr2ogr", "-f", "GPKG", "-oo", "PAGE_SIZE=5000", file, "OAPIF:"+h.URL()+"/ogc", "well")
	out := gdal(t, "ogrinfo", "-ro", "-al", "-dialect", "SQLite", "-sql", "SELECT count(*) AS n, count(DISTINCT code) AS codes, sum(users) AS users FROM well", file)
	for _, part := range []string{"n (Integer) = 100000", "codes (Integer) = 100000", "= 5000050000"} {
		if !strings.Contains(out, part) {
			t.Errorf("lacks %q:\n%s", part, out)
		}
	}
}

// qgisSees is what testdata/read_with_qgis.py prints.
type qgisSees struct {
	Valid      bool
	CRS        string
	Fields     []string
	Types      []string
	Read       int
	Count      int
	First      map[string]string
	WKT        string
	InBox      int `json:"in_box"`
	Editable   bool
	TilesValid bool `json:"tiles_valid"`
	Zooms      []int
	Drawn      int
}

// qgis runs testdata/read_with_qgis.py in the Python that Debian's QGIS is for.
func qgis(t *testing.T, args ...string) (seen qgisSees) {
	t.Helper()
	const python = "/usr/bin/python3"
	if err := exec.CommandContext(t.Context(), python, "-c", "import qgis.core").Run(); err != nil {
		t.Skip("QGIS is not installed (python3-qgis, qgis)")
	}
	command := exec.CommandContext(t.Context(), python, append([]string{"testdata/read_with_qgis.py"}, args...)...)
	var complaints strings.Builder
	command.Stderr = &complaints
	command.Env = append(os.Environ(), "QT_QPA_PLATFORM=offscreen", "HOME="+t.TempDir())
	out, err := command.Output()
	if err != nil {
		t.Fatalf("read_with_qgis.py: %v\n%s", err, complaints.String())
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	must(t, json.Unmarshal([]byte(lines[len(lines)-1]), &seen))
	return seen
}

// TestQGISReads: QGIS reads the features with their types, by box too, and draws the tiles.
func TestQGISReads(t *testing.T) {
	t.Parallel()
	h := openWells(t, 2500)
	picture := filepath.Join(t.TempDir(), "tiles.png")
	seen := qgis(t, "url='"+h.URL()+"/ogc' typename='well'",
		"type=xyz&zmin=6&zmax=16&url="+url.QueryEscape(h.URL()+"/ogc/collections/well/tiles/WebMercatorQuad/{z}/{y}/{x}"), picture)
	t.Logf("%+v", seen)
	if !seen.Valid || seen.Read != 2500 || seen.Count != 2500 || seen.Editable {
		t.Errorf("QGIS reads %d, counts %d features; editable %v, valid %v", seen.Read, seen.Count, seen.Editable, seen.Valid)
	}
	if seen.First["code"] != "G-000001" || seen.First["depth"] != "1.5" || !strings.HasPrefix(seen.WKT, "Point (105.91") || seen.InBox < 1 || seen.InBox > 100 {
		t.Errorf("the first is %v at %s, %d near it", seen.First, seen.WKT, seen.InBox)
	}
	if !seen.TilesValid || seen.Drawn < 10 {
		t.Errorf("QGIS draws the tiles on %d of 16384 points, valid %v", seen.Drawn, seen.TilesValid)
	}
}
