package overview

// detail is how fine a band is drawn. What is smaller than least gives its area to
// areas that are at least that large; where nothing is, mosaic stones are laid.
type detail struct {
	least int // samples; 4 of them are a square pixel
	stone int // samples along a mosaic stone; divides block
	slack int // twice the samples that one removed corner may move
}

// details goes from fine to coarse. A tile takes the first that makes it light enough.
var details = []detail{{16, 8, 6}, {48, 16, 6}, {64, 16, 10}, {256, 32, 16}, {1024, 64, 32}}

// margin is how far an area of fewer than 64 samples can reach: whether it is that
// small is known as soon as so much of its surroundings is.
const margin = 64

// ground is the part of the map that decides what one tile shows: the tile with a
// ring of blocks and a margin.
const ground = side + 2*(block+margin)

// carriedTolerance is the part of its area that a class may lose or gain within a
// block, in thousandths.
const carriedTolerance = 5
