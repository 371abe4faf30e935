package imports

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"haidang"
	"haidang/internal/sandbox"
)

// wide is for a GeoJSON ring of n vertices.
func wide(n int) string {
	var ring strings.Builder
	for i := range n {
		fmt.Fprintf(&ring, "[%d.%03d,%d],", 550000+i/1000, i%1000, 1060000+i%2)
	}
	return `{"type":"Feature","properties":{"a":1},"geometry":{"type":"Polygon","coordinates":[[` + ring.String() + `[550000,1060000]]]}}` + "\n"
}

// What strangers send is refused with a sentence, and nothing of it is read, run or kept.
func TestHostileFiles(t *testing.T) {
	t.Parallel()
	im, _ := house(t, Limits{Unpacked: 4 << 20, Entries: 20, Ratio: 50, FeatureVertices: 1000, Vertices: 50_000, Features: 500})
	zipped := func(name string, content []byte) string {
		to := filepath.Join(t.TempDir(), "packed.zip")
		writeZip(t, to, func(add func(string, []byte)) { add(name, content) })
		return to
	}
	vrt := `<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>`
	for name, c := range map[string]struct{ file, say string }{
		"bomb by ratio":        {zipped("a.geojson", bytes.Repeat([]byte(" "), 3<<20)), "grows beyond"},
		"bomb by size":         {zipped("a.geojson", bytes.Repeat([]byte(" "), 5<<20)), "Unpacked it is more than"},
		"zip in a zip":         {zipped("inner.zip", []byte("PK\x03\x04")), "packed file within"},
		"path out":             {zipped("../../etc/cron.d/x.geojson", []byte("{}")), "leads out"},
		"absolute path":        {zipped("/etc/x.geojson", []byte("{}")), "leads out"},
		"path of Windows":      {zipped(`..\..\x.geojson`, []byte("{}")), "leads out"},
		"no layer in it":       {zipped("readme.md", []byte("hello")), "no file in the zip"},
		"many entries":         {manyEntries(t), "entries"},
		"a link":               {linkedZip(t), "special entry"},
		"broken zip":           {writeFile(t, "a.zip", "PK\x03\x04 not really"), "broken"},
		"VRT as CSV":           {writeFile(t, "a.csv", vrt), "has no"},
		"VRT as JSON":          {writeFile(t, "a.json", vrt), "no GeoJSON"},
		"URL as JSON":          {writeFile(t, "a.json", `{"url":"/vsicurl/http://127.0.0.1/x"}`), "cannot be read"},
		"esri service as JSON": {writeFile(t, "a.json", `{"type":"FeatureServer","source":"http://127.0.0.1/"}`), "cannot be read"},
		"empty":                {writeFile(t, "a.gpkg", ""), "1 byte"},
		"another kind":         {writeFile(t, "a.gpkg", "hello, I am text"), "no GeoPackage"},
		"cut off GeoPackage":   {writeFile(t, "b.gpkg", "SQLite format 3\x00\x10\x00"), "cannot be read"},
		"not a format":         {writeFile(t, "a.vrt", vrt), "cannot be imported"},
		"too many features":    {writeFile(t, "a.geojson", plots(501, nil)), "more than 500 features"},
		"too many vertices":    {writeFile(t, "a.geojsonl", strings.Repeat(wide(900), 60)), "more than 50000 vertices"},
		"deep nesting":         {writeFile(t, "a.geojson", strings.Repeat(`{"a":[`, 100_000)), "cannot be read"},
		"layer like an option": {writeFile(t, "a.geojson", strings.Replace(plots(1, nil), `{"type":"FeatureCollection",`, `{"type":"FeatureCollection","name":"-sql",`, 1)), "begins with a dash"},
		"DGN of version 8":     {writeFile(t, "a.dgn", "\xd0\xcf\x11\xe0 compound"), "V8"},
	} {
		i, err := im.Take(t.Context(), "tester", c.file, c.file)
		if err == nil {
			err = im.Examine(t.Context(), i.ID, quiet)
		}
		if err == nil {
			if i, err = im.Get(t.Context(), i.ID); err == nil {
				_, err = i.Options.settle(*i.Findings)
			}
		}
		if err == nil || !strings.Contains(err.Error(), c.say) || haidang.CodeOf(err) == haidang.ErrInternal {
			t.Errorf("%s: got %.300v, want %q", name, err, c.say)
		}
	}
	left, err := filepath.Glob(filepath.Join(im.dir, "sandbox-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

func manyEntries(t *testing.T) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "packed.zip")
	writeZip(t, to, func(add func(string, []byte)) {
		for i := range 21 {
			add(fmt.Sprintf("%d.txt", i), nil)
		}
	})
	return to
}

func linkedZip(t *testing.T) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "packed.zip")
	f, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	h := &zip.FileHeader{Name: "a.geojson"}
	h.SetMode(fs.ModeSymlink | 0o777)
	w, err := z.CreateHeader(h)
	if err == nil {
		_, err = w.Write([]byte("/etc/passwd"))
	}
	if err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	return to
}

