package exports

import (
	"fmt"
	"time"

	"github.com/paulmach/orb"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/cql2"
	"haidang/geo/crs"
	"haidang/geo/features"
)

// Format is a kind of file.
type Format string

// The formats.
const (
	GeoPackage Format = "gpkg"
	Shapefile  Format = "shp" // zipped
	GeoJSON    Format = "geojson"
	CSV        Format = "csv"
)

// Streams reports whether the format is written as it is read, without a file.
func (f Format) Streams() bool { return f == GeoJSON || f == CSV }

// Extension is how a file of the format ends, such as ".zip".
func (f Format) Extension() string {
	if f == Shapefile {
		return ".zip"
	}
	return "." + string(f)
}

// MediaType is what the format is over HTTP.
func (f Format) MediaType() string {
	switch f {
	case GeoPackage:
		return "application/geopackage+sqlite3"
	case Shapefile:
		return "application/zip"
	case GeoJSON:
		return "application/geo+json"
	}
	return "text/csv; charset=utf-8"
}

// Request says what is to be made of a layer. It is kept as JSON.
type Request struct {
	Format Format    `json:"format"`
	CRS    string    `json:"crs,omitempty"`    // empty: as the layer is stored
	BBox   []float64 `json:"bbox,omitempty"`   // west, south, east, north in WGS 84; empty: everywhere
	Filter string    `json:"filter,omitempty"` // CQL2 text, geometries in WGS 84
	Day    string    `json:"day,omitempty"`    // of a dated layer, as 2026-01-31; empty: every day
	At     string    `json:"at,omitempty"`     // the layer as it was then, in RFC 3339; empty: as it is
}

// plan is a request that can be carried out.
type plan struct {
	layer  catalogue.Layer
	format Format
	system crs.CRS
	query  features.Query
}

// newPlan returns ErrInvalid with the field that cannot be.
func newPlan(l catalogue.Layer, r Request) (plan, error) {
	p := plan{layer: l, format: r.Format}
	if l.Kind != catalogue.Vector {
		return p, haidang.RefuseField("layer", "Lớp ảnh không xuất thành tệp vector được.", "A raster layer cannot be exported as features.")
	}
	switch r.Format {
	case GeoPackage, Shapefile, GeoJSON, CSV:
	default:
		return p, haidang.RefuseField("format", "Định dạng là gpkg, shp, geojson hoặc csv.", "The format is gpkg, shp, geojson or csv.")
	}
	if err := p.locate(r); err != nil {
		return p, err
	}
	return p, p.choose(r)
}

// locate settles the system of the answer. The base map is kept in Web Mercator.
func (p *plan) locate(r Request) (err error) {
	if r.CRS == "" {
		var ok bool
		if p.system, ok = crs.BySRID(p.layer.SRID); !ok || !p.layer.Own() {
			p.system = crs.WGS84
		}
	} else if p.system, err = crs.Parse("crs", r.CRS); err != nil {
		return err
	}
	p.query.SRID = p.system.SRID
	return nil
}

// choose settles which features.
func (p *plan) choose(r Request) (err error) {
	if len(r.BBox) != 0 {
		if len(r.BBox) != 4 || !(-180 <= r.BBox[0] && r.BBox[0] < r.BBox[2] && r.BBox[2] <= 180 && -90 <= r.BBox[1] && r.BBox[1] < r.BBox[3] && r.BBox[3] <= 90) {
			return haidang.RefuseField("bbox", "Khung là tây, nam, đông, bắc theo độ WGS 84.", "A box is west, south, east, north in degrees of WGS 84.")
		}
		p.query.BBox = &orb.Bound{Min: orb.Point{r.BBox[0], r.BBox[1]}, Max: orb.Point{r.BBox[2], r.BBox[3]}}
	}
	if r.Filter != "" {
		if p.query.Filter, err = cql2.ParseText(r.Filter); err != nil {
			return err
		}
	}
	if r.Day != "" {
		day, err := time.Parse(time.DateOnly, r.Day)
		if err != nil {
			return haidang.RefuseField("day", "Ngày có dạng 2026-01-31.", "A day has the form 2026-01-31.")
		}
		p.query.Day = &day
	}
	if r.At != "" {
		at, err := catalogue.Instant(r.At)
		if err != nil {
			return err
		}
		p.query.At = &at
		return p.layer.CheckInstant(at)
	}
	return nil
}

// fileName is what the file is called when somebody keeps it, such as parcel-9209.gpkg.
func (p plan) fileName() string {
	return fmt.Sprintf("%s-%s%s", p.layer.Slug, p.system.Code, p.format.Extension())
}

// columns are the properties in the order of the catalogue, then when the feature is in force.
func (p plan) columns() []catalogue.Column {
	list := append([]catalogue.Column{}, p.layer.Columns...)
	if p.layer.Dated {
		list = append(list,
			catalogue.Column{Name: features.ValidFrom, Type: catalogue.Date, Label: haidang.Text{VI: "Có hiệu lực từ", EN: "In force from"}},
			catalogue.Column{Name: features.ValidUntil, Type: catalogue.Date, Label: haidang.Text{VI: "Hết hiệu lực từ", EN: "No longer in force from"}})
	}
	return list
}
