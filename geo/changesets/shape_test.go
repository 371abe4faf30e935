package changesets_test

import (
	"strings"
	"testing"
	"time"

	"haidang"
	"haidang/geo/changesets"
)

const point = `{"type":"Point","coordinates":[1,2]}`

func collectionOf(parts string) string {
	return `{"type":"GeometryCollection","geometries":[` + parts + `]}`
}

func TestReadShape(t *testing.T) {
	t.Parallel()
	deep := point + "," + strings.TrimSuffix(strings.Repeat(point+",", 30_000), ",")
	for range 1600 {
		deep = collectionOf(deep)
	}
	for name, c := range map[string]struct {
		text, refusal string
	}{
		"a point":                     {point, ""},
		"a collection":                {collectionOf(point + "," + point), ""},
		"with its system":             {collectionOf(`{"type":"Point","crs":{"type":"name","properties":{"name":"EPSG:4326"}},"coordinates":[1,2]}`), ""},
		"braces and quotes in a word": {`{"type":"Point","coordinates":[1,2],"note":"\"{{{{{{{{ \\"}`, ""},
		"with a height":               {`{"type":"Point","coordinates":[1,2,3]}`, ""},
		"with a box, null members":    {`{"bbox":[1,2,1,2],"type":"MultiPoint","coordinates":[[1,2],[3,4]],"crs":null}`, ""},
		"a position of one number":    {`{"type":"Point","coordinates":[1]}`, "no GeoJSON"},
		"a position of none":          {`{"type":"LineString","coordinates":[[1,2],[]]}`, "no GeoJSON"},
		"a position with null":        {`{"type":"LineString","coordinates":[[1,2],[1,null]]}`, "no GeoJSON"},
		"a part with no ring":         {`{"type":"MultiPolygon","coordinates":[[],[[[0,0],[1,0],[1,1],[0,0]]]]}`, "no GeoJSON"},
		"null":                        {`null`, "no GeoJSON"},
		"a part that is null":         {collectionOf("null"), "no GeoJSON"},
		"one in another":              {collectionOf(collectionOf(point)), "nest"},
		"very deep":                   {deep, "nest"},
		"deep, and said twice":        {`{"type":"GeometryCollection","geometries":[` + deep + `],"geometries":[` + point + `]}`, "nest"},
	} {
		began := time.Now()
		_, err := changesets.ReadShape([]byte(c.text), "geometry")
		if c.refusal == "" && err != nil || c.refusal != "" && (haidang.CodeOf(err) != haidang.ErrInvalid || !strings.Contains(err.Error(), c.refusal)) {
			t.Errorf("%s: got %v", name, err)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
}