// One feature with too many vertices is refused by itself; the others are not held up.
func TestFeatureOfManyVertices(t *testing.T) {
	t.Parallel()
	im, pool := house(t, Limits{FeatureVertices: 1000})
	agency(t, pool)
	text := strings.ReplaceAll(plots(1, nil), "\n", "")
	small := text[strings.Index(text, `{"type":"Feature",`) : len(text)-2]
	file := writeFile(t, "a.geojsonl", small+"\n"+wide(1500)+wide(200_000)+small+"\n")
	o := plotOptions()
	o.Key, o.CRS = nil, "EPSG:9209"
	i, err := run(t, im, file, o, false)
	if err != nil {
		t.Fatal(err)
	}
	remarks, err := im.Remarks(t.Context(), i.ID, refused, 0, 10)
	if err != nil || i.Report.Fine != 2 || len(remarks) != 2 || remarks[0].Feature != 2 || remarks[1].Feature != 3 || !strings.Contains(remarks[1].Text.EN, "Too many vertices") {
		t.Errorf("%+v, %v, %v", i.Report, remarks, err)
	}
}

// Sidecars of others in a zip are not laid out for GDAL.
func TestOnlyBelongingsAreUnpacked(t *testing.T) {
	t.Parallel()
	to := filepath.Join(t.TempDir(), "packed.zip")
	writeZip(t, to, func(add func(string, []byte)) {
		for _, name := range []string{"Thửa đất/THUA.SHP", "Thửa đất/THUA.dbf", "Thửa đất/other.dbf", "Thửa đất/THUA.exe", "Thửa đất/THUA.ovr"} {
			add(name, []byte("\x00\x00\x27\x0a"))
		}
	})
	dir := t.TempDir()
	s, err := unpack(t.Context(), to, "x.ZIP", dir, Limits{}.orDefault(), plenty)
	if err != nil || filepath.Base(s.Path) != "data.shp" {
		t.Fatal(s, err)
	}
	all, err := os.ReadDir(dir)
	if err != nil || len(all) != 2 {
		t.Errorf("%v, %v", all, err)
	}
}

func TestNoCopiesOfDrivers(t *testing.T) {
	t.Parallel()
	if !sandbox.Installed("ogrinfo") {
		t.Skip("no GDAL on this machine: apt-get install gdal-bin")
	}
	r := reader{source{Format: formats[0]}, Limits{}.orDefault()}
	env, err := r.environment()
	if err != nil {
		t.Fatal(err)
	}
	skip := strings.Join(env, "\n")
	for _, d := range []string{"OGR_VRT", "HTTP", "PostgreSQL", "WFS"} {
		if !strings.Contains(skip, d) {
			t.Errorf("driver %s is left in", d)
		}
	}
	if strings.Contains(skip, ",GPKG,") {
		t.Error("the format's own driver is left out")
	}
}
