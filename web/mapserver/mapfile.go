package mapserver

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"haidang/geo/catalogue"
	"haidang/geo/crs"
)

// maxFeatures is the longest page of WFS; the next begins at STARTINDEX.
const maxFeatures = 10_000

// mapfile describes the sheets to MapServer. folder is where its socket is.
func mapfile(all []sheet, folder string) string {
	m := &mapWriter{}
	m.line(`MAP`)
	m.line(`NAME "haidang" STATUS ON SIZE 800 600 MAXSIZE %d UNITS METERS RESOLUTION 72 DEFRESOLUTION 72`, maxImage)
	m.line(`EXTENT %s`, numbers(extent(all)))
	m.line(`SYMBOL NAME "dot" TYPE ELLIPSE FILLED TRUE POINTS 1 1 END END`)
	m.line(`IMAGETYPE "png" IMAGECOLOR 255 255 255`)
	m.line(`PROJECTION "init=epsg:3857" END`)
	m.line(`OUTPUTFORMAT NAME "png" DRIVER "AGG/PNG" MIMETYPE "image/png" IMAGEMODE RGBA EXTENSION "png" TRANSPARENT ON FORMATOPTION "GAMMA=0.75" END`)
	m.line(`OUTPUTFORMAT NAME "jpeg" DRIVER "AGG/JPEG" MIMETYPE "image/jpeg" IMAGEMODE RGB EXTENSION "jpg" END`)
	m.line(`OUTPUTFORMAT NAME "geojson" DRIVER "OGR/GEOJSON" MIMETYPE "application/json; subtype=geojson" FORMATOPTION "STORAGE=stream" FORMATOPTION "FORM=simple" END`)
	m.line(`WEB METADATA`)
	m.pair("ows_title", "Hải Đăng: lớp bản đồ mở")
	m.pair("ows_abstract", "Các lớp mà ai cũng được xem. Open layers of the city's map, read only.")
	m.pair("ows_srs", systems())
	m.pair("ows_encoding", "UTF-8")
	m.pair("wms_enable_request", "GetCapabilities GetMap GetFeatureInfo GetLegendGraphic")
	m.pair("wfs_enable_request", "GetCapabilities DescribeFeatureType GetFeature GetPropertyValue ListStoredQueries DescribeStoredQueries")
	m.pair("wms_getmap_formatlist", "image/png,image/jpeg")
	m.pair("wfs_getfeature_formatlist", "geojson")
	m.pair("wms_feature_info_mime_type", "text/plain")
	m.pair("wms_layerlimit", fmt.Sprint(maxNames))
	m.pair("wfs_maxfeatures", fmt.Sprint(maxFeatures))
	m.pair("wms_attribution_title", "Hải Đăng")
	m.pair("ows_updatesequence", "0")
	m.line(`END END`)
	for _, s := range all {
		m.sheet(s, folder)
	}
	m.line(`END`)
	return m.b.String()
}

// systems are the coordinate systems that may be asked for.
func systems() string {
	names := []string{"EPSG:3857", "EPSG:4326", "CRS:84"}
	for _, c := range crs.All() {
		if c.Vietnamese() {
			names = append(names, c.Official())
		}
	}
	return strings.Join(names, " ")
}

// mapWriter writes a mapfile line by line.
type mapWriter struct{ b strings.Builder }

func (m *mapWriter) line(format string, values ...any) { fmt.Fprintf(&m.b, format+"\n", values...) }

func (m *mapWriter) pair(name, value string) { m.line("%s %s", quote(name), quote(value)) }

// quote writes text of the catalogue so that it ends where it should.
func quote(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '"':
			return '\''
		case r == '\\':
			return '/'
		case r < ' ' || r == 0x7f:
			return ' '
		}
		return r
	}, text)
	return `"` + text + `"`
}

