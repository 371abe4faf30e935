package ogc

import (
	"math"
	"net/http"
	"net/url"
	"testing"

	"haidang"
	"haidang/geo/catalogue"
)

// FuzzSelection reads whatever may stand behind the ? of a collection's items: it is
// refused with a sentence, or within all bounds.
func FuzzSelection(f *testing.F) {
	for _, seed := range []string{"limit=10&bbox=105,9,106,10&datetime=../2025-01-01T00:00:00Z", "bbox=177,65,-177,70&bbox-crs=EPSG:4326&crs=9209", "sortby=-kind,+fid&cursor=AltudWxsLCIyIl0&limit=99999",
		"bbox=1,2,3,4,5,6&bbox-crs=http://www.opengis.net/def/crs/EPSG/0/9209&resultType=hits", "filter=depth>5 AND S_INTERSECTS(geometry,POINT(1 2))&filter-crs=EPSG:4756", "kind=a&depth=1e400&dug=2020-01-01",
		"datetime=2025-01-01/2024-01-01", "filter-lang=cql2-json&filter={\"op\":\"=\",\"args\":[{\"property\":\"fid\"},1]}", "cursor=Ag", "bbox=NaN,1e999,-0,+5"} {
		f.Add(seed)
	}
	l := catalogue.Layer{Slug: "well", Kind: catalogue.Vector, SRID: 959209, Table: "layer_well", Geometry: "Point", Dated: true, Columns: []catalogue.Column{
		{Name: "kind", Type: catalogue.Text}, {Name: "depth", Type: catalogue.Number}, {Name: "dug", Type: catalogue.Date}}}
	f.Fuzz(func(t *testing.T, raw string) {
		values, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		q := &ask{API: New(Config{}), endpoint: endpoint{params: itemsParams}, r: &http.Request{URL: &url.URL{}}, query: values, lang: "vi"}
		s, err := q.selectItems(l)
		if err != nil {
			if haidang.CodeOf(err) != haidang.ErrInvalid {
				t.Fatalf("%s: %v", raw, err)
			}
			return
		}
		if s.Limit < 1 || s.Limit > maxLimit || s.After < 0 || s.After > 0 && len(s.Beyond) != len(s.SortBy) || s.out.SRID == 0 {
			t.Fatalf("%s: %+v", raw, s)
		}
		if b := s.BBox; b != nil && (!(b.Min[0] <= b.Max[0]) || !(b.Min[1] <= b.Max[1]) || math.IsInf(b.Max[0]-b.Min[0], 0) || s.BBoxSRID == 0) {
			t.Fatalf("%s: the box %v of %d", raw, b, s.BBoxSRID)
		}
		if s.From != nil && s.Until != nil && s.Until.Before(*s.From) {
			t.Fatalf("%s: from %v until %v", raw, s.From, s.Until)
		}
	})
}

// FuzzWithin lays any box on the grid: the rows and columns are of the grid, in order.
func FuzzWithin(f *testing.F) {
	f.Add(14, 105.5, 9.2, 106.4, 10.0)
	f.Add(0, -180.0, -90.0, 180.0, 90.0)
	f.Add(22, 180.0, 85.06, 180.0, 85.06)
	f.Fuzz(func(t *testing.T, z int, west, south, east, north float64) {
		if z < 0 || z > maxMatrix || !(west <= east) || !(south <= north) || west < -180 || east > 180 || south < -90 || north > 90 {
			return
		}
		l := within(z, [4]float64{west, south, east, north})
		if most := 1<<z - 1; l.MinRow < 0 || l.MinCol < 0 || l.MinRow > l.MaxRow || l.MinCol > l.MaxCol || l.MaxRow > most || l.MaxCol > most {
			t.Fatalf("%d %v %v %v %v: %+v", z, west, south, east, north, l)
		}
	})
}
