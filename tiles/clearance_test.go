package tiles_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkt"
	"github.com/paulmach/orb/maptile"
)

// Surfaces that are not looked at one by one are drawn as those that are: stars with
// narrow rays, rings about a hole, several parts, from a metre to a kilometre wide.
func TestClearSurfacesAreDrawnAsPostGISDrawsThem(t *testing.T) {
	t.Parallel()
	p := newPlots(t)
	dice := rand.New(rand.NewPCG(5, 14))
	var rows [][]any
	for i := range 600 {
		size := math.Exp(dice.Float64() * 6)
		at := orb.Point{east + dice.Float64()*3000, north + dice.Float64()*3000}
		shape := orb.MultiPolygon{star(dice, at, size)}
		if i%3 == 0 {
			at[0] += 3 * size
			shape = append(shape, star(dice, at, size))
		}
		rows = append(rows, []any{fmt.Sprint(i), wkt.MarshalString(shape)})
	}
	p.inTx(t, func(ctx context.Context, tx txn) error {
		_, err := tx.Exec(ctx, `CREATE TEMP TABLE star (code text, shape text) ON COMMIT DROP`)
		if err == nil {
			_, err = tx.CopyFrom(ctx, pgx.Identifier{"star"}, []string{"code", "shape"}, pgx.CopyFromRows(rows))
		}
		if err == nil {
			_, err = tx.Exec(ctx, `INSERT INTO layer_plot (code, geom) SELECT code, g FROM star, ST_GeomFromText(shape, 959209) g WHERE ST_IsValid(g)`)
		}
		return err
	})
	p.look(t)
	var clear int
	if err := p.pool.QueryRow(t.Context(), `SELECT count(*) FROM layer_plot WHERE _clearance > 1`).Scan(&clear); err != nil || clear < 100 {
		t.Fatalf("%d clear surfaces, %v", clear, err)
	}
	for z := maptile.Zoom(14); z <= 17; z++ {
		p.sameAsPostGIS(t, p.place(1500, 1500, z))
	}
}

// star is a polygon with a hole whose rays are as long and as near each other as chance has it.
func star(dice *rand.Rand, at orb.Point, size float64) orb.Polygon {
	corners := 3 + dice.IntN(20)
	outer, inner := make(orb.Ring, corners+1), make(orb.Ring, corners+1)
	for i := range corners {
		angle, r := 2*math.Pi*float64(i)/float64(corners), size*(0.2+dice.Float64())
		outer[i] = orb.Point{at[0] + r*math.Cos(angle), at[1] + r*math.Sin(angle)}
		inner[corners-1-i] = orb.Point{at[0] + 0.7*r*math.Cos(angle), at[1] + 0.7*r*math.Sin(angle)}
	}
	outer[corners], inner[corners] = outer[0], inner[0]
	if dice.IntN(2) == 0 {
		return orb.Polygon{outer}
	}
	return orb.Polygon{outer, inner}
}

func (p plots) sameAsPostGIS(t *testing.T, at maptile.Tile) {
	t.Helper()
	layer := p.layersOf(t, plotSlug, at)[plotSlug]
	if len(layer.Features) < 3 {
		t.Errorf("%v has %d features", at, len(layer.Features))
	}
	for _, f := range layer.Features {
		var same, valid bool
		var want string
		err := p.pool.QueryRow(t.Context(), `SELECT ST_Equals(drawn, bare), ST_IsValid(drawn), ST_AsText(bare) FROM layer_plot, ST_GeomFromText($1, 3857) drawn,
			ST_AsMVTGeom(geom_3857, ST_TileEnvelope($3, $4, $5), 4096, 64, true) bare WHERE fid = $2`, wkt.MarshalString(f.Geometry), f.ID, at.Z, at.X, at.Y).Scan(&same, &valid, &want)
		if err != nil {
			t.Fatal(err)
		}
		if !same || !valid {
			t.Errorf("%v feature %v: valid %v, drawn\n%s, want\n%s", at, f.ID, valid, wkt.MarshalString(f.Geometry), want)
		}
	}
}
