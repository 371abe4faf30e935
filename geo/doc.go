// Package geo knows the places of the province: agencies, administrative units
// and since when each is in force, the coordinate systems, and the map layers'
// content.
//
// In: an import by a person (GeoJSON), or the demo's own drawing. Out: units on
// a day, the unit at a point, tables that tiles are cut from, and a notice to
// every process when any of them changed (see Watcher).
//
// It must never change a unit that is already recorded: what was in force, and
// what was believed when, stays answerable. It must never let PROJ choose how
// VN-2000 becomes WGS 84 (see migration 1), and never guess at coordinates: an
// input outside the region of Vietnam is refused with the remedy.
package geo
