package crs_test

import (
	"math"
	"testing"

	"github.com/paulmach/orb"
	orbgeo "github.com/paulmach/orb/geo"

	"haidang/geo/crs"
)

// The official way from VN-2000 to WGS 84: EPSG:6960, Decision 05/2007/QD-BTNMT,
// seven parameters in the coordinate-frame convention. The tests hold PostGIS to it.
const (
	shiftX, shiftY, shiftZ          = -191.90441429, -39.30318279, -111.45032835 // metres
	rotationX, rotationY, rotationZ = -0.00928836, 0.01975479, -0.00427372       // arc seconds
	scalePPM                        = 0.252906278
)

// The ellipsoid of both systems, and what all zones share.
const (
	semiMajor     = 6378137.0
	flattening    = 1 / 298.257223563
	eccentricity2 = flattening * (2 - flattening)
	falseEasting  = 500_000.0
	degree        = math.Pi / 180
)

// officialWGS84 turns metres east and north in a zone of VN-2000 into WGS 84
// degrees. It needs no PROJ, whose own choice of parameters in the Mekong delta is
// 0.82 m off.
func officialWGS84(east, north float64, zone crs.CRS) (lon, lat float64) {
	lon, lat = fromPlane(east, north, zone)
	return shifted(lon, lat)
}

// shifted turns degrees of VN-2000 into degrees of WGS 84.
func shifted(lon, lat float64) (float64, float64) {
	x, y, z := toGeocentric(lat*degree, lon*degree)
	return fromGeocentric(shift(x, y, z))
}

// unshifted turns degrees of WGS 84 into degrees of VN-2000. In two dimensions the
// height is lost on the way out, so this is not quite the inverse of shifted: the
// loss grows from nothing in the south to 1.4 mm in the north.
func unshifted(lon, lat float64) (float64, float64) {
	x, y, z := toGeocentric(lat*degree, lon*degree)
	return fromGeocentric(unshift(x, y, z))
}

// fromPlane returns VN-2000 degrees.
func fromPlane(east, north float64, zone crs.CRS) (lon, lat float64) {
	lat, lon = fromTM(east, north, zone.Scale)
	return lon/degree + zone.Meridian, lat / degree
}

// toPlane projects VN-2000 degrees by Krüger's series to n⁴.
func toPlane(lon, lat float64, zone crs.CRS) (east, north float64) {
	n := flattening / (2 - flattening)
	n2, n3, n4 := n*n, n*n*n, n*n*n*n
	alpha := [4]float64{n/2 - 2*n2/3 + 5*n3/16 + 41*n4/180, 13*n2/48 - 3*n3/5 + 557*n4/1440, 61*n3/240 - 103*n4/140, 49561 * n4 / 161280}
	e := math.Sqrt(eccentricity2)
	s, dlon := math.Sin(lat*degree), (lon-zone.Meridian)*degree
	t := math.Sinh(math.Atanh(s) - e*math.Atanh(e*s))
	xi0, eta0 := math.Atan2(t, math.Cos(dlon)), math.Atanh(math.Sin(dlon)/math.Hypot(1, t))
	xi, eta := xi0, eta0
	for i, a := range alpha {
		k := 2 * float64(i+1)
		xi += a * math.Sin(k*xi0) * math.Cosh(k*eta0)
		eta += a * math.Cos(k*xi0) * math.Sinh(k*eta0)
	}
	r := zone.Scale * rectifying(n2, n4, n)
	return falseEasting + r*eta, r * xi
}

func rectifying(n2, n4, n float64) float64 { return semiMajor / (1 + n) * (1 + n2/4 + n4/64) }

// shift is the coordinate-frame rotation (EPSG method 1032).
func shift(x, y, z float64) (float64, float64, float64) {
	const second = math.Pi / 180 / 3600
	rx, ry, rz, m := rotationX*second, rotationY*second, rotationZ*second, 1+scalePPM*1e-6
	return shiftX + m*(x+rz*y-ry*z), shiftY + m*(-rz*x+y+rx*z), shiftZ + m*(ry*x-rx*y+z)
}

