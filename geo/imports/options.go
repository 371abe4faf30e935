package imports

import (
	"haidang"
	"haidang/geo/crs"
	"haidang/geo/oldtext"
)

// Options are what people decide about an import. What is empty is found out, or
// refused with what there is to choose from.
type Options struct {
	SourceLayer string            `json:"sourceLayer,omitempty" maxLength:"200" doc:"Of the file; empty when it has but one"`
	Layer       haidang.LayerSlug `json:"layer,omitempty" maxLength:"41"`
	New         *NewLayer         `json:"new,omitempty" doc:"Make the layer"`
	CRS         string            `json:"crs,omitempty" maxLength:"100" doc:"Such as EPSG:9209"`
	Swapped     bool              `json:"swapped,omitempty" doc:"With crs: X and Y are exchanged in the file"`
	Encoding    oldtext.Encoding  `json:"encoding,omitempty" enum:"utf-8,tcvn3,vni,windows-1258,windows-1252"`
	Taken       string            `json:"taken,omitempty" maxLength:"10" doc:"Of a GeoTIFF: the day of the flight or the survey, as 2025-03-01"`
	Source      string            `json:"source,omitempty" maxLength:"500" doc:"Of a GeoTIFF: where it comes from"`
	Map         map[string]string `json:"map,omitempty" doc:"Column of the layer to field of the file; - for none"`
	Period      *Period           `json:"period,omitempty" doc:"Of a dated layer, for all features; else valid_from and valid_until are paired with fields like columns"`
	Key         []string          `json:"key,omitempty" maxItems:"8" doc:"Columns that tell which feature is which; empty: the layer's. Of a new layer also fields of the file"`
	SkipRefused bool              `json:"skipRefused,omitempty" doc:"Apply what is fine although some features are refused"`
	KeepInvalid bool              `json:"keepInvalid,omitempty" doc:"Refuse invalid geometry instead of mending it"`
	DeleteGone  bool              `json:"deleteGone,omitempty" doc:"Remove features of the layer that the file does not have"`
}

// NewLayer describes a layer to be made: of a template, or of the file's own fields.
type NewLayer struct {
	Template  string             `json:"template,omitempty" maxLength:"60"`
	Title     haidang.Text       `json:"title"`
	Owner     haidang.AgencyCode `json:"owner" maxLength:"60"`
	Sector    string             `json:"sector,omitempty" maxLength:"60"`
	VisibleTo string             `json:"visibleTo,omitempty" enum:"owner,staff" doc:"Who may see it once it is there; empty: owner, the agency alone. Rights can be changed later"`
	SRID      string             `json:"crs,omitempty" maxLength:"100" doc:"In which it is kept; empty: as the file, or the province's zone"`
}

// The audiences of a new layer. Opening it to the public is a decision for whoever has
// seen it on the map.
const (
	ForOwner = "owner" // the agency that owns it
	ForStaff = "staff" // anybody signed in
)

// settled are options with nothing left open.
type settled struct {
	Options
	source   SourceLayer
	crs      crs.CRS
	swapped  bool
	encoding oldtext.Encoding
}

// settle fills in what examining found, and refuses what has to be asked.
func (o Options) settle(f Findings) (s settled, err error) {
	s.Options = o
	if s.source, err = f.Layer(o.SourceLayer); err != nil {
		return s, err
	}
	if p := s.source.Problem; p.VI != "" {
		return s, haidang.RefuseField("sourceLayer", p.VI, p.EN)
	}
	if s.encoding = o.Encoding; s.encoding == "" {
		s.encoding = s.source.Encoding.Chosen
	}
	if !s.encoding.Known() {
		return s, haidang.RefuseField("encoding", "Không chắc tệp dùng bảng mã nào. Hãy xem các mẫu chữ rồi chọn tcvn3, vni, windows-1258 hoặc utf-8.",
			"It is not certain how the text is encoded. Look at the samples, then choose tcvn3, vni, windows-1258 or utf-8.")
	}
	return s, s.settleCRS()
}

func (s *settled) settleCRS() error {
	name := s.CRS
	if s.swapped = s.Swapped; name == "" {
		name, s.swapped = s.source.CRS.Chosen, s.source.CRS.Swapped
	}
	if name == "" {
		r := s.source.CRS.Remark
		list := ""
		for _, c := range s.source.CRS.Candidates {
			list += " " + c.CRS
			if c.Swapped {
				list += " (X↔Y)"
			}
		}
		return haidang.RefuseField("crs", r.VI+" Phù hợp:"+list+".", r.EN+" These fit:"+list+".")
	}
	c, err := crs.Parse("crs", name)
	s.crs = normal(c)
	return err
}
