package imports

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang/geo"
	"haidang/internal/postgres/pgtest"
	"haidang/internal/sandbox"
)

// demo is what every house begins with.
var demo pgtest.Filled

// house is a database with the demo's approximate units, and an importer.
func house(t testing.TB, l Limits) (*Importer, *pgxpool.Pool) {
	t.Helper()
	if !sandbox.Installed("ogr2ogr") {
		t.Skip("no GDAL on this machine: apt-get install gdal-bin")
	}
	pool := demo.New(t, geo.ReferenceData, geo.SeedDemo)
	im, err := New(Config{Pool: pool, Dir: shared(t), Limits: l})
	if err != nil {
		t.Fatal(err)
	}
	return im, pool
}

// shared is a folder that the sandbox's user can get to where there are no namespaces.
func shared(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "haidang-imports-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

// plots is GeoJSON of n squares of 40 m in TM-3 105°30', by the town of Sóc Trăng.
func plots(n int, change func(i int, props map[string]any, ring [][2]float64) [][2]float64) string {
	var features []string
	for i := range n {
		x, y := 550_000+float64(i%50)*40, 1_060_000+float64(i/50)*40
		ring := [][2]float64{{x, y}, {x + 40, y}, {x + 40, y + 40}, {x, y + 40}, {x, y}}
		props := map[string]any{"sheet": i / 50, "number": i % 50, "land_use": "LUC", "owner": "Nguyễn Văn Ấu"}
		if change != nil {
			ring = change(i, props, ring)
		}
		features = append(features, feature(props, ring))
	}
	return `{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::9209"}},"features":[` + strings.Join(features, ",\n") + `]}`
}

func feature(props map[string]any, ring [][2]float64) string {
	var points, values []string
	for _, p := range ring {
		points = append(points, fmt.Sprintf("[%.4f,%.4f]", p[0], p[1]))
	}
	for k, v := range props {
		if s, ok := v.(string); ok {
			v = fmt.Sprintf("%q", s)
		}
		if v == nil {
			v = "null"
		}
		values = append(values, fmt.Sprintf("%q:%v", k, v))
	}
	geometry := "null"
	if points != nil {
		geometry = `{"type":"Polygon","coordinates":[[` + strings.Join(points, ",") + `]]}`
	}
	return `{"type":"Feature","properties":{` + strings.Join(values, ",") + `},"geometry":` + geometry + `}`
}

// write makes a file in a folder of the test's.
func writeFile(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// convert has GDAL write the GeoJSON as another format.
func convert(t testing.TB, geojson, name string, args ...string) string {
	t.Helper()
	from, to := writeFile(t, "from.geojson", geojson), filepath.Join(t.TempDir(), name)
	cmd := exec.Command("ogr2ogr", append([]string{to, from, "-nln", "plots"}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("ogr2ogr: %v\n%s", err, out)
	}
	return to
}

// pack zips files under their own names.
func pack(t testing.TB, files ...string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "packed.zip")
	writeZip(t, to, func(add func(name string, content []byte)) {
		for _, f := range files {
			content, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			add(filepath.Base(f), content)
		}
	})
	return to
}

func quiet(string, int64, int64) {}
