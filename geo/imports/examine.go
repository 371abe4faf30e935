package imports

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"haidang"
	"haidang/geo/oldtext"
)

// examine reads every layer of the source once, whole.
func (im *Importer) examine(ctx context.Context, s source, tell Teller) (Findings, error) {
	r := reader{s, im.limits}
	names, err := r.layers(ctx)
	if err != nil {
		return Findings{}, err
	}
	found := Findings{Format: s.Format.Name}
	var read int64
	for _, name := range names {
		if strings.HasPrefix(name, "-") {
			found.Layers = append(found.Layers, unnameable(name))
			continue
		}
		l, err := im.examineLayer(ctx, r, name, func(n int64) { tell("examine", read+n, 0) })
		if err != nil {
			return Findings{}, err
		}
		read += l.Features
		found.Layers = append(found.Layers, l)
	}
	return found, nil
}

func (im *Importer) examineLayer(ctx context.Context, r reader, name string, tell func(int64)) (SourceLayer, error) {
	x := examiner{limits: im.limits, raw: r.source.Format.raw, tell: tell,
		layer: SourceLayer{Name: strings.ToValidUTF8(name, "�"), Geometries: map[string]int64{}, Extent: []float64{}, Fields: []SourceField{}}, extent: nowhere()}
	err := r.stream(ctx, name, x.begin, x.feature)
	if errors.Is(err, errNoGeometry) {
		x.layer.Problem = haidang.Text{VI: "Lớp không có hình học. Với CSV cần cột X và Y, hay cột WKT.", EN: "The layer has no geometry. A CSV needs columns X and Y, or WKT."}
		return x.finish(), nil
	}
	if err != nil {
		return SourceLayer{}, err
	}
	l := x.finish()
	wkt, err := r.wkt(ctx, name)
	if err != nil {
		return SourceLayer{}, err
	}
	l.CRS, err = im.findCRS(ctx, l, wkt, r.source.Format)
	return l, err
}

// unnameable is a layer whose name GDAL's programs would take for an option.
func unnameable(name string) SourceLayer {
	return SourceLayer{Name: strings.ToValidUTF8(name, "�"), Geometries: map[string]int64{}, Extent: []float64{}, Fields: []SourceField{}, CRS: CRSFinding{Candidates: []CRSCandidate{}}, Encoding: EncodingFinding{Guesses: []oldtext.Guess{}},
		Problem: *sentence("Tên lớp %q bắt đầu bằng dấu trừ nên không đọc được. Hãy đổi tên lớp trong tệp.", "The layer's name %q begins with a dash, so it cannot be read. Rename the layer in the file.", clip(name, 100))}
}

// examiner gathers what there is to know of a layer while its features pass.
type examiner struct {
	limits Limits
	raw    bool
	layer  SourceLayer
	extent extent
	text   oldtext.Detector
	tell   func(int64)
	stride int64
	seen   []map[string]bool // some values of each field
}

// nSamples is how many values of a field are shown, and nVertices how many vertices
// are tried in each coordinate system.
const (
	nSamples  = 5
	nVertices = 100
)

func (x *examiner) begin(fields []field) error {
	for _, f := range fields {
		x.text.Add([]byte(f.Name))
		x.layer.Fields = append(x.layer.Fields, SourceField{Name: f.Name, Type: sourceType(f.Type), Samples: []string{}})
		x.seen = append(x.seen, map[string]bool{})
	}
	x.stride = 1
	return nil
}

// sourceType says in our words what the stream calls a type.
func sourceType(t string) string {
	t = strings.ToUpper(t)
	switch {
	case strings.HasSuffix(t, "[]"):
		return "text"
	case strings.HasPrefix(t, "INT"), strings.HasPrefix(t, "BIGINT"), strings.HasPrefix(t, "SMALLINT"):
		return "integer"
	case strings.HasPrefix(t, "FLOAT"), strings.HasPrefix(t, "REAL"), strings.HasPrefix(t, "NUMERIC"), strings.HasPrefix(t, "DOUBLE"):
		return "number"
	case strings.HasPrefix(t, "BOOL"):
		return "boolean"
	case strings.HasPrefix(t, "DATE"):
		return "date"
	case strings.HasPrefix(t, "TIMESTAMP"):
		return "datetime"
	}
	return "text"
}

