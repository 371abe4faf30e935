// Package tiles cuts the map layers into Mapbox vector tiles.
//
// In: slugs and z/x/y; the catalogue and the outbox of changes. Out: gzipped tiles
// from bounded caches in memory and on disk, or 304 without a look at the database,
// or an error for the edge to show; TilesChanged on the live bus, with the tiles, soon
// after a change commits, whichever process made it, and PlacesChanged when the
// catalogue changed.
//
// It must never put anything from a request into SQL, decide who may see a layer
// (the edge does, by Entry), write to a layer, or keep a tile under a version that the
// tile did not have in the state it was cut from.
package tiles
