package imports

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"haidang"
)

// plenty has room for everything.
func plenty(int64) error { return nil }

// The disk is full when the work begins, or becomes so in the middle.
func TestUnpackingLooksAtTheDisk(t *testing.T) {
	t.Parallel()
	content := append([]byte(`{"type":"FeatureCollection","features":[]}`), bytes.Repeat([]byte("x y z \n"), 10<<20)...)
	zipped := filepath.Join(t.TempDir(), "a.zip")
	writeZip(t, zipped, func(add func(string, []byte)) { add("a.geojson", content) })
	full := haidang.Refuse(haidang.ErrUnavailable, "Đầy.", "Full.")
	for _, file := range []string{writeFile(t, "a.geojson", string(content)), zipped} {
		for turns := range 3 { // of asking that find room: before, at the first byte, after the first stretch
			dir, asked, most := t.TempDir(), 0, int64(0)
			_, err := unpack(t.Context(), file, file, dir, Limits{Ratio: 1 << 20}.orDefault(), func(size int64) error {
				most = max(most, size)
				if asked++; asked > turns {
					return full
				}
				return nil
			})
			if !errors.Is(err, full) || most < int64(len(content)) && most < stretch {
				t.Errorf("%s, full at turn %d: %v", filepath.Ext(file), turns, err)
			}
			all, err := os.ReadDir(dir)
			if err != nil || turns == 0 && len(all) > 0 {
				t.Errorf("%s: %d files were begun without room", filepath.Ext(file), len(all))
			}
		}
	}
}

// Staging and applying make tables as large as the file; they leave the reserve alone.
func TestStagesLookAtTheDisk(t *testing.T) {
	t.Parallel()
	im, pool := house(t, Limits{})
	agency(t, pool)
	o := plotOptions()
	o.New.SRID = "EPSG:9210" // has to be transformed
	i, err := run(t, im, writeFile(t, "a.geojson", plots(10, nil)), o, false)
	if err != nil {
		t.Fatal(err)
	}
	reserve := im.limits.DiskReserve
	im.limits.DiskReserve = 1 << 60
	if err := im.Apply(t.Context(), i.ID, quiet); haidang.CodeOf(err) != haidang.ErrUnavailable {
		t.Errorf("apply: %v", err)
	}
	if err := im.Check(t.Context(), i.ID, quiet); haidang.CodeOf(err) != haidang.ErrUnavailable {
		t.Errorf("check: %v", err)
	}
	im.limits.DiskReserve = reserve
	if err := im.Check(t.Context(), i.ID, quiet); err != nil {
		t.Fatal(err)
	}
	if err := im.Apply(t.Context(), i.ID, quiet); err != nil {
		t.Errorf("with room again: %v", err)
	}
}
