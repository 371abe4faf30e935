package operations

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"haidang"
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

// pngHead is a PNG that says it is w × h and has next to nothing in it.
func pngHead(w, h uint32) []byte {
	chunk := func(kind string, body []byte) []byte {
		b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
		b = append(append(b, kind...), body...)
		return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	head = append(head, 8, 6, 0, 0, 0)
	return bytes.Join([][]byte{[]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", head), chunk("IDAT", []byte{0x78, 0x9c, 3, 0}), chunk("IEND", nil)}, nil)
}

func TestBombIsRefusedBeforeItIsUnpacked(t *testing.T) {
	p := NewPhotos(t.TempDir())
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, size := range [][2]uint32{{50_000, 50_000}, {8_000, 5_001}, {2_000_000_000, 1}} {
		_, err := p.Store(t.Context(), bytes.NewReader(pngHead(size[0], size[1])))
		if refusal, ok := errors.AsType[*haidang.Error](err); !ok || refusal.Field != "photo" || refusal.Code == haidang.ErrInternal {
			t.Errorf("%v: %v", size, err)
		}
	}
	bomb := jpegOf(t, quarters(16, 16))
	sof := bytes.Index(bomb, []byte{0xFF, 0xC0})
	copy(bomb[sof+5:], []byte{0xFF, 0xFF, 0xFF, 0xFF}) // 65,535 × 65,535
	_, err := p.Store(t.Context(), bytes.NewReader(bomb))
	wantRefusal(t, err, haidang.ErrTooLarge, "photo")
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
		t.Errorf("refusing took %d bytes", used)
	}
}

func TestStoreRefuses(t *testing.T) {
	t.Parallel()
	p := NewPhotos(t.TempDir())
	good := jpegOf(t, quarters(64, 64))
	for name, c := range map[string]struct {
		data io.Reader
		code haidang.ErrorCode
	}{
		"too many bytes": {io.MultiReader(bytes.NewReader(good), &zeros{MaxPhotoBytes}), haidang.ErrTooLarge},
		"no picture":     {strings.NewReader("%PDF-1.7 not a picture"), haidang.ErrInvalid},
		"nothing":        {strings.NewReader(""), haidang.ErrInvalid},
		"half a picture": {bytes.NewReader(good[:len(good)/2]), haidang.ErrInvalid},
		"a lost upload":  {io.MultiReader(bytes.NewReader(good[:10]), failing{}), haidang.ErrInvalid},
	} {
		_, err := p.Store(t.Context(), c.data)
		if haidang.CodeOf(err) != c.code || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type zeros struct{ left int }

func (z *zeros) Read(b []byte) (int, error) {
	n := min(len(b), z.left)
	z.left -= n
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestUnpackingStopsWhenTheCallerLeaves(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := reencode(ctx, jpegOf(t, quarters(2000, 2000)))
	wantRefusal(t, err, haidang.ErrTooMany, "photo")
}

func TestSamePictureIsKeptOnceByAnyNumberAtOnce(t *testing.T) {
	t.Parallel()
	p := NewPhotos(t.TempDir())
	picture := jpegOf(t, quarters(300, 200))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := p.Store(t.Context(), bytes.NewReader(picture)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	var files []string
	_ = filepath.WalkDir(p.dir, func(path string, d fs.DirEntry, _ error) error {
		if !d.IsDir() {
			files = append(files, path)
		}
		return nil
	})
	if len(files) != 1 || !strings.HasSuffix(files[0], ".jpg") {
		t.Errorf("kept %v", files)
	}
}

func TestOpenKnowsOnlyItsOwnNames(t *testing.T) {
	t.Parallel()
	p := NewPhotos(t.TempDir())
	for _, name := range []string{"", "x", "../../etc/passwd", strings.Repeat("a", 63) + "/", strings.Repeat("A", 64), strings.Repeat("a", 64)} {
		_, err := p.Open(name)
		wantRefusal(t, err, haidang.ErrNotFound, "")
		if p.Has(name) {
			t.Errorf("has %q", name)
		}
	}
}

func TestUnwritableFolderIsSaid(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := NewPhotos(dir).Store(t.Context(), bytes.NewReader(jpegOf(t, quarters(64, 64))))
	wantRefusal(t, err, haidang.ErrUnavailable, "photo")
}

// A really full disk: a file system of 64 kB, where the test may make one.
func TestFullDiskIsSaid(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("making a small file system is not allowed here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, 0) })
	noise := image.NewRGBA(image.Rect(0, 0, 600, 600))
	for i := range noise.Pix {
		noise.Pix[i] = byte(i * i * 2654435761 >> 7)
	}
	_, err := NewPhotos(dir).Store(t.Context(), bytes.NewReader(jpegOf(t, noise)))
	wantRefusal(t, err, haidang.ErrUnavailable, "photo")
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(fmt.Sprint(err), "disk is full") {
		t.Errorf("error %v", err)
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*", ".new-*"))
	if len(left) != 0 {
		t.Errorf("left behind %v", left)
	}
}

func TestSweepTakesOnlyWhatNobodyNeeds(t *testing.T) {
	t.Parallel()
	p := NewPhotos(t.TempDir())
	store := func(w int) string {
		sha, err := p.Store(t.Context(), bytes.NewReader(jpegOf(t, quarters(w, 40))))
		if err != nil {
			t.Fatal(err)
		}
		return sha
	}
	needed, orphan, young, sentAgain := store(40), store(60), store(80), store(100)
	old := time.Now().Add(-48 * time.Hour)
	crumb := filepath.Join(p.dir, needed[:2], ".new-123")
	foreign := filepath.Join(p.dir, "README")
	for _, path := range []string{crumb, foreign} {
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{p.path(needed), p.path(orphan), p.path(sentAgain), crumb, foreign} {
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	store(100)
	gone, err := p.sweep(time.Now().Add(-24*time.Hour), func(sha string) (bool, error) { return sha == needed, nil })
	if err != nil || gone != 2 {
		t.Errorf("swept %d, %v", gone, err)
	}
	for sha, want := range map[string]bool{needed: true, orphan: false, young: true, sentAgain: true} {
		if p.Has(sha) != want {
			t.Errorf("has %s: %v", sha, !want)
		}
	}
	if _, err := os.Stat(foreign); err != nil {
		t.Error("swept a file that is not ours")
	}
	if _, err := NewPhotos(filepath.Join(p.dir, "none")).sweep(time.Now(), nil); err != nil {
		t.Errorf("a folder that is not there: %v", err)
	}
}

func BenchmarkStore12Megapixels(b *testing.B) {
	p := NewPhotos(b.TempDir())
	photo := jpegOf(b, quarters(4000, 3000))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Store(context.Background(), bytes.NewReader(photo)); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzReencode(f *testing.F) {
	f.Add(jpegOf(f, quarters(16, 8)))
	f.Add(withExif(jpegOf(f, quarters(16, 8)), 6, binary.LittleEndian))
	f.Add(pngHead(4, 4))
	f.Fuzz(func(t *testing.T, data []byte) {
		if head, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil && head.Width*head.Height > 1<<20 {
			t.Skip("large pictures are slow to try")
		}
		out, err := reencode(t.Context(), data)
		if err != nil {
			return
		}
		if m, err := jpeg.DecodeConfig(bytes.NewReader(out)); err != nil || max(m.Width, m.Height) > keptPixels {
			t.Fatalf("kept %v, %v", m, err)
		}
	})
}
