// Package tiles cuts the map layers into Mapbox vector tiles.
//
// In: a layer's slug and z/x/y; the catalogue in the table layer. Out: gzipped
// tiles from a bounded cache, or 304 without a look at the database, or an error
// for the edge to show. It notices within seconds that a layer changed, also when
// another process changed it, and then says PlacesChanged on the live bus.
//
// It must never put anything from a request into SQL, decide who may see a layer
// (the edge does, by Layer.Public), or write to a layer.
package tiles
