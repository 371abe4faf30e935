package overview

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/maptile"
)

// querier is a pool, a connection or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// method is one way to show many features in few: a way for surfaces, for points,
// for lines. All are pure but for read.
type method interface {
	// read makes a tile of the lowest row of the pyramid anew from the layer, where
	// it is dirty, and returns what changed.
	read(ctx context.Context, db querier, t maptile.Tile, was *unitData, dirty mask) (*unitData, mask, error)
	// merge makes a tile of the pyramid from the four below it.
	merge(t maptile.Tile, was *unitData, below [4]*unitData, dirty mask) (*unitData, mask)
	// show draws the tile from itself and its eight neighbours, row by row.
	show(t maptile.Tile, near [9]*unitData, level int) mvt.Layers
}

const (
	methodSurfaces = "surfaces"
	methodPoints   = "points"
	methodLines    = "lines"
	methodNone     = "live" // cut from the layer itself at every zoom
)

// methodOf says how features of a declared geometry type are shown.
func methodOf(geometry string) string {
	switch strings.TrimPrefix(strings.ToLower(geometry), "multi") {
	case "polygon":
		return methodSurfaces
	case "point":
		return methodPoints
	case "linestring":
		return methodLines
	}
	return methodNone
}

// Has says whether a layer of that declared geometry type has overviews when it is dense.
func Has(geometry string) bool { return methodOf(geometry) != methodNone }

func newMethod(s source, c *classes) method {
	switch methodOf(s.geometry) {
	case methodSurfaces:
		return surfaces{s, c}
	case methodPoints:
		return points{s, c}
	default:
		return lines{s, c}
	}
}
