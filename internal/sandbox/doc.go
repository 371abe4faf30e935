// Package sandbox runs programs of others (ogr2ogr, gdal_translate, mapserv) on
// input of strangers, so that a fault in them costs one answer and nothing else.
//
// In: a program, its arguments, limits, and the paths it may read or write. Out:
// what it wrote to its output, bounded, or a Failure that says why it ended. The
// program has no network, an empty environment, no rights beyond its paths, and
// is gone with everything it started when the time is over or when we are.
//
// It must never run anything through a shell, nor know what a program is for.
package sandbox
