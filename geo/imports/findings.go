package imports

import (
	"haidang"
	"haidang/geo/oldtext"
)

// Findings are what examining a file gave.
type Findings struct {
	Format string        `json:"format"`
	Layers []SourceLayer `json:"layers"`

	Picture *PictureFinding `json:"picture,omitempty" doc:"Of a GeoTIFF, which has no layers"`
}

// Layer returns the source layer of that name; "" stands for the only one, or the
// only one with features.
func (f Findings) Layer(name string) (SourceLayer, error) {
	var full []SourceLayer
	var names string
	for _, l := range f.Layers {
		if l.Name == name && name != "" {
			return l, nil
		}
		if l.Features > 0 {
			full = append(full, l)
		}
		names += " " + l.Name
	}
	if name == "" && len(full) == 1 {
		return full[0], nil
	}
	if name == "" && len(f.Layers) == 1 && f.Layers[0].Problem.VI != "" {
		return f.Layers[0], nil // it says why not
	}
	if name == "" && len(full) == 0 {
		return SourceLayer{}, haidang.RefuseField("sourceLayer", "Tệp không có đối tượng nào có hình học.", "The file has no features with geometry.")
	}
	return SourceLayer{}, haidang.RefuseField("sourceLayer", "Tệp có các lớp:"+clip(names, 400)+". Hãy chọn một.", "The file has the layers:"+clip(names, 400)+". Choose one.")
}

// SourceLayer is one layer of the file.
type SourceLayer struct {
	Name       string           `json:"name"`
	Features   int64            `json:"features"`
	Vertices   int64            `json:"vertices"`
	Geometries map[string]int64 `json:"geometries" doc:"How many of each type; none for those without"`
	Extent     []float64        `json:"extent" doc:"Least x, least y, greatest x, greatest y, as in the file; empty for none"`
	Fields     []SourceField    `json:"fields"`
	CRS        CRSFinding       `json:"crs"`
	Encoding   EncodingFinding  `json:"encoding"`
	Problem    haidang.Text     `json:"problem" doc:"Why the layer cannot be imported; empty when it can"`

	sample [][2]float64 // some vertices, for the coordinate systems
}

// SourceField is a column of the source.
type SourceField struct {
	Name    string   `json:"name"`
	Type    string   `json:"type" enum:"text,integer,number,boolean,date,datetime"`
	Nulls   int64    `json:"nulls"`
	Longest int      `json:"longest" doc:"Bytes of the longest value"`
	Samples []string `json:"samples"`
}

// EncodingFinding is how the text seems to be written.
type EncodingFinding struct {
	Chosen  oldtext.Encoding `json:"chosen" doc:"Empty when it has to be asked"`
	Guesses []oldtext.Guess  `json:"guesses"`
}

// CRSFinding is in which system the coordinates seem to be.
type CRSFinding struct {
	Declared   string         `json:"declared" doc:"What the file says, in its own words; empty for nothing"`
	Chosen     string         `json:"chosen" doc:"Such as EPSG:9209; empty when it has to be asked"`
	Swapped    bool           `json:"swapped" doc:"X and Y are exchanged in the file"`
	Candidates []CRSCandidate `json:"candidates"`
	Remark     haidang.Text   `json:"remark"`

	named bool // the file names the datum
}

// CRSCandidate is a system in which the coordinates make sense.
type CRSCandidate struct {
	CRS     string       `json:"crs"`
	Name    haidang.Text `json:"name"`
	Swapped bool         `json:"swapped"`
	Inside  float64      `json:"inside" doc:"Share of sampled vertices that then lie in the province's units"`
	Where   string       `json:"where" doc:"The unit in which the middle then lies"`
	Lon     float64      `json:"lon"`
	Lat     float64      `json:"lat"`
}

// Teller is told how far a stage is; total is 0 when not known.
type Teller func(stage string, done, total int64)
