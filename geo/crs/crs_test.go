package crs_test

import (
	"strings"
	"testing"

	"haidang"
	"haidang/geo/crs"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"EPSG:9209": "EPSG:9209", "epsg:9209": "EPSG:9209", "9209": "EPSG:9209", "[EPSG:9209]": "EPSG:9209", " EPSG:3405 ": "EPSG:3405",
		"http://www.opengis.net/def/crs/EPSG/0/9209": "EPSG:9209", "urn:ogc:def:crs:EPSG::9209": "EPSG:9209",
		"http://www.opengis.net/gml/srs/epsg.xml#5897": "EPSG:5897", "http://www.opengis.net/def/crs/OGC/1.3/CRS84": "OGC:CRS84",
		"CRS84": "OGC:CRS84", "OGC:CRS84": "OGC:CRS84", "urn:ogc:def:crs:OGC:1.3:CRS84": "OGC:CRS84", "[OGC:CRS84]": "OGC:CRS84",
		"urn:ogc:def:crs:EPSG::4326": "EPSG:4326", "EPSG:3857": "EPSG:3857",
	} {
		if c, err := crs.Parse("crs", written); err != nil || c.String() != want {
			t.Errorf("%q: got %v, %v", written, c, err)
		}
	}
	for _, written := range []string{"", "EPSG:", "EPSG:6956", "EPSG:32648", "959209", "http://www.opengis.net/def/crs/EPSG/0/", strings.Repeat("9", 1<<16)} {
		_, err := crs.Parse("bbox-crs", written)
		if haidang.CodeOf(err) != haidang.ErrInvalid || len(err.Error()) > 600 {
			t.Errorf("%.20q: got %v", written, err)
		}
	}
}

func TestEverySystemNamesItselfBothWays(t *testing.T) {
	t.Parallel()
	for _, c := range crs.All() {
		for _, name := range []string{c.URI(), c.URN(), c.Curie(), c.String(), c.Code} {
			if got, err := crs.Parse("crs", name); err != nil || got != c {
				t.Errorf("%s: got %v, %v", name, got, err)
			}
		}
		if c.Name.VI == "" || c.Name.EN == "" || c.Area[0] >= c.Area[2] || c.Area[1] >= c.Area[3] {
			t.Errorf("%s lacks a name or an area", c)
		}
	}
}

func TestAxes(t *testing.T) {
	t.Parallel()
	for _, c := range crs.All() {
		want := map[string]bool{"EPSG:4326": true, "EPSG:4756": true}[c.String()]
		if c.LatFirst != want {
			t.Errorf("%s: latitude first is %v", c, c.LatFirst)
		}
	}
	if c, _ := crs.BySRID(4326); c != crs.WGS84 {
		t.Errorf("4326 in the database is %v", c)
	}
	if c := crs.Province(); c.String() != "EPSG:9209" || c.MeridianName() != "105°30'" || !c.Covers(105.98, 9.6) || c.Official() != "EPSG:9209" {
		t.Errorf("the province measures in %+v", c)
	}
}
