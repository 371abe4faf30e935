// Package overview keeps, for every heavy map layer, what its tiles show at the
// zooms where the layer's own rows are too many to cut live.
//
// In: rows of a layer's table and the changes the outbox reports. Out: encoded
// tiles in overview_tile, the zoom from which a layer is live in overview_state,
// and a row of its own in the outbox for each tile whose bytes became different.
//
// It must never change a layer, lose a class's area to make a tile lighter, or
// leave anything out without saying so in the tile. What it builds depends on the
// rows alone: to rebuild the dirty part gives the same bytes as to rebuild all.
package overview
