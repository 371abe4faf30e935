package simulator

import (
	"image"
	"image/color"
	"image/jpeg"
	"io"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// drawPhoto writes a JPEG that nobody can take for a real photo: sky, ground, and
// the words that it is simulated.
func drawPhoto(w io.Writer, seed uint64) error {
	const width, height = 640, 480
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	horizon := 160 + int(seed%120)
	for y := range height {
		for x := range width {
			grain := uint8(mix(seed, uint64(x/3), uint64(y/3)) % 22)
			c := color.RGBA{150 + grain, 180 + grain, 205 + grain, 255}
			if y > horizon {
				c = color.RGBA{110 + grain, 105 + grain, 85 + grain, 255}
			}
			picture.SetRGBA(x, y, c)
		}
	}
	pen := font.Drawer{Dst: picture, Src: image.NewUniform(color.RGBA{40, 40, 40, 255}), Face: basicfont.Face7x13, Dot: fixed.P(20, height-20)}
	pen.DrawString("ANH MO PHONG / SIMULATED PHOTO")
	return jpeg.Encode(w, picture, &jpeg.Options{Quality: 80})
}
