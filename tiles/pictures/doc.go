// Package pictures hands out the tiles of raster layers: scanned plans, orthophotos.
//
// In: the catalogue, the table raster, and the pyramids that geo/raster keeps in
// the data folder. Out: tiles of 256 pixels as PNG or JPEG with an ETag, and TileJSON.
//
// It must never read a path that a request spells, nor decide who may see a layer.
package pictures
