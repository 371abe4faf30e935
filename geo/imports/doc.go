// Package imports brings files of others into layers: uploaded, examined, checked
// feature by feature, compared with what the layer holds, and applied all or
// nothing.
//
// In: a file (GeoPackage, Shapefile, DXF, DGN, MapInfo, GeoJSON, CSV, KML), and what
// people decide about it. Out: what was found, every refused feature with its
// reason, the difference, and in the end the layer's rows with their provenance.
//
// GDAL reads the file, in the sandbox, and hands out coordinates as they are. It
// must never transform them: PROJ picks a wrong datum shift here, so PostGIS does it
// by pinned SRIDs. Nothing of a layer changes before Apply.
package imports
