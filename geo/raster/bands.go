package raster

import (
	"slices"
	"strconv"
	"strings"
)

// plan is how the bands of a file become a picture: which of them are asked for,
// and what GDAL's output means.
type plan struct {
	bands   []int      // of the file, from 1, in GDAL's order
	palette [][4]uint8 // for one band of indices
	grey    bool       // one band, or RGB
	alpha   bool       // the last one named is transparency
	noData  string     // the value that means nothing, for gdalwarp; empty: none
	nearest bool       // values may not be mixed
	extra   bool       // the file has bands that are not shown
}

// plan reports false for bands that make no picture.
func (p picture) plan() (plan, bool) {
	colours := make([]string, len(p.Bands))
	for i, b := range p.Bands {
		colours[i] = b.Colour
	}
	var pl plan
	switch alpha := slices.Index(colours, "Alpha"); {
	case colours[0] == "Palette" && p.Bands[0].Table != nil:
		pl = plan{bands: []int{1}, palette: p.Bands[0].Table.Entries, nearest: true, extra: len(colours) > 1}
	case slices.ContainsFunc(colours, func(c string) bool {
		return slices.Contains([]string{"Cyan", "Magenta", "Yellow", "Black", "Hue", "YCbCr_Y", "Palette"}, c)
	}):
		return pl, false
	case len(colours)-btoi(alpha >= 0) >= 3:
		pl = plan{bands: rgb(colours), extra: len(colours)-btoi(alpha >= 0) > 3}
	case len(colours) == 1 || len(colours) == 2 && alpha == 1:
		pl = plan{bands: []int{1}, grey: true}
	default:
		return pl, false
	}
	if alpha := slices.Index(colours, "Alpha"); alpha >= 0 && pl.palette == nil {
		pl.bands, pl.alpha = append(pl.bands, alpha+1), true
	}
	pl.noData = p.noData(pl)
	return pl, true
}

// rgb finds red, green and blue by name, else takes the first three.
func rgb(colours []string) []int {
	r, g, b := slices.Index(colours, "Red"), slices.Index(colours, "Green"), slices.Index(colours, "Blue")
	if r < 0 || g < 0 || b < 0 {
		return []int{1, 2, 3}
	}
	return []int{r + 1, g + 1, b + 1}
}

func (p picture) noData(pl plan) string {
	var values []string
	for _, n := range pl.bands {
		if v := p.Bands[n-1].NoData; v != nil && p.Bands[n-1].Colour != "Alpha" {
			values = append(values, strconv.FormatFloat(*v, 'f', -1, 64))
		}
	}
	if len(values) != len(pl.bands)-btoi(pl.alpha) {
		return ""
	}
	return strings.Join(values, " ")
}

func (p picture) colours() string {
	var names []string
	for _, b := range p.Bands {
		names = append(names, b.Colour)
	}
	return strings.Join(names, ", ")
}

// samples is how many bytes a pixel has in GDAL's output: the bands, then transparency.
func (pl plan) samples() int {
	if pl.palette != nil || pl.grey {
		return 2
	}
	return 4
}

// rgba turns one pixel of GDAL's output into red, green, blue and opacity.
func (pl plan) rgba(s []byte) [4]uint8 {
	switch {
	case pl.palette != nil:
		if s[1] == 0 || int(s[0]) >= len(pl.palette) {
			return [4]uint8{}
		}
		return pl.palette[s[0]]
	case pl.grey:
		return [4]uint8{s[0], s[0], s[0], s[1]}
	}
	return [4]uint8{s[0], s[1], s[2], s[3]}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