func (m *mapWriter) sheet(s sheet, folder string) {
	l := s.layer
	m.line(`LAYER NAME %s TYPE %s STATUS ON EXTENT %s`, quote(s.name), s.kind, numbers(s.box))
	m.line(`CONNECTIONTYPE POSTGIS CONNECTION %s PROCESSING "CLOSE_CONNECTION=DEFER"`, quote("host='"+folder+"' dbname=haidang user=reader sslmode=disable gssencmode=disable connect_timeout=5"))
	m.line(`DATA %s`, `"shape FROM (`+strings.ReplaceAll(s.source(), `"`, `\"`)+`) AS t USING UNIQUE fid USING SRID=3857"`)
	m.line(`PROJECTION "init=epsg:3857" END`)
	if l.MinZoom > 0 {
		m.line(`MAXSCALEDENOM %.0f`, scaleOf(l.MinZoom-1))
	}
	m.line(`TEMPLATE "none" TOLERANCE 6 TOLERANCEUNITS PIXELS`)
	m.line(`METADATA`)
	m.pair("ows_title", l.Title.VI)
	m.pair("ows_abstract", cmp.Or(l.Description.VI, l.Title.EN))
	m.pair("ows_keywordlist", strings.Trim(l.Sector+","+l.Theme, ","))
	m.pair("ows_srs", systems())
	m.pair("wms_attribution_title", cmp.Or(l.Attribution, "Hải Đăng"))
	m.pair("gml_featureid", "fid")
	m.pair("gml_include_items", include(l))
	m.pair("wms_include_items", include(l))
	m.pair("gml_types", "auto")
	m.pair("wfs_extent", numbers(s.box))
	m.pair("wfs_use_default_extent_for_getfeature", "false")
	for _, c := range l.Columns {
		m.pair("gml_"+c.Name+"_alias", c.Name)
	}
	m.line(`END`)
	m.classes(s)
	m.line(`END`)
}

func include(l catalogue.Layer) string {
	names := []string{"fid"}
	for _, c := range l.Columns {
		names = append(names, c.Name)
	}
	return strings.Join(names, ",")
}

// classes draws by the codes' colours, and what has none by the layer's style.
func (m *mapWriter) classes(s sheet) {
	if len(s.colour) > 0 {
		m.line(`CLASSITEM %s`, quote(s.layer.Class))
	}
	for _, code := range slices.Sorted(maps.Keys(s.colour)) {
		m.line(`CLASS NAME %s EXPRESSION %s`, quote(s.label[code]), quote(code))
		m.styles(s, s.colour[code])
		m.line(`END`)
	}
	m.line(`CLASS NAME %s`, quote(s.layer.Title.VI))
	m.styles(s, "")
	m.line(`END`)
}

// styles draws one class; colour comes before the layer's own.
func (m *mapWriter) styles(s sheet, colour string) {
	st := s.layer.Style
	switch s.kind {
	case "POLYGON":
		opacity := cmp.Or(st.Opacity, 0.6)
		if colour == "" && st.Fill == "" {
			opacity = 0.1 // boundaries: what lies below stays to be seen
		}
		m.line(`STYLE COLOR %s OPACITY %.0f END`, quote(cmp.Or(colour, st.Fill, "#d8d8d8")), 100*opacity)
		m.line(`STYLE OUTLINECOLOR %s WIDTH %.1f END`, quote(cmp.Or(st.Line, "#808080")), min(cmp.Or(st.Width, 1), 2))
	case "LINE":
		m.line(`STYLE COLOR %s WIDTH %.1f END`, quote(cmp.Or(colour, st.Line, "#4070a0")), cmp.Or(st.Width, 1))
	default:
		m.line(`STYLE SYMBOL "dot" COLOR %s OUTLINECOLOR "#ffffff" SIZE %.1f END`, quote(cmp.Or(colour, st.Point, "#c02020")), 2*cmp.Or(st.Radius, 4))
	}
}

// scaleOf is the scale of a zoom as the OGC counts it: pixels of 0.28 mm, tiles of 256.
func scaleOf(zoom int) float64 { return 559082264.028 / float64(int64(1)<<zoom) }

func numbers(box [4]float64) string {
	return fmt.Sprintf("%.3f %.3f %.3f %.3f", box[0], box[1], box[2], box[3])
}

// extent is the box around all sheets; without any, the delta.
func extent(all []sheet) [4]float64 {
	if len(all) == 0 {
		return [4]float64{11_600_000, 950_000, 11_900_000, 1_250_000}
	}
	box := all[0].box
	for _, s := range all {
		box = [4]float64{min(box[0], s.box[0]), min(box[1], s.box[1]), max(box[2], s.box[2]), max(box[3], s.box[3])}
	}
	return box
}
