package tiles

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func openDisk(t *testing.T, dir string, limit, reserve uint64) *disk {
	t.Helper()
	d := newDisk(dir, limit, reserve)
	d.start()
	t.Cleanup(func() { _ = d.stop(context.Background()) })
	return d
}

func tileKey(x uint32) key { return key{name: "parcel", print: 7, version: 3, z: 14, x: x} }

// eventually waits until holds is true.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

func has(d *disk, k key, want tile) func() bool {
	return func() bool { t, ok := d.get(k); return ok && bytes.Equal(t, want) }
}

func TestDiskKeepsTilesOverARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := openDisk(t, dir, 1<<20, 1)
	d.put(tileKey(1), tile("tile one"))
	d.put(tileKey(2), tile{})
	eventually(t, "both are on the disk", func() bool { return has(d, tileKey(1), tile("tile one"))() && has(d, tileKey(2), nil)() })
	if err := d.stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	leftover := filepath.Join(dir, "parcel", "half"+tileSuffix+temporary)
	if err := os.WriteFile(leftover, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	again := openDisk(t, dir, 1<<20, 1)
	eventually(t, "both are found again", func() bool { return has(again, tileKey(1), tile("tile one"))() && has(again, tileKey(2), nil)() })
	if _, err := os.Stat(leftover); err == nil {
		t.Error("the half written file is still there")
	}
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if info, err := e.Info(); err == nil && path != dir && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v", path, info.Mode())
		}
		return nil
	})
}

// What is not as it was written is noticed and removed, wherever it was changed.
func TestBrokenFilesAreRemoved(t *testing.T) {
	t.Parallel()
	d := openDisk(t, t.TempDir(), 1<<20, 1)
	whole := tile("some bytes of a tile")
	path := d.path(tileKey(1).file())
	for what, spoil := range map[string]func([]byte) []byte{
		"shorter": func(b []byte) []byte { return b[:len(b)-3] },
		"longer":  func(b []byte) []byte { return append(b, 'x') },
		"empty":   func([]byte) []byte { return nil },
		"head":    func(b []byte) []byte { b[0] ^= 1; return b },
		"body":    func(b []byte) []byte { b[len(b)-1] ^= 1; return b },
		"length":  func(b []byte) []byte { b[len(magic)+3] ^= 1; return b },
		"other":   func([]byte) []byte { return seal(tileKey(2), whole) },
	} {
		d.put(tileKey(1), whole)
		eventually(t, "it is written", has(d, tileKey(1), whole))
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, spoil(data), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, ok := d.get(tileKey(1)); ok {
			t.Errorf("%s: got %q", what, got)
		}
		eventually(t, what+": the file is gone", func() bool { _, err := os.Stat(path); return err != nil })
	}
}

func TestDiskIsBounded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const limit = 10 * diskBlock
	d := openDisk(t, dir, limit, 1)
	for x := range uint32(200) {
		d.put(tileKey(x), tile(strings.Repeat("x", 100)))
	}
	files := func() (n int) {
		_ = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, _ error) error {
			if strings.HasSuffix(path, tileSuffix) {
				n++
			}
			return nil
		})
		return n
	}
	eventually(t, "the folder is down to its bound", func() bool {
		n := files()
		return len(d.unwritten) == 0 && n > 0 && n <= 10 && d.size() <= limit
	})
}

// A disk without room is no error: nothing is written, and what was is given up.
func TestFullDiskIsNoError(t *testing.T) {
	t.Parallel()
	d := openDisk(t, t.TempDir(), 1<<20, 1)
	for x := range uint32(8) {
		d.put(tileKey(x), tile("tile"))
	}
	eventually(t, "all are written", func() bool { return d.size() == 8*diskBlock })
	d.reserve = 1 << 60
	d.write(unwritten{tileKey(9), tile("tile")})
	eventually(t, "half of the tiles made room", func() bool { return d.size() == 4*diskBlock })
	if _, ok := d.get(tileKey(9)); ok || d.paused.Load() == 0 {
		t.Error("it was written all the same")
	}
	blocked := openDisk(t, filepath.Join(t.TempDir(), "none"), 1<<20, 1)
	if err := os.WriteFile(blocked.dir, nil, 0o600); err != nil { // a file where the folder should be
		t.Fatal(err)
	}
	blocked.write(unwritten{tileKey(1), tile("tile")})
	if blocked.paused.Load() == 0 {
		t.Error("the failure went unnoticed")
	}
}

// A layer that is gone leaves no files, and no other loses any.
func TestDiskForgetsALayer(t *testing.T) {
	t.Parallel()
	d := openDisk(t, t.TempDir(), 1<<20, 1)
	other := tileKey(1)
	other.name = "parcel2"
	d.put(tileKey(1), tile("a"))
	d.put(other, tile("b"))
	eventually(t, "both are written", func() bool { return has(d, tileKey(1), tile("a"))() && has(d, other, tile("b"))() })
	d.forget("parcel")
	eventually(t, "the file is gone", func() bool { _, err := os.Stat(d.path(tileKey(1).file())); return err != nil })
	if !has(d, other, tile("b"))() {
		t.Error("the other layer lost its tile")
	}
	var none *disk
	none.put(other, nil)
	none.forget("parcel")
	if _, ok := none.get(other); ok || none.size() != 0 {
		t.Error("a disk that is none keeps tiles")
	}
}
