package imports

import (
	"math"
	"strings"
	"testing"

	"haidang"
	"haidang/geo/crs"
	"haidang/geo/oldtext"
)

// swap exchanges x and y of every ring.
func swap(_ int, _ map[string]any, ring [][2]float64) [][2]float64 {
	out := make([][2]float64, len(ring))
	for i, p := range ring {
		out[i] = [2]float64{p[1], p[0]}
	}
	return out
}

func undeclared(text string) string {
	return strings.Replace(text, `"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::9209"}},`, "", 1)
}

// csvOf writes plots as CSV points.
func csvOf(head string, f func(i int) string) string {
	lines := []string{head}
	for i := range 40 {
		lines = append(lines, f(i))
	}
	return strings.Join(lines, "\n")
}

func TestFindCRS(t *testing.T) {
	t.Parallel()
	im, _ := house(t, Limits{})
	for name, c := range map[string]struct {
		file, chosen string
		swapped      bool
		candidates   int // at least
	}{
		"declared":                {writeFile(t, "a.geojson", plots(40, nil)), "EPSG:9209", false, 1},
		"declared, exchanged":     {writeFile(t, "a.geojson", plots(40, swap)), "EPSG:9209", true, 1},
		"metres called degrees":   {writeFile(t, "a.geojson", undeclared(plots(40, nil))), "", false, 3},
		"no system, several fit":  {writeFile(t, "a.csv", csvOf("x,y,ten", func(i int) string { return "550000,1060000,a" })), "", false, 3},
		"no system, exchanged":    {writeFile(t, "a.csv", csvOf("X;Y;ten", func(i int) string { return "1060000;550000;a" })), "", false, 3},
		"a drawing's own numbers": {writeFile(t, "a.csv", csvOf("x,y", func(i int) string { return "12.5,30.25" })), "", false, 0},
		"degrees, two data":       {writeFile(t, "a.csv", csvOf("lon,lat", func(i int) string { return "105.97,9.6" })), "", false, 2},
	} {
		found, err := examine(t, im, c.file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := found.Layers[0].CRS
		if got.Chosen != c.chosen || got.Swapped != c.swapped || len(got.Candidates) < c.candidates || c.chosen == "" && got.Remark.VI == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// However VN-2000 is spelled, and whatever shift is claimed.
func TestDeclaredCRS(t *testing.T) {
	t.Parallel()
	tm := func(name, datum, meridian, scale, more string) string {
		return `PROJCRS["` + name + `",BASEGEOGCRS["x",DATUM["` + datum + `",ELLIPSOID["WGS 84",6378137,298.257223563]]],CONVERSION["x",METHOD["Transverse Mercator"],
			PARAMETER["Latitude of natural origin",0],PARAMETER["Longitude of natural origin",` + meridian + `],PARAMETER["Scale factor at natural origin",` + scale + `],
			PARAMETER["False easting",500000],PARAMETER["False northing",0]],CS[Cartesian,2]]` + more
	}
	for name, c := range map[string]struct{ wkt, want string }{
		"by code":              {tm("VN-2000 / TM-3 105-30", "Vietnam 2000", "105.5", "0.9999", "")[:20] + `..., ID["EPSG",9209]]`, "EPSG:9209"},
		"VN2000 in a .prj":     {tm("VN_2000_TM_105_30_3deg", "D_VN_2000", "105.5", "0.9999", ""), "EPSG:9209"},
		"another spelling":     {tm("vn2000 MUI 3 KTT 105", "D_unknown", "105", "0.9999", ""), "EPSG:5897"},
		"UTM":                  {tm("VN-2000 / UTM zone 48N", "Vietnam 2000", "105", "0.9996", ""), "EPSG:3405"},
		"wrong signs of shift": {"BOUNDCRS[SOURCECRS[" + tm("TM-3", "unnamed", "105.5", "0.9999", "") + `],ABRIDGEDTRANSFORMATION["x",PARAMETER["X-axis translation",-191.90441429],PARAMETER["X-axis rotation",-0.00928836]]]`, "EPSG:9209"},
		"datum unnamed":        {tm("unnamed", "World Geodetic System 1984", "105.5", "0.9999", ""), "EPSG:9209"},
		"UTM of WGS 84":        {tm("WGS 84 / UTM zone 48N", "World Geodetic System 1984", "105", "0.9996", ""), ""},
		"Gauss-Krueger":        {tm("Hanoi 1972 / GK", "Hanoi 1972", "105", "1", ""), ""},
		"no zone there is":     {tm("VN-2000", "Vietnam 2000", "105.1", "0.9999", ""), ""},
		"nothing":              {"", ""},
	} {
		got, ok := declaredCRS(c.wkt)
		if ok != (c.want != "") || ok && got.String() != c.want {
			t.Errorf("%s: %v, %v", name, got, ok)
		}
	}
}

// A layer of WGS 84 comes in by the official parameters, to the millimetre of what
// PostGIS makes of the pinned SRID, and exchanged axes come back.
func TestCoordinatesAreOfficial(t *testing.T) {
	t.Parallel()
	im, pool := house(t, Limits{})
	agency(t, pool)
	file := writeFile(t, "a.csv", "kinh_do,vi_do,ten\n105.97,9.6,A\n105.98,9.61,B\n")
	o := plotOptions()
	o.Key, o.CRS, o.New.SRID = []string{"ten"}, "CRS84", "EPSG:9209"
	if _, err := run(t, im, file, o, true); err != nil {
		t.Fatal(err)
	}
	off := one[float64](t, pool, `SELECT max(ST_Distance(geom, ST_Transform(ST_SetSRID(ST_MakePoint(CASE ten WHEN 'A' THEN 105.97 ELSE 105.98 END, CASE ten WHEN 'A' THEN 9.6 ELSE 9.61 END), 4326), 959209))) FROM layer_plot`)
	if off > 0.0005 {
		t.Errorf("%g m off", off)
	}
	if got := one[int](t, pool, `SELECT ST_SRID(geom) FROM layer_plot LIMIT 1`); got != crs.Province().SRID {
		t.Errorf("kept in %d", got)
	}
	file = writeFile(t, "b.csv", "X,Y,ten\n1060000,550000,C\n")
	if _, err := run(t, im, file, Options{Layer: "plot", CRS: "EPSG:9209", Swapped: true}, true); err != nil {
		t.Fatal(err)
	}
	if got := one[string](t, pool, `SELECT ST_AsText(geom) FROM layer_plot WHERE ten = 'C'`); got != "POINT(550000 1060000)" {
		t.Errorf("got %s", got)
	}
}

// A file that a program transformed by EPSG:5194 is a metre off; it is said.
func TestDisplacedFile(t *testing.T) {
	t.Parallel()
	im, pool := house(t, Limits{})
	agency(t, pool)
	if _, err := run(t, im, writeFile(t, "a.geojson", plots(60, nil)), plotOptions(), true); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		dx, dy float64
		say    string
	}{{0.6, 0.55, "EPSG:5194"}, {0.4, -0.34, "signs of the rotations"}, {150, 140, "without parameters"}, {12, 5, "control points"}} {
		moved := plots(60, func(_ int, _ map[string]any, ring [][2]float64) [][2]float64 {
			for i := range ring {
				ring[i][0], ring[i][1] = ring[i][0]+c.dx, ring[i][1]+c.dy
			}
			return ring
		})
		i, err := run(t, im, writeFile(t, "b.geojson", moved), again(), false)
		if err != nil {
			t.Fatal(err)
		}
		if w := i.Report.Warnings; len(w) != 1 || !strings.Contains(w[0].EN, c.say) {
			t.Errorf("%.2f m: %v", math.Hypot(c.dx, c.dy), w)
		}
	}
}

// The same table in three old encodings, as Shapefile with bytes as they were.
func TestOldEncodings(t *testing.T) {
	t.Parallel()
	im, pool := house(t, Limits{})
	agency(t, pool)
	for e, text := range map[oldtext.Encoding]string{
		oldtext.TCVN3:       "S\xe3c Tr\xa8ng,\xa7\xad\xeang Nguy\xd4n Th\xde Minh Khai,Th\xf6a \xae\xcat l\xf3a",
		oldtext.VNI:         "So\xf9c Tra\xeang,\xd1\xf6\xf4\xf8ng Nguye\xe3n Th\xf2 Minh Khai,Th\xf6\xfba \xf1a\xe1t lu\xf9a",
		oldtext.Windows1258: "So\xecc Tr\xe3ng,\xd0\xfd\xf5\xccng Nguy\xea\xden Thi\xf2 Minh Khai,Th\xfd\xd2a \xf0\xe2\xect lu\xeca",
	} {
		file := writeFile(t, "a.csv", csvOf("x,y,so,ten,duong,loai", func(i int) string {
			return strings.Join([]string{"550000", "1060000", string(rune('A'+i%26)) + string(rune('A'+i/26)), text}, ",")
		}))
		o := plotOptions()
		o.Layer = map[oldtext.Encoding]haidang.LayerSlug{oldtext.TCVN3: "one", oldtext.VNI: "two", oldtext.Windows1258: "three"}[e]
		o.Key, o.CRS = []string{"so"}, "EPSG:9209"
		i, err := run(t, im, file, o, true)
		if err != nil {
			t.Errorf("%s: %v", e, err)
			continue
		}
		if g := i.Findings.Layers[0].Encoding; g.Chosen != e {
			t.Errorf("%s: found %+v", e, g)
		}
		if got := one[string](t, pool, `SELECT DISTINCT ten || '|' || duong || '|' || loai FROM layer_`+string(o.Layer)); got != "Sóc Trăng|Đường Nguyễn Thị Minh Khai|Thửa đất lúa" {
			t.Errorf("%s: got %s", e, got)
		}
	}
}
