package features

import (
	"regexp"
	"strings"

	"haidang/geo/crs"
)

// behind finds what may stand behind a pair of metres: a central meridian ("105-30",
// "105°30'", "KTT 105.5"), an EPSG code ("EPSG:5897", "5897") or a zone of UTM ("UTM 48N").
var behind = regexp.MustCompile(`(?i)^(.+?)(?:[,;]?\s+|\s*[;(]\s*)\(?(?:vn-?2000|epsg\s*:?|ktt|kinh tuyến trục|kinh tuyến|múi|zone|tm-?3|[\s:,])*` +
	`(?:(10[2-8])(?:\s*[-°.,]\s*([0-9]{1,2})?\s*['′’]?)?|([0-9]{4})|utm\s*(48|49)\s*n?)\s*\)?$`)

// minutes of a meridian as they are written, also as a part of a degree.
var minutes = map[string]float64{"": 0, "0": 0, "00": 0, "15": 15, "25": 15, "30": 30, "5": 30, "50": 30, "45": 45, "75": 45}

// cutZone takes the zone from behind a pair.
func cutZone(q string) (bare string, zone crs.CRS, ok bool) {
	m := behind.FindStringSubmatch(q)
	if m == nil {
		return q, crs.CRS{}, false
	}
	code := m[4]
	switch m[5] {
	case "48":
		code = "3405"
	case "49":
		code = "3406"
	}
	quarter, known := minutes[m[3]]
	meridian := parse(m[2]) + quarter/60
	for _, c := range crs.All() {
		if c.Projected() && c.Vietnamese() && (c.Code == code || code == "" && known && !c.UTM() && c.Meridian == meridian) {
			return strings.TrimSpace(m[1]), c, true
		}
	}
	return q, crs.CRS{}, false
}
