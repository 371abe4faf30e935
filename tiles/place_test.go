package tiles

import (
	"testing"

	"haidang"
	"haidang/geo/catalogue"
)

// FuzzPlace asks for any tile: only those of the grid and of the layers' zooms pass, and
// what does not is refused with a sentence.
func FuzzPlace(f *testing.F) {
	for _, seed := range [][3]uint32{{0, 0, 0}, {14, 13000, 7500}, {22, 1<<22 - 1, 0}, {23, 0, 0}, {32, 1, 1}, {1 << 31, 1<<32 - 1, 7}} {
		f.Add(seed[0], seed[1], seed[2])
	}
	layers := set{{Layer: catalogue.Layer{Slug: "near", MinZoom: 12, MaxZoom: 16}}, {Layer: catalogue.Layer{Slug: "far", MinZoom: 6, MaxZoom: 10}}}
	f.Fuzz(func(t *testing.T, z, x, y uint32) {
		err := layers.check(z, x, y)
		if code := haidang.CodeOf(err); err != nil && code != haidang.ErrNotFound && code != haidang.ErrInvalid {
			t.Fatal(err)
		}
		if within := z >= 6 && z <= 16 && uint64(x)>>z == 0 && uint64(y)>>z == 0; within != (err == nil) {
			t.Fatalf("%d/%d/%d: %v", z, x, y, err)
		}
	})
}
