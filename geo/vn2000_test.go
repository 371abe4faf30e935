package geo_test

import (
	"math"
	"testing"

	"github.com/paulmach/orb"
	orbgeo "github.com/paulmach/orb/geo"

	"haidang/internal/postgres/pgtest"
)

// zones are all TM-3 zones of the country: the private SRID and the central meridian.
var zones = map[int]float64{955896: 102, 955897: 105, 955898: 108, 955899: 107.75, 959205: 103, 959206: 104, 959207: 104.5, 959208: 104.75, 959209: 105.5,
	959210: 105.75, 959211: 106, 959212: 106.25, 959213: 106.5, 959214: 107, 959215: 107.25, 959216: 107.5, 959217: 108.25, 959218: 108.5}

func TestPostGISShiftsByTheOfficialParameters(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	for srid, meridian := range zones {
		for _, p := range [][2]float64{{500_000, 1_060_000}, {553_214.25, 1_061_987.5}, {440_000, 950_000}, {585_000, 2_400_000}} {
			var got orb.Point
			err := pool.QueryRow(t.Context(), `SELECT ST_X(g), ST_Y(g) FROM (SELECT ST_Transform(ST_SetSRID(ST_MakePoint($1, $2), $3), 4326) AS g) t`,
				p[0], p[1], srid).Scan(&got[0], &got[1])
			if err != nil {
				t.Fatal(err)
			}
			lon, lat := officialWGS84(p[0], p[1], meridian)
			if off := orbgeo.Distance(got, orb.Point{lon, lat}); off > 0.001 {
				t.Errorf("SRID %d, %v: PostGIS is %.4f m away from the official parameters", srid, p, off)
			}
		}
	}
}

// PROJ, left to choose, takes parameters that are not the official ones in the
// delta. If this fails PROJ has changed its mind, and the private SRIDs may go.
func TestPROJsOwnChoiceIsNotOfficial(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	var got orb.Point
	const east, north = 607_000.0, 1_065_000.0 // zone 5897 (105°), in the delta
	err := pool.QueryRow(t.Context(), `SELECT ST_X(g), ST_Y(g) FROM (SELECT ST_Transform(ST_SetSRID(ST_MakePoint($1, $2), 5897), 4326) AS g) t`,
		east, north).Scan(&got[0], &got[1])
	if err != nil {
		t.Fatal(err)
	}
	lon, lat := officialWGS84(east, north, 105)
	off := orbgeo.Distance(got, orb.Point{lon, lat})
	t.Logf("PROJ's own choice is %.2f m off", off)
	if math.Abs(off-0.82) > 0.1 {
		t.Errorf("PROJ's own choice is %.3f m off, known is 0.82 m", off)
	}
}
