package overview

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb/maptile"
)

// What one tile may be cut from live, at most. A denser layer has overviews.
var (
	mostFeatures int64 = 6000
	mostVertices int64 = 50_000
)

// Deepest is the zoom from which on every layer is cut live.
const Deepest = 17

// plan says from which zoom a layer can be cut live wherever one looks; 0: always.
func plan(ctx context.Context, db querier, s source) (liveFrom int, err error) {
	if methodOf(s.geometry) == methodNone {
		return 0, nil
	}
	type load struct{ features, vertices int64 }
	size := circumference / float64(uint64(1)<<Deepest)
	rows, err := db.Query(ctx, fmt.Sprintf(`SELECT floor((%[1]s + %[3]g) / %[4]g)::int, floor((%[3]g - %[2]s) / %[4]g)::int, count(*), sum(ST_NPoints(geom_3857))
		FROM %[5]s GROUP BY 1, 2`, middleX, middleY, circumference/2, size, s.from()))
	if err != nil {
		return 0, fmt.Errorf("measure layer %s: %w", s.slug, err)
	}
	loads := map[[2]int32]load{}
	var at [2]int32
	var one load
	if _, err := pgx.ForEachRow(rows, []any{&at[0], &at[1], &one.features, &one.vertices}, func() error { loads[at] = one; return nil }); err != nil {
		return 0, fmt.Errorf("measure layer %s: %w", s.slug, err)
	}
	for z := Deepest; z >= 0; z-- {
		above := map[[2]int32]load{}
		for at, l := range loads {
			if l.features > mostFeatures || l.vertices > mostVertices {
				return min(z+1, Deepest), nil
			}
			up := [2]int32{at[0] >> 1, at[1] >> 1}
			sum := above[up]
			above[up] = load{sum.features + l.features, sum.vertices + l.vertices}
		}
		loads = above
	}
	return 0, nil
}

// occupied lists the tiles of zoom z that some row touches.
func occupied(ctx context.Context, db querier, s source, z maptile.Zoom) (list []maptile.Tile, err error) {
	open := []maptile.Tile{maptile.New(0, 0, 0)}
	for len(open) > 0 {
		t := open[len(open)-1]
		open = open[:len(open)-1]
		w, south, e, n := envelope(t)
		var some bool
		err := db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM `+s.from()+` WHERE geom_3857 && ST_MakeEnvelope($1, $2, $3, $4, 3857))`,
			w, south, e, n).Scan(&some)
		if err != nil {
			return nil, fmt.Errorf("find the tiles of layer %s: %w", s.slug, err)
		}
		switch {
		case !some:
		case t.Z == z:
			list = append(list, t)
		default:
			open = append(open, maptile.New(2*t.X+1, 2*t.Y+1, t.Z+1), maptile.New(2*t.X, 2*t.Y+1, t.Z+1),
				maptile.New(2*t.X+1, 2*t.Y, t.Z+1), maptile.New(2*t.X, 2*t.Y, t.Z+1))
		}
	}
	return list, nil
}
