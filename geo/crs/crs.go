package crs

import (
	"fmt"
	"slices"
	"strings"

	"haidang"
)

// CRS is one supported coordinate system. The zero value is none.
type CRS struct {
	Authority string // "EPSG", or "OGC" for CRS84
	Code      string // "9209", "CRS84"
	SRID      int    // what the database calls it: 959209; CRS84 and EPSG:4326 share 4326
	Name      haidang.Text

	Geographic bool // degrees; otherwise metres
	LatFirst   bool // by its authority the latitude comes first; the database always has x, then y

	Meridian float64    // degrees of the central meridian; 0 when it has none
	Scale    float64    // along the central meridian; 0 when it has none
	Area     [4]float64 // where it may be used: west, south, east, north in degrees
}

// All returns every supported system: the worldwide ones, then VN-2000 by code.
func All() []CRS { return slices.Clone(table) }

// BySRID returns the system that the database keeps under the SRID. For 4326 that
// is CRS84, whose order of axes is the database's.
func BySRID(srid int) (CRS, bool) {
	i := slices.IndexFunc(table, func(c CRS) bool { return c.SRID == srid })
	if i < 0 {
		return CRS{}, false
	}
	return table[i], true
}

// Projected reports whether coordinates are metres on a plane.
func (c CRS) Projected() bool { return !c.Geographic }

// Vietnamese reports whether the system is one of VN-2000.
func (c CRS) Vietnamese() bool { return c.SRID >= 950_000 }

// URI is how the OGC names the system, such as http://www.opengis.net/def/crs/EPSG/0/9209.
func (c CRS) URI() string {
	return fmt.Sprintf("http://www.opengis.net/def/crs/%s/%s/%s", c.Authority, c.version("0"), c.Code)
}

// URN is the older name, as GeoJSON of before 2016 and GML write it.
func (c CRS) URN() string {
	return fmt.Sprintf("urn:ogc:def:crs:%s:%s:%s", c.Authority, c.version(""), c.Code)
}

// Curie is the short form in brackets of OGC parameters, such as [EPSG:9209].
func (c CRS) Curie() string { return "[" + c.String() + "]" }

// String is the short form, such as EPSG:9209.
func (c CRS) String() string { return c.Authority + ":" + c.Code }

// Official is how to name the system to GDAL for a file that goes out: by its
// official code. It labels coordinates and must never be asked to transform them.
func (c CRS) Official() string {
	if c.SRID == srid4326 {
		return "EPSG:4326"
	}
	return c.String()
}

func (c CRS) version(epsg string) string {
	if c.Authority == "OGC" {
		return "1.3"
	}
	return epsg
}

// Covers reports whether a point in degrees lies in the area of use.
func (c CRS) Covers(lon, lat float64) bool {
	return lon >= c.Area[0] && lat >= c.Area[1] && lon <= c.Area[2] && lat <= c.Area[3]
}

// MeridianName spells the central meridian as the cadastre does, such as 105°30'.
func (c CRS) MeridianName() string {
	minutes := int(c.Meridian*60 + 0.5)
	return fmt.Sprintf("%d°%02d'", minutes/60, minutes%60)
}

// UTM reports whether the system is a zone of 6 degrees, not one of the cadastre's.
func (c CRS) UTM() bool { return c.Scale == utmScale }

// ZoneName tells the zones of VN-2000 apart: the central meridian, or UTM and its number.
func (c CRS) ZoneName() string {
	if c.UTM() {
		return fmt.Sprintf("UTM %dN", int(c.Meridian+183)/6)
	}
	return c.MeridianName()
}

// Parse reads what people and programs write for a system: EPSG:9209, 9209, CRS84,
// [EPSG:9209], the OGC's addresses and URNs. Anything else is an ErrInvalid that
// lists what there is; field names the parameter at fault.
func Parse(field, s string) (CRS, error) {
	name := strings.ToUpper(strings.TrimSpace(s))
	name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	for _, prefix := range prefixes {
		if rest, ok := strings.CutPrefix(name, prefix.long); ok {
			name = prefix.short + rest
			break
		}
	}
	for _, c := range table {
		if name == c.String() || name == c.Code {
			return c, nil
		}
	}
	return CRS{}, unknown(field, s)
}

// prefixes are the long ways to name an authority, in capitals.
var prefixes = []struct{ long, short string }{
	{"HTTP://WWW.OPENGIS.NET/DEF/CRS/EPSG/0/", "EPSG:"}, {"HTTPS://WWW.OPENGIS.NET/DEF/CRS/EPSG/0/", "EPSG:"},
	{"HTTP://WWW.OPENGIS.NET/DEF/CRS/OGC/1.3/", "OGC:"}, {"HTTPS://WWW.OPENGIS.NET/DEF/CRS/OGC/1.3/", "OGC:"},
	{"HTTP://WWW.OPENGIS.NET/DEF/CRS/OGC/0/", "OGC:"}, {"HTTP://WWW.OPENGIS.NET/GML/SRS/EPSG.XML#", "EPSG:"},
	{"URN:OGC:DEF:CRS:EPSG::", "EPSG:"}, {"URN:OGC:DEF:CRS:EPSG:0:", "EPSG:"}, {"URN:X-OGC:DEF:CRS:EPSG:", "EPSG:"},
	{"URN:OGC:DEF:CRS:OGC:1.3:", "OGC:"}, {"URN:OGC:DEF:CRS:OGC::", "OGC:"},
}

func unknown(field, s string) error {
	if len(s) > 80 {
		s = s[:80]
	}
	names := make([]string, 0, len(table))
	for _, c := range table {
		names = append(names, c.String())
	}
	list := strings.Join(names, ", ")
	return haidang.RefuseField(field,
		fmt.Sprintf("Không biết hệ tọa độ %q. Hãy chọn một trong: %s.", s, list),
		fmt.Sprintf("The coordinate system %q is not known. Choose one of: %s.", s, list))
}