// unshift turns the axes back by the transposed rotation.
func unshift(x, y, z float64) (float64, float64, float64) {
	const second = math.Pi / 180 / 3600
	rx, ry, rz, m := rotationX*second, rotationY*second, rotationZ*second, 1+scalePPM*1e-6
	x, y, z = (x-shiftX)/m, (y-shiftY)/m, (z-shiftZ)/m
	return x - rz*y + ry*z, rz*x + y - rx*z, -ry*x + rx*y + z
}

// fromTM inverts the transverse Mercator by Krüger's series to n⁴ (better than
// 0.01 mm within a zone). It returns radians; longitude from the central meridian.
func fromTM(east, north, scale float64) (lat, lon float64) {
	n := flattening / (2 - flattening)
	n2, n3, n4 := n*n, n*n*n, n*n*n*n
	r := scale * rectifying(n2, n4, n)
	beta := [4]float64{n/2 - 2*n2/3 + 37*n3/96 - n4/360, n2/48 + n3/15 - 437*n4/1440, 17*n3/480 - 37*n4/840, 4397 * n4 / 161280}
	xi, eta := north/r, (east-falseEasting)/r
	xi0, eta0 := xi, eta
	for i, b := range beta {
		k := 2 * float64(i+1)
		xi0 -= b * math.Sin(k*xi) * math.Cosh(k*eta)
		eta0 -= b * math.Cos(k*xi) * math.Sinh(k*eta)
	}
	conformal := math.Asin(math.Sin(xi0) / math.Cosh(eta0))
	return geodetic(conformal), math.Atan2(math.Sinh(eta0), math.Cos(xi0))
}

// geodetic turns a conformal latitude into a geodetic one by fixed-point iteration.
func geodetic(conformal float64) float64 {
	e := math.Sqrt(eccentricity2)
	psi := math.Asinh(math.Tan(conformal))
	lat := conformal
	for range 8 {
		lat = math.Atan(math.Sinh(psi + e*math.Atanh(e*math.Sin(lat))))
	}
	return lat
}

// toGeocentric places a point of the ellipsoid, height 0, in metres from its centre.
func toGeocentric(lat, lon float64) (x, y, z float64) {
	nu := semiMajor / math.Sqrt(1-eccentricity2*math.Sin(lat)*math.Sin(lat))
	return nu * math.Cos(lat) * math.Cos(lon), nu * math.Cos(lat) * math.Sin(lon), nu * (1 - eccentricity2) * math.Sin(lat)
}

// fromGeocentric returns degrees and drops the height.
func fromGeocentric(x, y, z float64) (lon, lat float64) {
	p := math.Hypot(x, y)
	phi := math.Atan2(z, p*(1-eccentricity2))
	for range 8 {
		nu := semiMajor / math.Sqrt(1-eccentricity2*math.Sin(phi)*math.Sin(phi))
		phi = math.Atan2(z+eccentricity2*nu*math.Sin(phi), p)
	}
	return math.Atan2(y, x) * 180 / math.Pi, phi * 180 / math.Pi
}

// A published point of Đồng Tháp, from the open vn2000-converter by namlunkaka, to 8
// decimals of a degree. That program turns the axes the wrong way, as many do: with
// its signs the series agrees to the millimetre, so they hold; the official
// parameters lie 0.55 m from it.
func TestPublishedPointWithSignsUnflipped(t *testing.T) {
	t.Parallel()
	zone, _ := crs.BySRID(955897)
	published := orb.Point{105.53115606, 10.32843706}
	lon, lat := fromPlane(557975.802, 1142228.861, zone)
	x, y, z := toGeocentric(lat*degree, lon*degree)
	const second = degree / 3600
	rx, ry, rz, m := -rotationX*second, -rotationY*second, -rotationZ*second, 1+scalePPM*1e-6
	var wrong, official orb.Point
	wrong[0], wrong[1] = fromGeocentric(shiftX+m*(x+rz*y-ry*z), shiftY+m*(-rz*x+y+rx*z), shiftZ+m*(ry*x-rx*y+z))
	if off := orbgeo.Distance(wrong, published); off > 0.0015 {
		t.Errorf("the series is %.4f m from the published point", off)
	}
	official[0], official[1] = officialWGS84(557975.802, 1142228.861, zone)
	if off := orbgeo.Distance(official, published); math.Abs(off-0.547) > 0.005 {
		t.Errorf("the official parameters are %.4f m from it, known is 0.547 m", off)
	}
}
