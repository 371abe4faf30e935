package style_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/tiles/style"
)

var update = flag.Bool("update", false, "write the golden files")

// golden layers: one of each shape, with and without classes.
var golden = map[string]catalogue.Layer{
	"parcel": {Slug: "parcel", Kind: catalogue.Vector, Title: haidang.Text{VI: "Thửa đất", EN: "Parcels"}, Geometry: "Polygon", Class: "land_use", Label: "number", MaxZoom: 17,
		Columns: []catalogue.Column{{Name: "land_use", Type: catalogue.CodeType, CodeList: "land_use"}, {Name: "number", Type: catalogue.Integer}}},
	"road": {Slug: "road", Kind: catalogue.Vector, Title: haidang.Text{VI: "Đường", EN: "Roads"}, Geometry: "MultiLineString", Label: "name", MaxZoom: 16,
		Columns: []catalogue.Column{{Name: "name", Type: catalogue.Text}}, Style: catalogue.Style{Line: "#aa5500", Width: 2, Dash: []float64{2, 1}, LabelFrom: 13}},
	"mast":  {Slug: "mast", Kind: catalogue.Vector, Title: haidang.Text{VI: "Trạm BTS", EN: "Masts"}, Geometry: "Point", Style: catalogue.Style{Point: "#123456"}},
	"works": {Slug: "works", Kind: catalogue.Vector, Title: haidang.Text{VI: "Công trình", EN: "Works"}, Geometry: "Geometry"},
	"photo": {Slug: "photo", Kind: catalogue.Raster, Title: haidang.Text{VI: "Ảnh", EN: "Photo"}},
}

var lists = map[string]catalogue.CodeList{"land_use": {Codes: []catalogue.Code{
	{Code: "LUC", Label: haidang.Text{VI: "Lúa", EN: "Rice"}, Colour: "#fffc8c"}, {Code: "LUK", Label: haidang.Text{VI: "Lúa khác", EN: "Other rice"}, Colour: "#fffc8c"},
	{Code: "ONT", Label: haidang.Text{VI: "Đất ở", EN: "Homes"}, Colour: "#ffd0ff"}, {Code: "KHAC", Label: haidang.Text{VI: "Khác", EN: "Other"}}}}}

func TestStylesAreAsBefore(t *testing.T) {
	t.Parallel()
	for name, layer := range golden {
		layers, legend := style.Of(layer, lists)
		got, err := json.MarshalIndent(map[string]any{"layers": layers, "legend": legend}, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", name+".json")
		if *update {
			if err := os.WriteFile(file, append(got, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(want) != string(got)+"\n" {
			t.Errorf("%s differs from %s:\n%s", name, file, got)
		}
	}
}
