package imports

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"haidang/geo/oldtext"
)

func writeZip(t testing.TB, to string, fill func(add func(name string, content []byte))) {
	t.Helper()
	f, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	fill(func(name string, content []byte) {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func examine(t testing.TB, im *Importer, file string) (found Findings, err error) {
	t.Helper()
	err = im.withSource(t.Context(), file, file, func(s source) (err error) {
		found, err = im.examine(t.Context(), s, quiet)
		return err
	})
	return found, err
}

func siblings(t testing.TB, main string) []string {
	t.Helper()
	all, err := filepath.Glob(strings.TrimSuffix(main, filepath.Ext(main)) + ".*")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Every format gives the same plots in the same system.
func TestExamineFormats(t *testing.T) {
	t.Parallel()
	im, _ := house(t, Limits{})
	text := plots(60, nil)
	for name, file := range map[string]string{
		"GeoJSON":     writeFile(t, "a.geojson", text),
		"GeoPackage":  convert(t, text, "a.gpkg"),
		"Shapefile":   pack(t, siblings(t, convert(t, text, "plots.shp", "-lco", "ENCODING=UTF-8"))...),
		"MapInfo TAB": pack(t, siblings(t, convert(t, text, "a.tab"))...),
		"MapInfo MIF": pack(t, siblings(t, convert(t, text, "a.mif", "-dsco", "FORMAT=MIF"))...),
		"DXF":         convert(t, text, "a.dxf", "-select", ""),
		"DGN":         convert(t, text, "a.dgn", "-select", "", "-nlt", "LINESTRING"),
		"KML":         convert(t, text, "a.kml", "-f", "LIBKML"),
		"CSV":         convert(t, text, "a.csv", "-lco", "GEOMETRY=AS_WKT"),
	} {
		found, err := examine(t, im, file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if found.Format != name {
			t.Errorf("%s: is called %s", name, found.Format)
		}
		l, err := found.Layer("")
		if err != nil || l.Features != 60 {
			t.Errorf("%s: %+v, %v", name, found, err)
			continue
		}
		t.Logf("%s: fields %v, geometries %v, declared %.60q, chosen %s, candidates %d, encoding %s", name, l.Fields, l.Geometries, l.CRS.Declared, l.CRS.Chosen, len(l.CRS.Candidates), l.Encoding.Chosen)
		want := map[string]string{"DXF": "", "DGN": "", "CSV": "", "KML": "OGC:CRS84"}
		if w, ok := want[name]; l.CRS.Chosen != w && ok || !ok && l.CRS.Chosen != "EPSG:9209" {
			t.Errorf("%s: system %+v", name, l.CRS)
		}
		if l.Encoding.Chosen != oldtext.UTF8 {
			t.Errorf("%s: encoding %+v", name, l.Encoding)
		}
	}
}
