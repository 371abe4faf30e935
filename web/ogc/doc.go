// Package ogc serves the map layers by the OGC APIs: Features (parts 1, 2, 3 and 5),
// Tiles, TileJSON and styles, to QGIS, GDAL and other systems, and as pages to people.
//
// In: requests below /ogc, the catalogue of layers, their features, their tiles. Out:
// GeoJSON, JSON Schema, an OpenAPI 3.0.3 document, Mapbox vector tiles and HTML, each
// only of layers that whoever asks may see: the others do not exist.
//
// It must never write to a layer, hold a whole collection in memory, keep a query
// running for somebody who has left, or declare conformance to what does not hold.
package ogc
