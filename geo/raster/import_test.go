package raster

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"haidang"
	"haidang/geo/catalogue"
)

// TestImportAgain replaces a picture: entry, row and folder are the new ones, the
// old folder is gone, the act is on record.
func TestImportAgain(t *testing.T) {
	t.Parallel()
	pool, dir := openHouse(t)
	taken := time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)
	o := plainOptions
	o.Taken, o.Source, o.Licence = &taken, "Đo vẽ 2025", "CC BY 4.0"
	first := mustImport(t, pool, dir, drawing(t, "-a_srs", "EPSG:9209"), o)
	second := mustImport(t, pool, dir, create(t, "-outsize", "300", "200", "-bands", "3", "-burn", "10", "-burn", "200", "-burn", "30", "-a_srs", "EPSG:5897",
		"-a_ullr", "604000", "1062000", "604300", "1061800"), Options{Layer: "plan", By: "admin"})
	if _, err := os.Stat(filepath.Join(dir, "plan", first.Version)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the old pyramid is still there (%v)", err)
	}
	if second.Format != "png" && second.Format != "jpg" || second.Tiles == 0 || len(files(t, filepath.Join(dir, "plan", second.Version))) != second.Tiles {
		t.Errorf("report %+v does not suit the folder", second)
	}
	all, err := List(t.Context(), pool)
	if err != nil || len(all) != 1 || all[0].Version != second.Version || all[0].CRS != "EPSG:5897" || all[0].Bounds != second.Bounds || all[0].Taken != nil {
		t.Errorf("rows: %+v, %v", all, err)
	}
	l, err := catalogue.Get(t.Context(), pool, "plan")
	if err != nil || l.Kind != catalogue.Raster || l.Title.VI != "Bản đồ giấy" || l.Licence != "CC BY 4.0" || l.MaxZoom != second.MaxZoom || l.Version < 2 || l.Open() {
		t.Errorf("entry: %+v, %v", l, err)
	}
	var acts int
	if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM audit_log WHERE action = 'raster.import' AND actor = 'admin'`).Scan(&acts); err != nil || acts != 2 {
		t.Errorf("%d acts on record (%v), want 2", acts, err)
	}
}

// TestKinds takes the kinds of pictures that people have.
func TestKinds(t *testing.T) {
	t.Parallel()
	pool, dir := openHouse(t)
	at := []string{"-a_srs", "EPSG:9209", "-a_ullr", "550000", "1062000", "550100", "1061900", "-outsize", "100", "100"}
	for name, test := range map[string]struct {
		file string
		want [4]uint8
	}{
		"one bit":           {create(t, append(at, "-bands", "1", "-burn", "1", "-co", "NBITS=1", "-co", "COMPRESS=CCITTFAX4")...), [4]uint8{255, 255, 255, 255}},
		"grey":              {create(t, append(at, "-bands", "1", "-burn", "77")...), [4]uint8{77, 77, 77, 255}},
		"red, green, blue":  {create(t, append(at, "-bands", "3", "-burn", "10", "-burn", "200", "-burn", "30")...), [4]uint8{10, 200, 30, 255}},
		"JPEG in TIFF":      {create(t, append(at, "-bands", "3", "-burn", "200", "-burn", "200", "-burn", "200", "-co", "COMPRESS=JPEG", "-co", "PHOTOMETRIC=YCBCR", "-co", "TILED=YES")...), [4]uint8{200, 200, 200, 255}},
		"half transparent":  {create(t, append(at, "-bands", "4", "-burn", "10", "-burn", "200", "-burn", "30", "-burn", "128", "-co", "ALPHA=YES")...), [4]uint8{10, 200, 30, 128}},
		"infrared besides":  {create(t, append(at, "-bands", "4", "-burn", "10", "-burn", "200", "-burn", "30", "-burn", "0", "-co", "ALPHA=NO", "-co", "PHOTOMETRIC=RGB")...), [4]uint8{10, 200, 30, 255}},
		"grey and no value": {create(t, append(at, "-bands", "1", "-burn", "5", "-a_nodata", "0")...), [4]uint8{5, 5, 5, 255}},
	} {
		r := mustImport(t, pool, dir, test.file, plainOptions)
		x0, y0, x1, y1 := grid{box: tileOf(r)}.tiles(r.MaxZoom)
		img := decode(t, filepath.Join(dir, "plan", r.Version, itoa(r.MaxZoom), itoa((x0+x1)/2), itoa((y0+y1)/2)))
		cx, cy := middle(r, (x0+x1)/2, (y0+y1)/2)
		red, green, blue, alpha := img.At(cx, cy).RGBA()
		got := [4]uint8{unmultiply(red, alpha), unmultiply(green, alpha), unmultiply(blue, alpha), uint8(alpha >> 8)}
		for i := range got {
			if d := int(got[i]) - int(test.want[i]); d < -3 || d > 3 {
				t.Errorf("%s: the middle is %v, want %v", name, got, test.want)
				break
			}
		}
	}
}

// TestRefusals: what cannot be a picture of ours is refused with a sentence in both
// languages, and leaves nothing behind.
func TestRefusals(t *testing.T) {
	t.Parallel()
	pool, dir := openHouse(t)
	here := []string{"-a_ullr", "550000", "1062000", "550100", "1061900", "-outsize", "100", "100", "-bands", "1"}
	placed := append([]string{"-a_srs", "EPSG:9209"}, here...)
	good := drawing(t, "-a_srs", "EPSG:9209")
	for name, test := range map[string]struct {
		file string
		o    func(*Options)
		says string
	}{
		"not a TIFF":         {file: written(t, []byte("<VRTDataset rasterXSize=\"1\" rasterYSize=\"1\"/>")), says: "no GeoTIFF"},
		"empty":              {file: written(t, nil), says: "no GeoTIFF"},
		"TIFF in name only":  {file: written(t, []byte("II*\x00\x08\x00\x00\x00garbage")), says: "cannot read"},
		"cut short":          {file: cutShort(t, good), says: "cannot read"},
		"not georeferenced":  {file: create(t, "-outsize", "10", "10", "-bands", "1"), says: "no place on the map"},
		"16 bit":             {file: create(t, append(placed, "-ot", "UInt16")...), says: "8 bit"},
		"elevations":         {file: create(t, append(placed, "-ot", "Float32")...), says: "8 bit"},
		"two bands":          {file: create(t, append(placed[:len(placed)-1:len(placed)-1], "2")...), says: "the bands Gray, Undefined"},
		"bomb":               {file: create(t, "-a_srs", "EPSG:9209", "-a_ullr", "550000", "1062000", "551000", "1061000", "-outsize", "100000", "100000", "-bands", "1", "-co", "TILED=YES", "-co", "COMPRESS=DEFLATE", "-co", "SPARSE_OK=TRUE", "-co", "BLOCKXSIZE=4096", "-co", "BLOCKYSIZE=4096"), says: "too large"},
		"one huge block":     {file: create(t, "-a_srs", "EPSG:9209", "-a_ullr", "550000", "1062000", "551000", "1061000", "-outsize", "20000", "20000", "-bands", "1", "-co", "TILED=YES", "-co", "BLOCKXSIZE=20000", "-co", "BLOCKYSIZE=20000", "-co", "COMPRESS=DEFLATE", "-co", "SPARSE_OK=TRUE"), says: "blocks that are too large"},
		"no system":          {file: create(t, here...), says: "EPSG:9209"},
		"X and Y swapped":    {file: create(t, "-a_ullr", "1062000", "550100", "1062100", "550000", "-outsize", "10", "10", "-bands", "1"), says: "swapped"},
		"nowhere":            {file: create(t, "-a_ullr", "10", "20", "20", "10", "-outsize", "10", "10", "-bands", "1"), says: "none of the supported"},
		"another system":     {file: create(t, append([]string{"-a_srs", "EPSG:27700"}, here...)...), says: "EPSG:27700"},
		"TM-3 on WGS 84":     {file: create(t, append([]string{"-a_srs", "+proj=tmerc +lon_0=105.5 +k=0.9999 +x_0=500000 +datum=WGS84"}, here...)...), says: "for certain"},
		"outside Vietnam":    {file: create(t, "-a_srs", "EPSG:4326", "-a_ullr", "9", "47", "9.1", "46.9", "-outsize", "10", "10", "-bands", "1"), says: "outside Vietnam"},
		"transparent":        {file: create(t, append(placed, "-burn", "0", "-a_nodata", "0")...), says: "transparent"},
		"unknown system":     {file: good, o: func(o *Options) { o.CRS = "EPSG:1" }, says: "not known"},
		"bad slug":           {file: good, o: func(o *Options) { o.Layer = "../x" }, says: "lower-case"},
		"no title":           {file: good, o: func(o *Options) { o.Title = haidang.Text{} }, says: "title"},
		"a vector layer":     {file: good, o: func(o *Options) { o.Layer = "vector" }, says: "vector layer"},
		"more than may be":   {file: good, o: func(o *Options) { o.MaxPixels = 1000 }, says: "too large"},
		"a link to anything": {file: "/proc/self/environ", says: "no GeoTIFF"},
	} {
		o := plainOptions
		if test.o != nil {
			test.o(&o)
		}
		if o.Layer == "vector" {
			makeVector(t, pool)
		}
		_, err := Import(t.Context(), pool, dir, test.file, o)
		e, ok := errors.AsType[*haidang.Error](err)
		if !ok || !strings.Contains(e.Text.EN, test.says) || e.Text.VI == "" || e.Text.VI == e.Text.EN {
			t.Errorf("%s: got %v, want a refusal that says %q", name, err, test.says)
			continue
		}
		t.Logf("%s: %s", name, e.Text.VI)
	}
	if left := files(t, dir); len(left) > 1 { // the lock
		t.Errorf("left behind: %v", left)
	}
	if all, err := List(t.Context(), pool); err != nil || len(all) != 0 {
		t.Errorf("rows left behind: %v, %v", all, err)
	}
}

// TestNames knows the systems by their parameters when the file has no code.
func TestNames(t *testing.T) {
	t.Parallel()
	needGDAL(t)
	const noCode = `PROJCS["VN_2000_TM3_105_30",GEOGCS["GCS_VN_2000",DATUM["D_Vietnam_2000",SPHEROID["WGS_1984",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["Degree",0.0174532925199433]],` +
		`PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000],PARAMETER["False_Northing",0],PARAMETER["Central_Meridian",105.5],PARAMETER["Scale_Factor",0.9999],PARAMETER["Latitude_Of_Origin",0],UNIT["Meter",1]]`
	for srs, want := range map[string]string{"EPSG:9209": "EPSG:9209", noCode: "EPSG:9209", "EPSG:3405": "EPSG:3405", "EPSG:32648": "EPSG:32648", "EPSG:4326": "EPSG:4326", "EPSG:3857": "EPSG:3857"} {
		file := create(t, "-a_srs", srs, "-a_ullr", "550000", "1062000", "550100", "1061900", "-outsize", "10", "10", "-bands", "1")
		p, err := inspect(t.Context(), file, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if s, ok := p.system(); !ok || s.name != want {
			t.Errorf("%s: recognised as %q (%v), want %s; GDAL says %s", srs, s.name, ok, want, p.CRS.Proj4)
		}
	}
}
