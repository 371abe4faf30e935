package overview

import "github.com/paulmach/orb/maptile"

// A tile is a grid of samples, two to a screen pixel, and its samples stand in
// blocks of 64 × 64 pixels. Whatever is decided, is decided within one block.
const (
	extent = 4096          // units along a tile, as in its encoding
	side   = 1024          // samples along a tile
	unit   = extent / side // tile units along a sample
	block  = 128           // samples along a block
	blocks = side / block  // blocks along a tile
	rim    = 16            // samples of buffer about a tile, as wide as live tiles have it
)

const circumference = 40075016.685578488 // of Web Mercator, in metres

// mask says which of a tile's 8 × 8 blocks are meant, one bit each, row by row.
type mask uint64

const allBlocks = ^mask(0)

func blockBit(bx, by int) mask { return 1 << (by*blocks + bx) }

func (m mask) has(bx, by int) bool { return m&blockBit(bx, by) != 0 }

// perMetre is how many samples of zoom z lie in one metre of Web Mercator.
func perMetre(z maptile.Zoom) float64 { return side * float64(uint64(1)<<z) / circumference }

// sampleX and sampleY turn Web Mercator metres into samples of zoom z, counted
// from the north-west corner of the world.
func sampleX(x float64, z maptile.Zoom) float64 { return (x + circumference/2) * perMetre(z) }
func sampleY(y float64, z maptile.Zoom) float64 { return (circumference/2 - y) * perMetre(z) }

// envelope is the tile's box in Web Mercator: west, south, east, north.
func envelope(t maptile.Tile) (w, s, e, n float64) {
	size := circumference / float64(uint64(1)<<t.Z)
	w, n = float64(t.X)*size-circumference/2, circumference/2-float64(t.Y)*size
	return w, n - size, w + size, n
}

// parent is the tile one zoom up, with the quarter of it that t is.
func parent(t maptile.Tile) (up maptile.Tile, qx, qy int) {
	return maptile.New(t.X/2, t.Y/2, t.Z-1), int(t.X % 2), int(t.Y % 2)
}

// hash is a fixed, well mixed function of its arguments.
func hash(parts ...uint64) uint64 {
	h := uint64(0x9e3779b97f4a7c15)
	for _, p := range parts {
		h ^= p + 0x9e3779b97f4a7c15 + h<<6 + h>>2
		h ^= h >> 30
		h *= 0xbf58476d1ce4e5b9
		h ^= h >> 27
		h *= 0x94d049bb133111eb
		h ^= h >> 31
	}
	return h
}
