// Package crs knows the coordinate systems the house speaks: WGS 84, Web Mercator
// and all of VN-2000, with the SRID under which the database keeps each.
//
// In: what strangers write for a system (an address, a URN, "EPSG:9209"). Out: the
// system with its private SRID, axis order, names and area of use. VN-2000 is kept
// under 950000 + the code's last four digits, because under its own code PROJ may
// choose other parameters than the official ones, up to 0.82 m off in the delta.
//
// It must never compute a coordinate: that is PostGIS's, by the pinned SRID.
package crs
