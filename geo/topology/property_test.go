package topology_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"haidang/geo/catalogue"
)

// lattice is a square of side × side parcels of about 10 m whose inner vertices lie anyhow.
type lattice struct {
	side int
	at   [][][2]float64
}

func newLattice(r *rand.Rand, side int) lattice {
	l := lattice{side: side}
	for y := range side + 1 {
		row := make([][2]float64, side+1)
		for x := range row {
			row[x] = [2]float64{float64(x * 10), float64(y * 10)}
			if l.inner(x, y) {
				row[x][0], row[x][1] = row[x][0]+r.Float64()*6-3, row[x][1]+r.Float64()*6-3
			}
		}
		l.at = append(l.at, row)
	}
	return l
}

func (l lattice) inner(x, y int) bool { return x > 0 && y > 0 && x < l.side && y < l.side }

// parcel is the polygon with the corner (x, y) in its south-west.
func (l lattice) parcel(x, y int) string {
	a, b, c, d := l.at[y][x], l.at[y][x+1], l.at[y+1][x+1], l.at[y+1][x]
	return ring(a[0], a[1], b[0], b[1], c[0], c[1], d[0], d[1])
}

func (l lattice) fid(x, y int) int64 { return int64(y*l.side + x + 1) }

// A vertex that moves in all parcels that share it makes no problem. One that moves in one
// parcel only makes overlaps and gaps: their difference is what the parcel has grown by.
func TestSharedVertex(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 1))
		l := newLattice(r, 6)
		b := newBoard(t, plots())
		for y := range l.side {
			for x := range l.side {
				b.has(l.parcel(x, y))
			}
		}
		for range 8 {
			x, y := 1+r.IntN(l.side-1), 1+r.IntN(l.side-1)
			was := l.at[y][x]
			l.at[y][x] = [2]float64{was[0] + r.Float64()*2 - 1, was[1] + r.Float64()*2 - 1}
			name := fmt.Sprintf("seed %d, vertex %d, %d to %.3f", seed, x, y, l.at[y][x])
			together := []edit{update(l.fid(x, y), l.parcel(x, y)), update(l.fid(x-1, y), l.parcel(x-1, y)),
				update(l.fid(x, y-1), l.parcel(x, y-1)), update(l.fid(x-1, y-1), l.parcel(x-1, y-1))}
			if found := b.problems(together...); len(found) != 0 {
				t.Errorf("%s, in all: %s", name, say(found))
			}
			b.alone(name, together[0])
			l.at[y][x] = was
		}
	}
}

// alone holds the problems of one parcel that moves its vertex against its growth.
func (b board) alone(name string, e edit) {
	b.Helper()
	var grown float64
	if err := b.pool.QueryRow(b.Context(), `SELECT ST_Area(ST_GeomFromText($1, 959209)) - ST_Area(geom) FROM layer_plot WHERE fid = $2`, e.shape, e.fid).Scan(&grown); err != nil {
		b.Fatal(err)
	}
	sum, small := 0.0, 0.05*5 // what stays under the tolerances
	for _, p := range b.problems(e) {
		switch {
		case p.FID != e.fid && p.OtherFID != e.fid:
			b.Errorf("%s: %s %d %d is about others", name, p.Kind, p.FID, p.OtherFID)
		case p.Kind == catalogue.Overlap:
			sum += p.Measure
		case p.Kind == catalogue.Gap:
			sum -= p.Measure
		default:
			b.Errorf("%s: unexpected %s", name, p.Kind)
		}
	}
	if math.Abs(sum-grown) > small {
		b.Errorf("%s, alone: overlaps less gaps are %.3f m², it grew by %.3f", name, sum, grown)
	}
}
