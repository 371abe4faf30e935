package operations

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	_ "image/png" // what citizens send
	"io"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // what citizens send

	"haidang"
)

// reencode turns a picture into an upright JPEG of at most 2048 pixels a side,
// which carries nothing but the pixels. The header is judged before anything is
// unpacked, and unpacking stops when ctx ends.
func reencode(ctx context.Context, data []byte) ([]byte, error) {
	head, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, refusePhoto(haidang.ErrInvalid, "Không đọc được ảnh. Hãy gửi ảnh JPEG, PNG hoặc WebP.",
			"The photo cannot be read. Send a JPEG, PNG or WebP picture.", err)
	}
	if head.Width < 1 || head.Height < 1 || head.Width > maxPhotoPixels/head.Height {
		return nil, refusePhoto(haidang.ErrTooLarge, "Ảnh có hơn 40 triệu điểm ảnh. Hãy chọn ảnh nhỏ hơn.",
			"The photo has more than 40 million pixels. Choose a smaller one.", nil)
	}
	if format == "jpeg" && countScans(data) > maxScans {
		return nil, refusePhoto(haidang.ErrInvalid, "Ảnh này được nén theo cách không máy ảnh nào dùng. Hãy chụp hoặc chọn ảnh khác.",
			"This photo is packed as no camera does it. Take or choose another.", nil)
	}
	picture, _, err := image.Decode(&untilDone{ctx: ctx, r: bytes.NewReader(data)})
	if ctx.Err() != nil {
		return nil, photosBusy()
	}
	if err != nil {
		return nil, refusePhoto(haidang.ErrInvalid, "Ảnh bị hỏng. Hãy chụp hoặc chọn ảnh khác.",
			"The photo is damaged. Take or choose another.", err)
	}
	orientation := 1
	if format == "jpeg" {
		orientation = exifOrientation(data)
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, upright(shrink(picture), orientation), &jpeg.Options{Quality: jpegQuality}); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// maxScans bounds how often a progressive JPEG may go over its picture. Encoders
// need some ten scans; in a hostile file one costs 60 bytes and 50 ms.
const maxScans = 32

// countScans counts the scans of a JPEG up to its end, by the decoder's own idea of
// where a segment begins.
func countScans(data []byte) (scans int) {
	for i := 2; i+4 <= len(data); {
		marker := data[i+1]
		switch {
		case data[i] != 0xFF, marker == 0xFF, marker == 0, marker >= 0xD0 && marker <= 0xD7:
			i++ // packed pixels, filling, a restart
			continue
		case marker == 0xD9:
			return scans
		case marker == 0xDA:
			scans++
		}
		i += 2 + int(binary.BigEndian.Uint16(data[i+2:]))
	}
	return scans
}

// untilDone stops a decoder whose picture takes too long.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

func (u *untilDone) Read(b []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(b[:min(len(b), 4096)])
}

// shrink draws the picture on white, at most keptPixels a side. It halves first,
// where bilinear sampling is an exact mean, so that fine patterns do not flicker.
func shrink(src image.Image) *image.RGBA {
	w, h := src.Bounds().Dx(), src.Bounds().Dy()
	for w > 2*keptPixels || h > 2*keptPixels {
		w, h = max(1, w/2), max(1, h/2)
		src = scale(src, w, h)
	}
	if longer := max(w, h); longer > keptPixels {
		w, h = max(1, w*keptPixels/longer), max(1, h*keptPixels/longer)
	}
	return scale(src, w, h)
}

func scale(src image.Image, w, h int) *image.RGBA {
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(dst, dst.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.ApproxBiLinear.Scale(dst, dst.Bounds(), src, src.Bounds(), draw.Over, nil)
	return dst
}

// upright turns and mirrors the picture by its Exif orientation (1 to 8).
func upright(src *image.RGBA, orientation int) *image.RGBA {
	if orientation < 2 || orientation > 8 {
		return src
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	size := image.Rect(0, 0, w, h)
	if orientation >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	dst := image.NewRGBA(size)
	for y := range size.Dy() {
		for x := range size.Dx() {
			sx, sy := source(orientation, x, y, w, h)
			copy(dst.Pix[dst.PixOffset(x, y):][:4], src.Pix[src.PixOffset(sx, sy):][:4])
		}
	}
	return dst
}

// source returns which pixel of a stored w × h picture is seen at x, y.
func source(orientation, x, y, w, h int) (sx, sy int) {
	switch orientation {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return y, h - 1 - x
	case 7:
		return w - 1 - y, h - 1 - x
	case 8:
		return w - 1 - y, x
	}
	return x, y
}

// exifOrientation finds the orientation in a JPEG's Exif segment; 1 when there is none.
func exifOrientation(data []byte) int {
	for i := 2; i+4 <= len(data) && data[i] == 0xFF && data[i+1] != 0xDA; {
		size := int(binary.BigEndian.Uint16(data[i+2:]))
		if size < 2 || i+2+size > len(data) {
			break
		}
		segment := data[i+4 : i+2+size]
		if data[i+1] == 0xE1 && bytes.HasPrefix(segment, []byte("Exif\x00\x00")) {
			return tiffOrientation(segment[6:])
		}
		i += 2 + size
	}
	return 1
}

// tiffOrientation reads tag 0x0112 of the first directory.
func tiffOrientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if tiff[0] == 'M' {
		order = binary.BigEndian
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return 1
	}
	entries := tiff[at+2:]
	for n := order.Uint16(tiff[at:]); n > 0 && len(entries) >= 12; n, entries = n-1, entries[12:] {
		if order.Uint16(entries) == 0x0112 {
			return int(order.Uint16(entries[8:]))
		}
	}
	return 1
}
