// Package exports makes files of layers: GeoPackage, Shapefile, GeoJSON and CSV, in
// any supported coordinate system.
//
// In: a layer, a format, a system, and which features. Out: a stream (GeoJSON, CSV),
// or a file that is kept for some hours, with a remark on what had to change to fit
// the format. PostGIS transforms by pinned SRIDs; GDAL, in the sandbox, only writes
// the format and labels it with the official code.
//
// It must never let GDAL transform a coordinate, nor hand out a file without asking
// again who may have it.
package exports
