package operations

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/jpeg"
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
