// Package ui carries the built pages inside the program. dist is filled by
// `make ui`; without it only dist/.keep is there and web says so.
//
// In: files written by Vite. Out: a read-only file system. It must never hold
// anything that is not built from this folder.
package ui

import "embed"

// Dist holds index.html (staff), citizen.html, map.html and assets/, below "dist".
//
//go:embed all:dist
var Dist embed.FS
