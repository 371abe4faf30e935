package features

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"haidang/geo/crs"
)

// spot is a pair of coordinates as somebody typed it.
type spot struct {
	x, y float64 // east and north, or longitude and latitude
	srid int
}

const (
	label     = `(?:x|y|n|e|b|đ|lat|lon|lng|kinh độ|vĩ độ|bắc|đông)?\s*[:=]?\s*`
	direction = `\s*°?\s*(?:n|e|b|đ)?`
	number    = `([0-9]+(?:\.[0-9]+)?)`
)

var (
	pair    = regexp.MustCompile(`(?i)^` + label + number + direction + `[\s,;]+` + label + number + direction + `$`)
	degrees = regexp.MustCompile(`([0-9]{1,3})\s*[°d]\s*([0-9]{1,2})\s*['′’]\s*(?:([0-9]{1,2}(?:[.,][0-9]+)?)\s*(?:["″”]|''))?`)
	comma   = regexp.MustCompile(`([0-9]),([0-9])`)
	grouped = regexp.MustCompile(`\b[0-9]{1,3}(?:\.[0-9]{3})+\b`)
)

// readSpot finds coordinates in what was typed: WGS 84 in degrees or VN-2000 in metres,
// in either order, with a decimal point or comma. Behind metres may stand their zone;
// without one they are the province's. In the cadastre's VN-2000 X is the northing; which
// number is which tells its size, whatever it is called. Bare whole numbers are no
// degrees: "12 105" is rather a sheet and a parcel.
func readSpot(q string) (spot, bool) {
	q = strings.TrimSpace(q)
	if bare, zone, ok := cutZone(q); ok {
		if s, ok := readPair(bare, zone.SRID); ok && s.srid == zone.SRID {
			return s, true
		}
	}
	return readPair(q, crs.Province().SRID)
}

func readPair(q string, zone int) (spot, bool) {
	if found := degrees.FindAllStringSubmatch(q, 3); len(found) == 2 {
		return place(sexagesimal(found[0]), sexagesimal(found[1]), true, zone)
	}
	for _, spelling := range []string{q, comma.ReplaceAllString(q, "$1.$2"), comma.ReplaceAllString(grouped.ReplaceAllStringFunc(q, ungroup), "$1.$2")} {
		m := pair.FindStringSubmatch(spelling)
		if m == nil {
			continue
		}
		if s, ok := place(parse(m[1]), parse(m[2]), strings.ContainsAny(spelling, ".°=:"), zone); ok {
			return s, true
		}
	}
	return spot{}, false
}

func parse(s string) float64 {
	f, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
	if err != nil {
		return 0
	}
	return f
}

func ungroup(s string) string { return strings.ReplaceAll(s, ".", "") }

func sexagesimal(m []string) float64 { return parse(m[1]) + parse(m[2])/60 + parse(m[3])/3600 }

// place tells which of two numbers is which by where Vietnam lies.
func place(a, b float64, inDegrees bool, zone int) (spot, bool) {
	for _, p := range [][2]float64{{a, b}, {b, a}} {
		north, east := p[0], p[1]
		switch {
		case inDegrees && north >= 5 && north <= 25 && east >= 100 && east <= 120:
			return spot{east, north, crs.WGS84.SRID}, true
		case north >= 600_000 && north <= 2_800_000 && east >= 100_000 && east <= 900_000 && north > east:
			return spot{east, north, zone}, true
		}
	}
	return spot{}, false
}

// names are how the two systems write the spot.
func (p Place) names() (wgs84, vn2000 string) {
	return fmt.Sprintf("%.6f, %.6f (WGS 84)", p.Lat, p.Lon), fmt.Sprintf("X %.2f  Y %.2f (VN-2000 %s)", p.X, p.Y, p.Zone.ZoneName())
}
