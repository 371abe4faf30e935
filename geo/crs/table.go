package crs

import (
	"fmt"

	"haidang"
)

// The SRIDs that are no private ones.
const (
	srid4326 = 4326
	srid3857 = 3857
)

// The systems that are asked for by name.
var (
	// WGS84 is longitude, latitude: CRS84.
	WGS84 = CRS{Authority: "OGC", Code: "CRS84", SRID: srid4326, Geographic: true, Area: [4]float64{-180, -90, 180, 90},
		Name: haidang.Text{VI: "WGS 84 (kinh độ, vĩ độ)", EN: "WGS 84 (longitude, latitude)"}}

	// WebMercator is what tiles are cut in.
	WebMercator = CRS{Authority: "EPSG", Code: "3857", SRID: srid3857, Area: [4]float64{-180, -85.06, 180, 85.06},
		Name: haidang.Text{VI: "Web Mercator", EN: "Web Mercator"}}

	epsg4326 = CRS{Authority: "EPSG", Code: "4326", SRID: srid4326, Geographic: true, LatFirst: true, Area: [4]float64{-180, -90, 180, 90},
		Name: haidang.Text{VI: "WGS 84 (vĩ độ, kinh độ)", EN: "WGS 84 (latitude, longitude)"}}

	vn2000 = CRS{Authority: "EPSG", Code: "4756", SRID: private(4756), Geographic: true, LatFirst: true, Area: [4]float64{102.14, 8.33, 109.53, 23.4},
		Name: haidang.Text{VI: "VN-2000 (vĩ độ, kinh độ)", EN: "VN-2000 (latitude, longitude)"}}
)

// Province is the zone in which the cadastre of Sóc Trăng measures: TM-3 105-30.
func Province() CRS {
	c, _ := BySRID(private(9209))
	return c
}

// private is the SRID under which the database keeps an EPSG code with the official parameters.
func private(code int) int { return 950_000 + code%10_000 }

// table lists every system; areas of use are those of the EPSG registry.
var table = append([]CRS{WGS84, epsg4326, WebMercator, vn2000,
	utm(3405, 48, 105, [4]float64{102.14, 8.33, 108, 23.4}),
	utm(3406, 49, 111, [4]float64{108, 10.43, 109.53, 21.56})}, tm3...)

// tm3 are the zones of the cadastre.
var tm3 = []CRS{
	zone(5896, 102, [4]float64{102.14, 9.2, 103.51, 22.82}),
	zone(5897, 105, [4]float64{103.5, 8.33, 106.51, 23.4}),
	zone(5898, 108, [4]float64{106.5, 8.57, 109.53, 22.95}),
	zone(5899, 107.75, [4]float64{106.43, 8.57, 108.76, 21.67}),
	zone(9205, 103, [4]float64{102.14, 20.89, 103.99, 22.82}),
	zone(9206, 104, [4]float64{103.21, 20.57, 105.03, 22.04}),
	zone(9207, 104.5, [4]float64{103.4, 8.33, 105.54, 10.55}),
	zone(9208, 104.75, [4]float64{103.53, 10.18, 105.86, 22.85}),
	zone(9209, 105.5, [4]float64{104.33, 9.19, 106.69, 23.4}),
	zone(9210, 105.75, [4]float64{105.26, 9.75, 107.8, 23.12}),
	zone(9211, 106, [4]float64{104.83, 16.92, 107.03, 22.7}),
	zone(9212, 106.25, [4]float64{106.41, 11.3, 107.43, 17.22}),
	zone(9213, 106.5, [4]float64{105.43, 21.32, 106.25, 22.75}),
	zone(9214, 107, [4]float64{105.88, 15.99, 108.24, 21.63}),
	zone(9215, 107.25, [4]float64{106.09, 21.32, 107.37, 22.47}),
	zone(9216, 107.5, [4]float64{107.33, 13.92, 108.55, 15.42}),
	zone(9217, 108.25, [4]float64{108.55, 11.25, 109.53, 14.71}),
	zone(9218, 108.5, [4]float64{107.2, 10.43, 109.52, 14.61}),
}

// zone is a TM-3 zone: 3 degrees wide, east 500,000 m at its central meridian.
func zone(code int, meridian float64, area [4]float64) CRS {
	c := projected(code, meridian, 0.9999, area)
	c.Name = haidang.Text{VI: "VN-2000, múi 3°, kinh tuyến trục " + c.MeridianName(), EN: "VN-2000 / TM-3, central meridian " + c.MeridianName()}
	return c
}

// utmScale is the scale along the central meridian of UTM.
const utmScale = 0.9996

// utm is a zone of 6 degrees.
func utm(code, number int, meridian float64, area [4]float64) CRS {
	c := projected(code, meridian, utmScale, area)
	c.Name = haidang.Text{VI: fmt.Sprintf("VN-2000, múi 6°, UTM %d", number), EN: fmt.Sprintf("VN-2000 / UTM zone %dN", number)}
	return c
}

func projected(code int, meridian, scale float64, area [4]float64) CRS {
	return CRS{Authority: "EPSG", Code: fmt.Sprint(code), SRID: private(code), Meridian: meridian, Scale: scale, Area: area}
}
