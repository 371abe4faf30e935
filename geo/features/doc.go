// Package features is the content of the map layers: the one way to change it, and
// the one way to read it.
//
// In: changes to a layer, or a question about it. Out: rows changed with their
// versions raised and the outbox told, in the caller's transaction; or features as
// GeoJSON in the coordinate system that was asked for.
//
// It must never decide who may do so (the caller asks catalogue.Layer.Require), and
// never let a name or a value from outside into the text of a statement.
package features
