package exports_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/exports"
	"haidang/geo/features/featuretest"
	"haidang/internal/postgres/pgtest"
)

// corner is the first vertex of the test's parcel, in TM-3 105-30: with more decimals
// than a map has.
var corner = orb.Point{552_624.923_71, 1_061_791.635_29}

const vietnamese = "Ẩm ỵ, \"Đặng Thuỳ Trâm\"\nឃ្លាំង"

func plots() catalogue.Layer {
	text := func(name string) catalogue.Column { return catalogue.Column{Name: name, Type: catalogue.Text} }
	return catalogue.Layer{Slug: "plot", Title: haidang.Text{VI: "Lô đất", EN: "Plots"}, Owner: "sotnmt", SRID: 959209, Geometry: "Polygon", MaxZoom: 18, Rights: catalogue.OpenRights("sotnmt"),
		Columns: []catalogue.Column{text("name"), text("a_rather_long_name"), text("a_rather_long_nickname"), {Name: "floors", Type: catalogue.Integer}, {Name: "area_m2", Type: catalogue.Number},
			{Name: "sold", Type: catalogue.Boolean}, {Name: "built_on", Type: catalogue.Date}, {Name: "seen_at", Type: catalogue.DateTime}}}
}

// house is a database with one layer of three plots; the second has hardly any values.
func house(t *testing.T) (*pgxpool.Pool, catalogue.Layer) {
	t.Helper()
	pool := pgtest.New(t)
	if _, err := pool.Exec(t.Context(), `INSERT INTO agency VALUES ('sotnmt', 'Sở', 'Department')`); err != nil {
		t.Fatal(err)
	}
	var l catalogue.Layer
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) (err error) {
		if err := catalogue.Create(t.Context(), tx, plots()); err != nil {
			return err
		}
		if l, err = catalogue.Get(t.Context(), tx, "plot"); err != nil {
			return err
		}
		_, err = featuretest.Apply(t.Context(), tx, l, []featuretest.Change{
			{Op: featuretest.Insert, Geometry: square(corner), Properties: map[string]any{"name": vietnamese, "a_rather_long_name": "dài", "a_rather_long_nickname": strings.Repeat("ẩ", 200),
				"floors": int64(9_007_199_254_740_993), "area_m2": 0.1, "sold": true, "built_on": time.Date(1968, 2, 1, 0, 0, 0, 0, time.UTC), "seen_at": time.Date(2026, 3, 2, 6, 5, 4, 0, time.UTC)}},
			{Op: featuretest.Insert, Geometry: square(orb.Point{553_000, 1_062_000}), Properties: map[string]any{"name": "=1+1"}},
			{Op: featuretest.Insert, Geometry: square(orb.Point{600_000, 1_100_000}), Properties: map[string]any{"name": "-2+3", "floors": int64(2)}}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return pool, l
}

func square(p orb.Point) orb.Polygon {
	return orb.Polygon{{p, {p[0] + 10, p[1]}, {p[0] + 10, p[1] + 10}, {p[0], p[1] + 10}, p}}
}

const tenthOfMillimetre = 0.0001

func needGDAL(t *testing.T) {
	if _, err := exec.LookPath("ogr2ogr"); err != nil {
		t.Skip("ogr2ogr is not installed (package gdal-bin)")
	}
}

func ogr(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).Output()
	if err != nil {
		t.Fatalf("%s %v: %v", name, args, err)
	}
	return string(out)
}

// TestFilesKeepWhatTheyHold makes each kind of file and reads it with GDAL: where the
// parcel is to a tenth of a millimetre, its words, its types and its system.
func TestFilesKeepWhatTheyHold(t *testing.T) {
	t.Parallel()
	needGDAL(t)
	pool, l := house(t)
	for _, format := range []exports.Format{exports.GeoPackage, exports.Shapefile, exports.GeoJSON} {
		dir := t.TempDir()
		path := filepath.Join(dir, "plot"+format.Extension())
		result, err := exports.File(t.Context(), pool, l, exports.Request{Format: format}, path, dir, 1<<30, nil)
		if err != nil || result.Features != 3 || result.Bytes == 0 {
			t.Fatalf("%s: %+v, %v", format, result, err)
		}
		source := path
		if format == exports.Shapefile {
			source = "/vsizip/" + path
		}
		info := ogr(t, "ogrinfo", "-ro", "-al", "-so", source)
		if !strings.Contains(info, "VN-2000 / TM-3 105-30") && !strings.Contains(info, "VN_2000_TM-3_105-30") {
			t.Errorf("%s does not say its system:\n%s", format, info)
		}
		first := firstFeature(t, ogr(t, "ogr2ogr", "-f", "GeoJSON", "/vsistdout/", source, "-lco", "COORDINATE_PRECISION=7", "-lco", "RFC7946=NO"))
		if p := first.Geometry.(orb.Polygon)[0]; !near(p, corner) {
			t.Errorf("%s: %v is not at %v", format, p, corner)
		}
		checkValues(t, format, first.Properties, result.Remark)
	}
}

func near(ring orb.Ring, p orb.Point) bool {
	for _, q := range ring {
		if math.Hypot(q[0]-p[0], q[1]-p[1]) < tenthOfMillimetre {
			return true
		}
	}
	return false
}

func firstFeature(t *testing.T, text string) *geojson.Feature {
	t.Helper()
	c, err := geojson.UnmarshalFeatureCollection([]byte(text))
	if err != nil || len(c.Features) == 0 {
		t.Fatalf("%.300s: %v", text, err)
	}
	return c.Features[0]
}

func checkValues(t *testing.T, format exports.Format, p geojson.Properties, remark haidang.Text) {
	t.Helper()
	if p["name"] != vietnamese || p["area_m2"] != 0.1 || !strings.HasPrefix(strings.ReplaceAll(p.MustString("built_on"), "/", "-"), "1968-02-01") {
		t.Errorf("%s: %v", format, p)
	}
	if format == exports.Shapefile {
		if p["a_rather_l"] != "dài" || !strings.Contains(remark.VI, "a_rather_long_nickname → a_rather_1") && !strings.Contains(remark.VI, "a_rather_long_nickname → a_rathe") || !strings.Contains(remark.EN, "were cut") {
			t.Errorf("shortened names: %v; %s; %s", p, remark.VI, remark.EN)
		}
		return
	}
	if p["sold"] != true || p["a_rather_long_name"] != "dài" || remark.VI != "" {
		t.Errorf("%s: %v; %v", format, p, remark)
	}
}

// TestGeoPackageKeepsTypes looks at the fields as GDAL declares them.
func TestGeoPackageKeepsTypes(t *testing.T) {
	t.Parallel()
	needGDAL(t)
	pool, l := house(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "plot.gpkg")
	if _, err := exports.File(t.Context(), pool, l, exports.Request{Format: exports.GeoPackage, CRS: "EPSG:5897"}, path, dir, 1<<30, nil); err != nil {
		t.Fatal(err)
	}
	info := ogr(t, "ogrinfo", "-ro", "-al", path)
	for _, want := range []string{"floors: Integer64", "area_m2: Real", "sold: Integer(Boolean)", "built_on: Date", "seen_at: DateTime", "Geometry: Polygon", "9007199254740993",
		"seen_at (DateTime) = 2026/03/02 06:05:04+00", "floors (Integer64) = (null)", "VN-2000 / TM-3 zone 482"} {
		if !strings.Contains(info, want) {
			t.Errorf("%q is not in\n%s", want, info)
		}
	}
}

// TestStreamsTransformByPinnedSystems: GeoJSON in WGS 84 is where PostGIS with the
// official parameters puts it, and the box, the filter and the system all count.
func TestStreamsTransformByPinnedSystems(t *testing.T) {
	t.Parallel()
	pool, l := house(t)
	var out bytes.Buffer
	n, err := exports.Stream(t.Context(), pool, l, exports.Request{Format: exports.GeoJSON, CRS: "CRS84", BBox: []float64{105.9, 9.5, 106.1, 9.7}, Filter: "floors > 5"}, &out, nil)
	if err != nil || n != 1 || strings.Contains(out.String(), `"crs"`) {
		t.Fatalf("%d features, %v\n%s", n, err, out.String())
	}
	f := firstFeature(t, out.String())
	var want orb.Point
	err = pool.QueryRow(t.Context(), `SELECT ST_X(g), ST_Y(g) FROM ST_Transform(ST_SetSRID(ST_MakePoint($1, $2), 959209), 4326) g`, corner[0], corner[1]).Scan(&want[0], &want[1])
	if got := f.Geometry.(orb.Polygon)[0][0]; err != nil || math.Abs(got[0]-want[0]) > 1e-9 || math.Abs(got[1]-want[1]) > 1e-9 {
		t.Errorf("%.10f, want %.10f, %v", got, want, err)
	}
	out.Reset()
	if _, err := exports.Stream(t.Context(), pool, l, exports.Request{Format: exports.GeoJSON}, &out, nil); err != nil || !strings.Contains(out.String(), "urn:ogc:def:crs:EPSG::9209") || !json.Valid(out.Bytes()) {
		t.Errorf("%v\n%.300s", err, out.String())
	}
}

func TestCSVIsForSpreadsheets(t *testing.T) {
	t.Parallel()
	pool, l := house(t)
	var out bytes.Buffer
	if _, err := exports.Stream(t.Context(), pool, l, exports.Request{Format: exports.CSV}, &out, nil); err != nil {
		t.Fatal(err)
	}
	text, bom := strings.CutPrefix(out.String(), "\ufeff")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || !bom || len(rows) != 4 {
		t.Fatalf("%d rows, mark %v, %v", len(rows), bom, err)
	}
	if rows[1][1] != vietnamese || rows[2][1] != "'=1+1" || rows[3][1] != "'-2+3" || rows[1][7] != "1968-02-01" || rows[2][4] != "" || rows[1][4] != "9007199254740993" {
		t.Errorf("%q", rows)
	}
	if shape := rows[1][9]; !strings.HasPrefix(shape, "POLYGON ((552624.9237 1061791.6353, 552634.9237 ") {
		t.Errorf("shape %q", shape)
	}
}

func TestRequestsThatCannotBe(t *testing.T) {
	t.Parallel()
	l := plots()
	l.Kind, l.Table = catalogue.Vector, "layer_plot"
	for field, r := range map[string]exports.Request{
		"format": {Format: "dwg"}, "crs": {Format: exports.CSV, CRS: "EPSG:32648"}, "bbox": {Format: exports.CSV, BBox: []float64{1, 2, 3}},
		"filter": {Format: exports.CSV, Filter: "floors >"}, "day": {Format: exports.CSV, Day: "hôm qua"}} {
		err := exports.Plan(l, r)
		if refusal, ok := err.(*haidang.Error); !ok || refusal.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestExportStaysWithinItsRoom(t *testing.T) {
	t.Parallel()
	pool, l := house(t)
	dir := t.TempDir()
	for _, format := range []exports.Format{exports.GeoPackage, exports.GeoJSON} {
		_, err := exports.File(t.Context(), pool, l, exports.Request{Format: format}, filepath.Join(dir, "x"), dir, 200, nil)
		if haidang.CodeOf(err) != haidang.ErrTooLarge {
			t.Errorf("%s: %v", format, err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestShapefileOfMixedShapes has one file for each family, all with code page and projection.
func TestShapefileOfMixedShapes(t *testing.T) {
	t.Parallel()
	needGDAL(t)
	pool := pgtest.New(t)
	if _, err := pool.Exec(t.Context(), `INSERT INTO agency VALUES ('sotnmt', 'Sở', 'Department')`); err != nil {
		t.Fatal(err)
	}
	l := plots()
	l.Geometry = "Geometry"
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) (err error) {
		if err := catalogue.Create(t.Context(), tx, l); err != nil {
			return err
		}
		if l, err = catalogue.Get(t.Context(), tx, "plot"); err != nil {
			return err
		}
		_, err = featuretest.Apply(t.Context(), tx, l, []featuretest.Change{{Op: featuretest.Insert, Geometry: corner, Properties: map[string]any{"name": "điểm"}},
			{Op: featuretest.Insert, Geometry: orb.LineString{corner, {552_700, 1_061_800}}, Properties: map[string]any{"name": "đường"}}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "plot.zip")
	if _, err := exports.File(t.Context(), pool, l, exports.Request{Format: exports.Shapefile}, path, dir, 1<<30, nil); err != nil {
		t.Fatal(err)
	}
	archive, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	files := map[string]string{}
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, _ := io.ReadAll(r)
		files[f.Name] = string(data)
	}
	for _, name := range []string{"plot_points.shp", "plot_lines.dbf", "plot_points.prj", "DOC-TRUOC.txt"} {
		if files[name] == "" {
			t.Errorf("%s is not in the archive", name)
		}
	}
	if files["plot_points.cpg"] != "UTF-8" || !strings.Contains(files["plot_points.prj"], "Central_Meridian\",105.5") {
		t.Errorf("code page %q, projection %q", files["plot_points.cpg"], files["plot_points.prj"])
	}
}
