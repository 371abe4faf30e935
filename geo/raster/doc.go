// Package raster brings georeferenced pictures (scanned plans, orthophotos) in as
// map layers and keeps their tiles.
//
// In: a GeoTIFF of a stranger, with where it is and who owns it. Out: an entry in
// the catalogue, and in the data folder a pyramid of tiles in Web Mercator, 256
// pixels wide, cut by GDAL in a sandbox and encoded by us. A pyramid is whole or
// not there: it is written beside the one in use, and the commit of its row in the
// table raster is the moment when it is served.
//
// It must never hand out the bytes that came in, nor let PROJ choose how VN-2000
// becomes Web Mercator.
package raster
