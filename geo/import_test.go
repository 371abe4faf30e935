package geo_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo"
	"haidang/internal/audit"
)

var options = geo.ImportOptions{NameField: "fullName", CodeField: "code", Level: geo.LevelCommune,
	ValidFrom: time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC), Source: "wards.geojson", By: "admin"}

// realWards returns the 43 surveyed wards and communes, or skips.
func realWards(t *testing.T) []byte {
	t.Helper()
	dir := os.Getenv("HAIDANG_TESTDATA")
	if dir == "" {
		t.Skip("HAIDANG_TESTDATA is not set: the surveyed wards are not there")
	}
	data, err := os.ReadFile(filepath.Join(dir, "vn_admin", "soc_trang_wards_2025.geojson"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestImportReplacesApproximateUnits(t *testing.T) {
	t.Parallel()
	wards := realWards(t)
	pool := demo(t)
	report, err := geo.ImportAreas(t.Context(), pool, bytes.NewReader(wards), options)
	if err != nil {
		t.Fatal(err, report.Refused)
	}
	t.Logf("%d repaired: %v", len(report.Repaired), report.Repaired)
	if report.Read != 43 || report.Imported != 43 || report.Superseded != 43 || report.Unchanged != 0 {
		t.Errorf("report %+v", report)
	}
	if n := number(t, pool, `SELECT sum(ST_NPoints(geom)) FROM units_on('2026-11-24') WHERE NOT approximate`); n != 81347 && len(report.Repaired) == 0 {
		t.Errorf("%d vertices in force, want 81347", n)
	}
	if n := number(t, pool, `SELECT count(*) FROM units_on('2026-11-24')`); n != 43 {
		t.Errorf("%d units in force, want 43", n)
	}
	unit, err := geo.UnitAt(t.Context(), pool, 105.991, 9.627, today)
	if err != nil || unit.Code != "31507" || unit.Name != "Phường Sóc Trăng" || unit.NameKm == "" || unit.Approximate {
		t.Errorf("unit in the town: %+v, %v", unit, err)
	}
	assertCoverage(t, pool)
	assertAgainUnchanged(t, pool, wards)
}

func assertAgainUnchanged(t *testing.T, pool *pgxpool.Pool, file []byte) {
	t.Helper()
	version := number(t, pool, `SELECT version FROM layer WHERE slug = 'unit'`)
	report, err := geo.ImportAreas(t.Context(), pool, bytes.NewReader(file), options)
	if err != nil || report.Imported != 0 || report.Superseded != 0 || report.Unchanged != report.Read {
		t.Errorf("second import: %+v, %v", report, err)
	}
	if after := number(t, pool, `SELECT version FROM layer WHERE slug = 'unit'`); after != version {
		t.Errorf("an import that changes nothing raised the layer's version")
	}
	if n := number(t, pool, `SELECT count(*) FROM audit_log WHERE action = 'areas.import' AND actor = 'admin'`); n != 1 {
		t.Errorf("%d acts in the audit log, want 1", n)
	}
	if err := audit.Verify(t.Context(), pool); err != nil {
		t.Error(err)
	}
}

func TestTwoImportsAtOnce(t *testing.T) {
	t.Parallel()
	pool := demo(t)
	file := collection(square("31507", "Phường Sóc Trăng", 105.9, 9.6), square("31510", "Phường Phú Lợi", 106.0, 9.6))
	reports := make([]geo.ImportReport, 4)
	var wg sync.WaitGroup
	for i := range reports {
		wg.Go(func() {
			var err error
			if reports[i], err = geo.ImportAreas(t.Context(), pool, strings.NewReader(file), options); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	imported, unchanged := 0, 0
	for _, r := range reports {
		imported, unchanged = imported+r.Imported, unchanged+r.Unchanged
	}
	if imported != 2 || unchanged != 6 {
		t.Errorf("%d imported and %d unchanged, want 2 and 6", imported, unchanged)
	}
	if n := number(t, pool, `SELECT count(*) FROM units_on('2026-11-24')`); n != 43 {
		t.Errorf("%d units in force, want 43", n)
	}
}

// TestImportOfAPartLeavesTheRest: a file of a part of the province ends the drawn
// units that it draws anew, whatever their codes, and no others.
func TestImportOfAPartLeavesTheRest(t *testing.T) {
	t.Parallel()
	pool := demo(t)
	file := collection(square("31507", "Phường Sóc Trăng", 105.97, 9.61), rectangle("99001", "Xã Cù Lao Dung mới", 106.165, 9.545, 106.33, 9.63))
	report, err := geo.ImportAreas(t.Context(), pool, strings.NewReader(file), options)
	if err != nil || report.Imported != 2 || report.Superseded != 2 || report.Approximate != 41 {
		t.Fatalf("%+v, %v; want 2 imported, 2 superseded, 41 approximate left", report, err)
	}
	for _, c := range []struct {
		name, code string
		lon, lat   float64
		drawn      bool
	}{
		{"by its code", "31507", 105.991, 9.627, false},
		{"by the ground it covers", "99001", 106.225, 9.575, false},
		{"at the edge of the file, where drawn units reach in", "99001", 106.172, 9.60, false},
		{"elsewhere", "31732", 105.612, 9.586, true},
	} {
		unit, err := geo.UnitAt(t.Context(), pool, c.lon, c.lat, today)
		if err != nil || string(unit.Code) != c.code || unit.Approximate != c.drawn {
			t.Errorf("%s: %+v, %v; want %s", c.name, unit, err, c.code)
		}
	}
}

func TestLaterImportEndsTheEarlier(t *testing.T) {
	t.Parallel()
	pool := demo(t)
	importAs := func(name string, from time.Time) {
		t.Helper()
		o := options
		o.ValidFrom = from
		if _, err := geo.ImportAreas(t.Context(), pool, strings.NewReader(collection(square("31507", name, 105.9, 9.6))), o); err != nil {
			t.Fatal(err)
		}
	}
	importAs("Phường Sóc Trăng", options.ValidFrom)
	importAs("Phường Khác", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	for _, c := range []struct{ day, want string }{{"2025-12-31", "Phường Sóc Trăng"}, {"2026-01-01", "Phường Khác"}} {
		day, _ := time.Parse(time.DateOnly, c.day)
		unit, err := geo.UnitAt(t.Context(), pool, 105.92, 9.62, day)
		if err != nil || unit.Name != c.want {
			t.Errorf("on %s: %q (%v), want %q", c.day, unit.Name, err, c.want)
		}
	}
}

func TestImportRepairsAndSaysSo(t *testing.T) {
	t.Parallel()
	pool := demo(t)
	bow := `{"type":"Feature","properties":{"code":31507,"fullName":"Nơ"},"geometry":{"type":"Polygon","coordinates":[[[105.9,9.6],[106,9.7],[106,9.6],[105.9,9.7],[105.9,9.6]]]}}`
	report, err := geo.ImportAreas(t.Context(), pool, strings.NewReader(collection(bow)), options)
	if err != nil || len(report.Repaired) != 1 || report.Repaired[0].Code != "31507" {
		t.Fatalf("%+v, %v", report, err)
	}
	if n := number(t, pool, `SELECT count(*) FROM units_on('2026-11-24') WHERE ST_IsValid(geom) AND ST_NumGeometries(geom) = 2`); n != 1 {
		t.Errorf("the repaired unit is not two valid triangles")
	}
}

func TestImportRefusesAllForOne(t *testing.T) {
	t.Parallel()
	pool := demo(t)
	good := square("31507", "Phường Sóc Trăng", 105.9, 9.6)
	for _, c := range []struct{ name, feature, want string }{
		{"swapped", square("1", "X", 9.6, 105.9), "swapped"},
		{"elsewhere", square("1", "X", 2.3, 48.8), "Outside the region"},
		{"metres", square("1", "X", 551234, 1062345), "VN-2000"},
		{"same code", square("31507", "X", 105.9, 9.6), "Same code as feature 1"},
		{"no name", square("1", "", 105.9, 9.6), "fullName"},
		{"a point", `{"type":"Feature","properties":{"code":"1","fullName":"X"},"geometry":{"type":"Point","coordinates":[105.9,9.6]}}`, "Point"},
		{"no geometry", `{"type":"Feature","properties":{"code":"1","fullName":"X"},"geometry":null}`, "null"},
		{"a line", `{"type":"Feature","properties":{"code":"1","fullName":"X"},"geometry":{"type":"Polygon","coordinates":[[[105.9,9.6],[106,9.6],[105.9,9.6],[105.9,9.6]]]}}`, "no area"},
	} {
		report, err := geo.ImportAreas(t.Context(), pool, strings.NewReader(collection(good, c.feature)), options)
		if haidang.CodeOf(err) != haidang.ErrInvalid || len(report.Refused) != 1 || report.Refused[0].Feature != 2 ||
			!strings.Contains(report.Refused[0].Text.EN, c.want) || report.Refused[0].Text.VI == "" {
			t.Errorf("%s: %+v, %v", c.name, report.Refused, err)
		}
	}
	if n := number(t, pool, `SELECT count(*) FROM administrative_unit WHERE NOT approximate`); n != 0 {
		t.Errorf("refused imports recorded %d units", n)
	}
}

func TestImportRefusesFilesWithTheRemedy(t *testing.T) {
	t.Parallel()
	pool := demo(t)
	good := collection(square("31507", "Phường Sóc Trăng", 105.9, 9.6))
	for _, c := range []struct{ name, file, field, want string }{
		{"not JSON", "PK\x03\x04", "file", "FeatureCollection"},
		{"empty", collection(), "file", "no features"},
		{"other coordinates", strings.Replace(good, `{`, `{"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::9209"}},`, 1), "file", "EPSG:4326"},
		{"unknown field", strings.ReplaceAll(good, "fullName", "ten"), "name-field", "code, ten"},
	} {
		_, err := geo.ImportAreas(t.Context(), pool, strings.NewReader(c.file), options)
		refusal, ok := errors.AsType[*haidang.Error](err)
		if !ok || refusal.Field != c.field || !strings.Contains(refusal.Text.EN, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func square(code, name string, lon, lat float64) string {
	return rectangle(code, name, lon, lat, lon+0.05, lat+0.05)
}

func rectangle(code, name string, west, south, east, north float64) string {
	return fmt.Sprintf(`{"type":"Feature","properties":{"code":%q,"fullName":%q},"geometry":{"type":"Polygon","coordinates":[[[%[3]f,%[4]f],[%[5]f,%[4]f],[%[5]f,%[6]f],[%[3]f,%[6]f],[%[3]f,%[4]f]]]}}`,
		code, name, west, south, east, north)
}

func collection(features ...string) string {
	return `{"type":"FeatureCollection","features":[` + strings.Join(features, ",") + `]}`
}
