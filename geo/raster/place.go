package raster

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo/crs"
)

// system is a coordinate system as GDAL is told of it.
type system struct {
	name   string // EPSG:9209
	srid   int    // 0 for one that the house does not store
	gdal   string // a definition that leaves PROJ nothing to choose
	notice *haidang.Text
}

// place settles which system the file's coordinates are in: the one asked for, else
// the file's own. With neither it refuses, with its guess.
func place(ctx context.Context, pool *pgxpool.Pool, p picture, o Options) (system, error) {
	own, known := p.system()
	if o.CRS == "" {
		switch {
		case known:
			return own.define(ctx, pool)
		case p.CRS.WKT != "":
			return system{}, foreignSystem(p)
		}
		return system{}, unplaced(ctx, pool, p)
	}
	asked, ok := wgs84UTM(o.CRS)
	if !ok {
		c, err := crs.Parse("crs", o.CRS)
		if err != nil {
			return system{}, err
		}
		asked = system{name: c.Official(), srid: c.SRID}
	}
	if known && own.name != asked.name {
		asked.notice = &haidang.Text{VI: fmt.Sprintf("Tệp ghi hệ tọa độ %s, nhưng dùng %s như bạn yêu cầu.", own.name, asked.name),
			EN: fmt.Sprintf("The file says %s; %s is used, as you asked.", own.name, asked.name)}
	}
	return asked.define(ctx, pool)
}

// define looks up the definition with the official parameters.
func (s system) define(ctx context.Context, pool *pgxpool.Pool) (system, error) {
	if s.srid < 950_000 { // WGS 84 in some form: no change of datum
		s.gdal = s.name
		return s, nil
	}
	err := pool.QueryRow(ctx, `SELECT trim(proj4text) FROM spatial_ref_sys WHERE srid = $1`, s.srid).Scan(&s.gdal)
	if err != nil {
		return s, fmt.Errorf("read the definition of %s: %w", s.name, err)
	}
	return s, nil
}

// wgs84UTM knows the systems of drones, which the house does not store.
func wgs84UTM(name string) (system, bool) {
	name = strings.ToUpper(strings.TrimSpace(name))
	return system{name: name}, name == "EPSG:32648" || name == "EPSG:32649"
}

// system recognises the file's own system: by its code, else by its parameters. A
// projection alone is not enough: a TM-3 zone may be meant on WGS 84, which is
// 225 m off, so its datum must be called VN-2000.
func (p picture) system() (system, bool) {
	if p.STAC.EPSG != nil {
		name := fmt.Sprintf("EPSG:%d", *p.STAC.EPSG)
		if s, ok := wgs84UTM(name); ok {
			return s, true
		}
		c, err := crs.Parse("crs", name)
		return system{name: c.Official(), srid: c.SRID}, err == nil
	}
	zone, ok := p.zone()
	switch {
	case !ok:
		return system{}, false
	case vietnamese.MatchString(p.CRS.WKT):
		return zone, true
	case zone.name == "EPSG:3405" || zone.name == "EPSG:3406":
		utm := map[string]string{"EPSG:3405": "EPSG:32648", "EPSG:3406": "EPSG:32649"}[zone.name]
		return system{name: utm}, strings.Contains(p.CRS.Proj4, "+datum=WGS84")
	}
	return system{}, false
}

// vietnamese is how programs spell the datum's name.
var vietnamese = regexp.MustCompile(`(?i)vn[-_ ]?2000|viet[-_ ]?nam[-_ ]?2000`)

// zone finds the zone of VN-2000 that has the file's projection.
func (p picture) zone() (system, bool) {
	param := parameters(p.CRS.Proj4)
	if param["proj"] == "utm" {
		n, err := strconv.ParseFloat(param["zone"], 64)
		if err != nil {
			return system{}, false
		}
		param["lon_0"], param["k"], param["x_0"] = fmt.Sprint(n*6-183), "0.9996", "500000"
	} else if param["proj"] != "tmerc" {
		return system{}, false
	}
	for _, c := range crs.All() {
		if c.Vietnamese() && c.Projected() && near(param["lon_0"], c.Meridian, 1e-7) && near(param["k"], c.Scale, 1e-7) &&
			near(param["x_0"], 500_000, 1e-3) && near(param["y_0"], 0, 1e-3) && near(param["lat_0"], 0, 1e-9) {
			return system{name: c.Official(), srid: c.SRID}, true
		}
	}
	return system{}, false
}

// parameters reads "+proj=tmerc +lon_0=105".
func parameters(proj4 string) map[string]string {
	all := map[string]string{}
	for _, word := range strings.Fields(proj4) {
		name, value, _ := strings.Cut(strings.TrimPrefix(word, "+"), "=")
		all[name] = value
	}
	return all
}

func near(text string, want, within float64) bool {
	v, err := strconv.ParseFloat(text, 64)
	if text == "" {
		v, err = 0, nil
	}
	return err == nil && math.Abs(v-want) <= within
}

func foreignSystem(p picture) error {
	name := p.declared()
	return refuse("crs", "Tệp dùng hệ tọa độ %q, không rõ là hệ nào trong các hệ được hỗ trợ. Nếu bạn biết đó là VN-2000, hãy chọn hệ (như EPSG:9209); nếu không, hãy chuyển ảnh sang VN-2000 hoặc WGS 84 trước.",
		"The file is in %q, which is none of the supported systems for certain. If you know it to be VN-2000, name the system (such as EPSG:9209); else transform the picture to VN-2000 or WGS 84 first.", name)
}

// firstName is the first quoted name in a WKT.
func firstName(wkt string) string {
	_, rest, _ := strings.Cut(wkt, `["`)
	name, _, _ := strings.Cut(rest, `"`)
	return name
}
