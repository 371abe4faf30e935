package geo

import (
	"bytes"
	"testing"
)

// Whatever the bytes are, reading them ends in areas inside the region, in
// remarks, or in an error; each feature is counted once.
func FuzzReadAreas(f *testing.F) {
	for _, seed := range []string{
		`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"c":1,"n":"A"},"geometry":{"type":"Polygon","coordinates":[[[105,9],[106,9],[106,10],[105,9]]]}}]}`,
		`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"c":"x","n":"A"},"geometry":{"type":"MultiPolygon","coordinates":[[]]}},{"type":"Feature","properties":null,"geometry":null}]}`,
		`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"c":"x","n":"A"},"geometry":{"type":"GeometryCollection","geometries":[]}}]}`,
		`{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::9209"}},"features":[null]}`,
		`[]`, `null`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		areas, refused, err := readAreas(bytes.NewReader(data), "n", "c")
		if err != nil {
			if len(areas)+len(refused) > 0 {
				t.Errorf("an error beside %d areas and %d remarks", len(areas), len(refused))
			}
			return
		}
		seen := map[int]bool{}
		for _, a := range areas {
			b := a.shape.Bound()
			if seen[a.feature] || a.code == "" || a.name == "" || !region.Contains(b.Min) || !region.Contains(b.Max) {
				t.Errorf("area %+v", a)
			}
			seen[a.feature] = true
		}
		for _, r := range refused {
			if seen[r.Feature] || r.Text.VI == "" || r.Text.EN == "" {
				t.Errorf("remark %+v", r)
			}
			seen[r.Feature] = true
		}
	})
}
