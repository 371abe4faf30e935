package operations

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"
)

var (
	red, green = color.RGBA{220, 30, 30, 255}, color.RGBA{30, 200, 30, 255}
	blue, grey = color.RGBA{30, 30, 220, 255}, color.RGBA{128, 128, 128, 255}
)

// quarters is a picture with a red, green, blue and grey quarter: top left, top
// right, bottom left, bottom right.
func quarters(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetRGBA(x, y, [2][2]color.RGBA{{red, green}, {blue, grey}}[2*y/h][2*x/w])
		}
	}
	return m
}

func jpegOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withExif puts an Exif segment behind the JPEG's first marker: an orientation, a
// camera's name, and a position (9°36' N 105°58' E) as phones write it.
func withExif(data []byte, orientation uint16, order binary.ByteOrder) []byte {
	var tiff bytes.Buffer
	mark := map[binary.ByteOrder]string{binary.LittleEndian: "II", binary.BigEndian: "MM"}[order]
	put := func(values ...any) {
		for _, v := range values {
			_ = binary.Write(&tiff, order, v)
		}
	}
	put([]byte(mark), uint16(42), uint32(8))
	put(uint16(3),
		uint16(0x0110), uint16(2), uint32(8), uint32(8+2+36+4), // Model
		uint16(0x0112), uint16(3), uint32(1), orientation, uint16(0),
		uint16(0x8825), uint16(4), uint32(1), uint32(8+2+36+4+8), // GPS directory
		uint32(0), []byte("PHONE-X\x00"))
	gps := uint32(tiff.Len())
	put(uint16(4),
		uint16(1), uint16(2), uint32(2), []byte("N\x00\x00\x00"),
		uint16(2), uint16(5), uint32(3), gps+2+48+4,
		uint16(3), uint16(2), uint32(2), []byte("E\x00\x00\x00"),
		uint16(4), uint16(5), uint32(3), gps+2+48+4+24,
		uint32(0), [6]uint32{9, 1, 36, 1, 0, 1}, [6]uint32{105, 1, 58, 1, 0, 1})
	segment := append([]byte("Exif\x00\x00"), tiff.Bytes()...)
	head := binary.BigEndian.AppendUint16([]byte{0xFF, 0xE1}, uint16(len(segment)+2))
	return bytes.Join([][]byte{data[:2], head, segment, data[2:]}, nil)
}

func stored(t *testing.T, p *Photos, sha string) ([]byte, image.Image) {
	t.Helper()
	f, err := p.Open(sha)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // read only
	data, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	m, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return data, m
}

// near tells colours apart as far as JPEG allows.
func near(a, b color.Color) bool {
	ar, ag, ab, _ := a.RGBA()
	br, bg, bb, _ := b.RGBA()
	far := func(x, y uint32) bool { return max(x, y)-min(x, y) > 40<<8 }
	return !far(ar, br) && !far(ag, bg) && !far(ab, bb)
}

// corners lists the colours near the corners, clockwise from the top left.
func corners(m image.Image) [4]color.Color {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	return [4]color.Color{m.At(w/8, h/8), m.At(w-1-w/8, h/8), m.At(w-1-w/8, h-1-h/8), m.At(w/8, h-1-h/8)}
}

func TestPositionNeverSurvives(t *testing.T) {
	t.Parallel()
	p := NewPhotos(t.TempDir())
	sent := withExif(jpegOf(t, quarters(400, 300)), 6, binary.LittleEndian)
	if !bytes.Contains(sent, []byte("PHONE-X")) {
		t.Fatal("the test's picture has no Exif")
	}
	sha, err := p.Store(t.Context(), bytes.NewReader(sent))
	if err != nil {
		t.Fatal(err)
	}
	data, m := stored(t, p, sha)
	for _, trace := range []string{"Exif", "PHONE-X", "II*\x00", "GPS", "\xff\xe1"} {
		if bytes.Contains(data, []byte(trace)) {
			t.Errorf("kept %q", trace)
		}
	}
	if m.Bounds().Dx() != 300 || m.Bounds().Dy() != 400 {
		t.Errorf("not turned upright: %v", m.Bounds())
	}
}

// What each orientation means, from the Exif standard: where the stored picture's
// corners (top left, top right, bottom right, bottom left) are seen.
func TestOrientation(t *testing.T) {
	t.Parallel()
	p := NewPhotos(t.TempDir())
	for orientation, want := range map[uint16][4]color.RGBA{
		0: {red, green, grey, blue}, 1: {red, green, grey, blue}, 2: {green, red, blue, grey}, 3: {grey, blue, red, green}, 4: {blue, grey, green, red},
		5: {red, blue, grey, green}, 6: {blue, red, green, grey}, 7: {grey, green, red, blue}, 8: {green, grey, blue, red}, 9: {red, green, grey, blue},
	} {
		for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
			sha, err := p.Store(t.Context(), bytes.NewReader(withExif(jpegOf(t, quarters(320, 160)), orientation, order)))
			if err != nil {
				t.Fatal(err)
			}
			_, m := stored(t, p, sha)
			for i, c := range corners(m) {
				if !near(c, want[i]) {
					t.Errorf("orientation %d %v: corner %d is %v, want %v", orientation, order, i, c, want[i])
				}
			}
		}
	}
}

func TestBrokenExifIsIgnored(t *testing.T) {
	t.Parallel()
	whole := withExif(jpegOf(t, quarters(64, 32)), 6, binary.BigEndian)
	for cut := range 120 {
		broken := append([]byte(nil), whole...)
		for i := 4 + cut; i < 4+cut+8; i++ {
			broken[i] = 0xFF
		}
		exifOrientation(broken) // must not panic
		exifOrientation(whole[:cut])
	}
}

func TestLargePictureIsMadeSmaller(t *testing.T) {
	t.Parallel()
	p := NewPhotos(t.TempDir())
	sha, err := p.Store(t.Context(), bytes.NewReader(jpegOf(t, quarters(5000, 2500))))
	if err != nil {
		t.Fatal(err)
	}
	_, m := stored(t, p, sha)
	if m.Bounds().Dx() != 2048 || m.Bounds().Dy() != 1024 {
		t.Errorf("kept %v", m.Bounds())
	}
	for i, c := range corners(m) {
		if want := [4]color.RGBA{red, green, grey, blue}[i]; !near(c, want) {
			t.Errorf("corner %d is %v", i, c)
		}
	}
}

func TestPNGAndTransparency(t *testing.T) {
	t.Parallel()
	p := NewPhotos(t.TempDir())
	clear := image.NewNRGBA(image.Rect(0, 0, 40, 30))
	var b bytes.Buffer
	if err := png.Encode(&b, clear); err != nil {
		t.Fatal(err)
	}
	sha, err := p.Store(t.Context(), &b)
	if err != nil {
		t.Fatal(err)
	}
	if _, m := stored(t, p, sha); !near(m.At(20, 15), color.White) {
		t.Errorf("clear became %v", m.At(20, 15))
	}
}

func TestWebP(t *testing.T) {
	t.Parallel()
	// A 1 × 1 lossless WebP.
	tiny := "RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"
	if _, err := NewPhotos(t.TempDir()).Store(t.Context(), strings.NewReader(tiny)); err != nil {
		t.Error(err)
	}
}
