package raster

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
)

// jpegQuality of an orthophoto: losses are not to be seen at this size.
const jpegQuality = 85

// join makes a tile of half the size from its four quarters, left to right, top to
// bottom; nil ones are empty.
func join(quarters [4]*image.NRGBA) *image.NRGBA {
	var img *image.NRGBA
	for i, q := range quarters {
		if q == nil {
			continue
		}
		if img == nil {
			img = image.NewNRGBA(image.Rect(0, 0, tileSize, tileSize))
		}
		halve(img, q, i%2*tileSize/2, i/2*tileSize/2)
	}
	return img
}

// halve draws q at half its size. What cannot be seen has no colour to give.
func halve(img, q *image.NRGBA, left, top int) {
	for y := range tileSize / 2 {
		for x := range tileSize / 2 {
			var sum [4]uint32 // colours weighed by opacity, then opacity
			for _, at := range [4]int{2*y*q.Stride + 8*x, 2*y*q.Stride + 8*x + 4, (2*y+1)*q.Stride + 8*x, (2*y+1)*q.Stride + 8*x + 4} {
				a := uint32(q.Pix[at+3])
				for c := range 3 {
					sum[c] += uint32(q.Pix[at+c]) * a
				}
				sum[3] += a
			}
			if sum[3] == 0 {
				continue
			}
			to := img.Pix[(top+y)*img.Stride+(left+x)*4:]
			for c := range 3 {
				to[c] = uint8((sum[c] + sum[3]/2) / sum[3])
			}
			to[3] = uint8((sum[3] + 2) / 4)
		}
	}
}

// encode packs a tile: few colours as PNG with a table, an opaque photograph as
// JPEG, the rest as PNG.
func encode(img *image.NRGBA) (data []byte, isJPEG bool, err error) {
	var b bytes.Buffer
	few, opaque := reduce(img)
	switch {
	case few != nil:
		err = encoder.Encode(&b, few)
	case opaque:
		isJPEG, err = true, jpeg.Encode(&b, img, &jpeg.Options{Quality: jpegQuality})
	default:
		err = encoder.Encode(&b, img)
	}
	return b.Bytes(), isJPEG, err
}

var encoder = png.Encoder{CompressionLevel: png.DefaultCompression}

// reduce returns the tile with a table of its colours when those are at most 256,
// and whether nothing shines through it.
func reduce(img *image.NRGBA) (few *image.Paletted, opaque bool) {
	index := map[color.NRGBA]uint8{}
	few, opaque = image.NewPaletted(img.Rect, nil), true
	for i := 0; i < len(img.Pix); i += 4 {
		c := color.NRGBA{img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3]}
		opaque = opaque && c.A == 255
		if few == nil {
			continue
		}
		n, known := index[c]
		if !known {
			if len(index) == 256 {
				few = nil
				continue
			}
			n = uint8(len(index))
			index[c], few.Palette = n, append(few.Palette, c)
		}
		few.Pix[i/4] = n
	}
	return few, opaque
}

// writer keeps the tiles of one pyramid as files z/x/y.
type writer struct {
	dir   string
	tiles int
	jpegs int
	bytes int64
	last  string // the folder that was made last
}

func (w *writer) write(z, x, y int, img *image.NRGBA) error {
	data, isJPEG, err := encode(img)
	if err != nil {
		return err
	}
	dir := filepath.Join(w.dir, strconv.Itoa(z), strconv.Itoa(x))
	if dir != w.last {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		w.last = dir
	}
	w.tiles, w.jpegs, w.bytes = w.tiles+1, w.jpegs+btoi(isJPEG), w.bytes+int64(len(data))
	return os.WriteFile(filepath.Join(dir, strconv.Itoa(y)), data, 0o644)
}

// format is what TileJSON calls the tiles.
func (w *writer) format() string {
	if w.jpegs > 0 {
		return "jpg"
	}
	return "png"
}
