package crs_test

import (
	"context"
	"math"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"
	orbgeo "github.com/paulmach/orb/geo"

	"haidang/geo/crs"
	"haidang/internal/postgres/pgtest"
)

// millimetre is how far PostGIS may be from the reference.
const millimetre = 0.001

// transform asks PostGIS, as everything in the house does.
func transform(t *testing.T, db *pgxpool.Pool, p orb.Point, from, to int) (q orb.Point) {
	t.Helper()
	err := db.QueryRow(context.WithoutCancel(t.Context()), `SELECT ST_X(g), ST_Y(g) FROM
		(SELECT ST_Transform(ST_SetSRID(ST_MakePoint($1, $2), $3), $4::int) AS g) t`, p[0], p[1], from, to).Scan(&q[0], &q[1])
	if err != nil {
		t.Fatalf("%v from %d to %d: %v", p, from, to, err)
	}
	return q
}

// spread is five points within the area of use of a system, in VN-2000 degrees.
func spread(c crs.CRS) []orb.Point {
	west, south, east, north := c.Area[0], c.Area[1], c.Area[2], c.Area[3]
	return []orb.Point{{west, south}, {east, south}, {(west + east) / 2, (south + north) / 2}, {west, north}, {east, north}}
}

// TestPostGISShiftsByTheOfficialParameters holds every private SRID to the series
// and the seven parameters, both ways.
func TestPostGISShiftsByTheOfficialParameters(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	worst := 0.0
	for _, c := range vietnamese(t) {
		for _, p := range spread(c) {
			var out, back orb.Point
			out[0], out[1] = shifted(p[0], p[1])
			back[0], back[1] = unshifted(p[0], p[1])
			there := apart(c, transform(t, db, p, 4326, c.SRID), onPlane(c, back))
			here := orbgeo.Distance(transform(t, db, onPlane(c, p), c.SRID, 4326), out)
			if worst = max(worst, there, here); worst > millimetre {
				t.Errorf("%s at %v: PostGIS is %.4f m off to WGS 84 and %.4f m off from it", c, p, here, there)
			}
		}
	}
	t.Logf("farthest from the reference: %.5f mm", worst*1000)
}

// onPlane projects VN-2000 degrees where the system has a projection.
func onPlane(c crs.CRS, p orb.Point) orb.Point {
	if c.Projected() {
		p[0], p[1] = toPlane(p[0], p[1], c)
	}
	return p
}

// apart is the distance in metres of two points of one system.
func apart(c crs.CRS, p, q orb.Point) float64 {
	if c.Geographic {
		return orbgeo.Distance(p, q)
	}
	return math.Hypot(p[0]-q[0], p[1]-q[1])
}

func vietnamese(t *testing.T) (list []crs.CRS) {
	for _, c := range crs.All() {
		if c.Vietnamese() {
			list = append(list, c)
		}
	}
	if len(list) != 21 {
		t.Fatalf("%d systems of VN-2000, want 21", len(list))
	}
	return list
}

// TestFromZoneToZone: no datum lies between two systems of VN-2000, so each step
// agrees with the series alone, and nothing is lost on the way.
func TestFromZoneToZone(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	list, p, worst := vietnamese(t), orb.Point{106.0123, 9.6123}, 0.0
	for i, from := range list {
		for _, to := range []crs.CRS{list[0], list[(i+1)%len(list)], crs.Province()} {
			off := apart(to, transform(t, db, onPlane(from, p), from.SRID, to.SRID), onPlane(to, p))
			if worst = max(worst, off); off > millimetre/10 {
				t.Errorf("%s to %s: %.5f m off", from, to, off)
			}
		}
	}
	t.Logf("farthest from the series: %.6f mm", worst*1000)
}

// PROJ, left to choose, takes parameters that are not the official ones in the
// delta. If this fails PROJ has changed its mind, and the private SRIDs may go.
func TestPROJsOwnChoiceIsNotOfficial(t *testing.T) {
	t.Parallel()
	zone, _ := crs.BySRID(955897)
	p := orb.Point{607_000, 1_065_000} // in the delta
	got := transform(t, pgtest.New(t), p, 5897, 4326)
	lon, lat := officialWGS84(p[0], p[1], zone)
	off := orbgeo.Distance(got, orb.Point{lon, lat})
	t.Logf("PROJ's own choice is %.2f m off", off)
	if math.Abs(off-0.82) > 0.1 {
		t.Errorf("PROJ's own choice is %.3f m off, known is 0.82 m", off)
	}
}
