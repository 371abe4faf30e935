package raster

import (
	"bytes"
	"context"
	"fmt"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/internal/postgres/pgtest"
)

// The drawing of the tests: white, with a black square whose middle is known to the
// millimetre, in the cadastre's zone of Sóc Trăng.
const (
	drawingSide  = 400 // pixels
	drawingPixel = 0.25
	drawingWest  = 550000.0
	drawingNorth = 1062000.0
	squareFirst  = 180 // pixels from the left and from the top, the square's first
	squareLast   = 219
)

// squareEast and squareNorth are the middle of the square.
const (
	squareEast  = drawingWest + (squareFirst+squareLast+1)/2.0*drawingPixel
	squareNorth = drawingNorth - (squareFirst+squareLast+1)/2.0*drawingPixel
)

func needGDAL(t testing.TB) {
	t.Helper()
	for _, program := range []string{"gdalwarp", "gdal_translate", "gdalinfo"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed (package gdal-bin)", program)
		}
	}
}

// openHouse is a database and a folder for rasters, whose layers need an agency.
func openHouse(t testing.TB) (*pgxpool.Pool, string) {
	t.Helper()
	needGDAL(t)
	pool := pgtest.New(t)
	if _, err := pool.Exec(t.Context(), `INSERT INTO agency (code, name_vi, name_en) VALUES ('sotnmt', 'Sở', 'Department')`); err != nil {
		t.Fatal(err)
	}
	return pool, filepath.Join(t.TempDir(), "rasters")
}

// drawing makes the drawing as a GeoTIFF, by GDAL.
func drawing(t testing.TB, args ...string) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "ncols %d\nnrows %[1]d\nxllcorner %f\nyllcorner %f\ncellsize %f\n", drawingSide, drawingWest, drawingNorth-drawingSide*drawingPixel, drawingPixel)
	for y := range drawingSide {
		for x := range drawingSide {
			v := 255
			if x >= squareFirst && x <= squareLast && y >= squareFirst && y <= squareLast {
				v = 10
			}
			b.WriteString(strconv.Itoa(v) + " ")
		}
		b.WriteByte('\n')
	}
	asc := filepath.Join(t.TempDir(), "drawing.asc")
	if err := os.WriteFile(asc, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return translate(t, asc, append([]string{"-ot", "Byte"}, args...)...)
}

func translate(t testing.TB, from string, args ...string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "made.tif")
	gdal(t, "gdal_translate", append(append([]string{"-q", "-of", "GTiff"}, args...), from, to)...)
	return to
}

// create makes a picture of one colour.
func create(t testing.TB, args ...string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "made.tif")
	gdal(t, "gdal_create", append(append([]string{"-q", "-of", "GTiff"}, args...), to)...)
	return to
}

func gdal(t testing.TB, program string, args ...string) {
	t.Helper()
	if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", program, args, err, out)
	}
}

var plainOptions = Options{Layer: "plan", Title: haidang.Text{VI: "Bản đồ giấy", EN: "Scanned plan"}, Owner: "sotnmt", By: "admin"}

func mustImport(t testing.TB, pool *pgxpool.Pool, dir, file string, o Options) Report {
	t.Helper()
	r, err := Import(t.Context(), pool, dir, file, o)
	if err != nil {
		t.Fatalf("import: %v", err)
	}
	return r
}

// darkness finds the middle of what is dark and opaque at a zoom of a pyramid, in
// Web Mercator, and the box of what is opaque.
func darkness(t testing.TB, folder string, z int) (x, y float64, box [4]float64) {
	t.Helper()
	r := resolution(z)
	var sum, sumX, sumY float64
	box = [4]float64{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, path := range files(t, filepath.Join(folder, strconv.Itoa(z))) {
		img := decode(t, path)
		tx, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		ty, _ := strconv.Atoi(filepath.Base(path))
		corner := tileBox(z, tx, ty)
		for py := range tileSize {
			for px := range tileSize {
				cr, _, _, ca := img.At(px, py).RGBA()
				if ca < 0x8000 {
					continue
				}
				mx, my := corner[0]+(float64(px)+0.5)*r, corner[3]-(float64(py)+0.5)*r
				box = [4]float64{min(box[0], mx-r/2), min(box[1], my-r/2), max(box[2], mx+r/2), max(box[3], my+r/2)}
				if dark := float64(0xffff-cr) / 0xffff; dark > 0.05 {
					sum, sumX, sumY = sum+dark, sumX+dark*mx, sumY+dark*my
				}
			}
		}
	}
	return sumX / sum, sumY / sum, box
}

func decode(t testing.TB, path string) image.Image {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return img
}

func files(t testing.TB, dir string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// mercator asks PostGIS where a point of VN-2000 lies by the official parameters.
func mercator(ctx context.Context, t testing.TB, pool *pgxpool.Pool, east, north float64) (x, y float64) {
	t.Helper()
	err := pool.QueryRow(ctx, `SELECT ST_X(g), ST_Y(g) FROM (SELECT ST_Transform(ST_SetSRID(ST_MakePoint($1, $2), 959209), 3857) AS g) t`, east, north).Scan(&x, &y)
	if err != nil {
		t.Fatal(err)
	}
	return x, y
}

func written(t testing.TB, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "made.tif")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// cutShort is the second half of a file gone.
func cutShort(t testing.TB, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return written(t, data[:len(data)/2])
}

func makeVector(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		return catalogue.Create(t.Context(), tx, catalogue.Layer{Slug: "vector", Title: haidang.Text{VI: "V", EN: "V"}, Owner: "sotnmt", SRID: 959209, Geometry: "Point", MaxZoom: 20})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

// tileOf is the picture's box in Web Mercator.
func tileOf(r Report) [4]float64 {
	x := func(lon float64) float64 { return lon / 180 * world }
	y := func(lat float64) float64 { return math.Asinh(math.Tan(lat*math.Pi/180)) / math.Pi * world }
	return [4]float64{x(r.Bounds[0]), y(r.Bounds[1]), x(r.Bounds[2]), y(r.Bounds[3])}
}

// middle is the pixel of the tile nearest to the middle of the picture.
func middle(r Report, x, y int) (px, py int) {
	box, tile := tileOf(r), tileBox(r.MaxZoom, x, y)
	res := resolution(r.MaxZoom)
	return clamp(((box[0]+box[2])/2-tile[0])/res, 0, tileSize-1), clamp((tile[3]-(box[1]+box[3])/2)/res, 0, tileSize-1)
}

func unmultiply(c, a uint32) uint8 {
	if a == 0 {
		return 0
	}
	return uint8(c * 255 / a)
}