func (x *examiner) feature(r record) error {
	x.layer.Features++
	if x.layer.Features > x.limits.Features {
		return haidang.RefuseField("file", fmt.Sprintf("Lớp có quá %d đối tượng. Hãy chia nhỏ tệp.", x.limits.Features),
			fmt.Sprintf("The layer has more than %d features. Divide the file.", x.limits.Features))
	}
	if r.N%5000 == 0 {
		x.tell(r.N)
	}
	for i, v := range r.Values {
		x.value(&x.layer.Fields[i], x.seen[i], v)
	}
	return x.shape(r)
}

func (x *examiner) value(f *SourceField, seen map[string]bool, v []byte) {
	if v == nil {
		f.Nulls++
		return
	}
	f.Longest = max(f.Longest, len(v))
	if f.Type != "text" {
		v = bytes.TrimSpace(v)
	} else {
		x.text.Add(v)
	}
	if len(f.Samples) < nSamples && len(v) > 0 && !seen[string(v)] && len(v) < 200 {
		seen[string(v)] = true
		f.Samples = append(f.Samples, string(v))
	}
}

func (x *examiner) shape(r record) error {
	if r.Shape == nil {
		x.layer.Geometries["none"]++
		return nil
	}
	s, err := walk(r.Shape, false)
	if err != nil {
		x.layer.Geometries["broken"]++
		return nil
	}
	x.layer.Geometries[wkbNames[s.kind]]++
	if x.layer.Vertices += int64(s.vertices); x.layer.Vertices > x.limits.Vertices {
		return haidang.RefuseField("file", fmt.Sprintf("Lớp có quá %d đỉnh. Hãy chia nhỏ tệp.", x.limits.Vertices),
			fmt.Sprintf("The layer has more than %d vertices. Divide the file.", x.limits.Vertices))
	}
	if s.vertices > 0 {
		x.extent.join(s.extent)
		x.sample(r.N, s.first)
	}
	return nil
}

// sample keeps first vertices evenly: when there are too many, every other one goes.
func (x *examiner) sample(n int64, p [2]float64) {
	if (n-1)%x.stride != 0 {
		return
	}
	x.layer.sample = append(x.layer.sample, p)
	if len(x.layer.sample) < 2*nVertices {
		return
	}
	for i := range nVertices {
		x.layer.sample[i] = x.layer.sample[2*i]
	}
	x.layer.sample = x.layer.sample[:nVertices]
	x.stride *= 2
}

func (x *examiner) finish() SourceLayer {
	l := x.layer
	if !x.extent.empty() {
		l.Extent = x.extent[:]
	}
	guesses, sure := x.text.Guesses()
	l.Encoding.Guesses = guesses
	if sure {
		l.Encoding.Chosen = guesses[0].Encoding
	}
	if !x.raw && guesses[0].Encoding != oldtext.UTF8 && !sure {
		l.Encoding.Chosen = oldtext.UTF8 // the format says so, and nothing speaks against it
	}
	for i := range l.Fields {
		f := &l.Fields[i]
		f.Name = readable(f.Name, guesses[0].Encoding)
		for k := range f.Samples {
			f.Samples[k] = readable(f.Samples[k], guesses[0].Encoding)
		}
	}
	return l
}

// readable is text of the file for a person to see before the encoding is settled.
func readable(s string, e oldtext.Encoding) string {
	if e == oldtext.UTF8 && !utf8.ValidString(s) {
		e = oldtext.Windows1252
	}
	return strings.ReplaceAll(e.Decode([]byte(s)), "\x00", "")
}
