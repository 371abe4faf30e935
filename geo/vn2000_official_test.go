package geo_test

import "math"

// The official way from VN-2000 to WGS 84: EPSG:6960, Decision 05/2007/QD-BTNMT,
// seven parameters in the coordinate-frame convention. The tests hold PostGIS to it.
const (
	shiftX, shiftY, shiftZ          = -191.90441429, -39.30318279, -111.45032835 // metres
	rotationX, rotationY, rotationZ = -0.00928836, 0.01975479, -0.00427372       // arc seconds
	scalePPM                        = 0.252906278
)

// The ellipsoid of both systems, and what all TM-3 zones share.
const (
	semiMajor     = 6378137.0
	flattening    = 1 / 298.257223563
	eccentricity2 = flattening * (2 - flattening)
	tm3Scale      = 0.9999
	tm3East       = 500_000.0
)

// officialWGS84 turns TM-3 coordinates (metres east and north in the zone of the
// central meridian, degrees) into WGS 84 degrees. It needs no PROJ, whose own
// choice of parameters in the Mekong delta is 0.82 m off.
func officialWGS84(east, north, meridian float64) (lon, lat float64) {
	lat, lon = fromTM3(east, north)
	x, y, z := toGeocentric(lat, lon+meridian*math.Pi/180)
	return fromGeocentric(shift(x, y, z))
}

// shift is the coordinate-frame rotation (EPSG method 1032).
func shift(x, y, z float64) (float64, float64, float64) {
	const second = math.Pi / 180 / 3600
	rx, ry, rz, m := rotationX*second, rotationY*second, rotationZ*second, 1+scalePPM*1e-6
	return shiftX + m*(x+rz*y-ry*z), shiftY + m*(-rz*x+y+rx*z), shiftZ + m*(ry*x-rx*y+z)
}

// fromTM3 inverts the transverse Mercator by Krüger's series to n⁴ (better than
// 0.01 mm within a zone). It returns radians; longitude from the central meridian.
func fromTM3(east, north float64) (lat, lon float64) {
	n := flattening / (2 - flattening)
	n2, n3, n4 := n*n, n*n*n, n*n*n*n
	rectifying := semiMajor / (1 + n) * (1 + n2/4 + n4/64)
	beta := [4]float64{n/2 - 2*n2/3 + 37*n3/96 - n4/360, n2/48 + n3/15 - 437*n4/1440, 17*n3/480 - 37*n4/840, 4397 * n4 / 161280}
	xi, eta := north/(tm3Scale*rectifying), (east-tm3East)/(tm3Scale*rectifying)
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
