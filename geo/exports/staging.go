package exports

import (
	"bufio"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkb"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/features"
)

// shapeColumn holds the geometry on the way to GDAL, in hexadecimal WKB: every bit of
// every coordinate.
const shapeColumn = "haidang_shape"

// staging writes features as the CSV that GDAL makes the file of, one for each family
// of shapes where the format cannot mix them. Beside each lies a .csvt with the types.
type staging struct {
	plan    plan
	dir     string
	room    *budget
	columns []catalogue.Column
	names   []string // of the columns in the file
	mixed   bool     // families go to files of their own
	parts   []*part
	long    int // texts cut by the format
}

// part is one CSV under way.
type part struct {
	name string // of the layer in the file
	kind string // what GDAL is told its geometries are
	path string
	file *os.File
	out  *bufio.Writer
	csv  *csv.Writer
}

// families are the kinds of shapes that one Shapefile can hold.
var families = map[string][2]string{
	"Point": {"points", "POINT"}, "MultiPoint": {"multipoints", "MULTIPOINT"}, "LineString": {"lines", "MULTILINESTRING"}, "MultiLineString": {"lines", "MULTILINESTRING"},
	"Polygon": {"areas", "MULTIPOLYGON"}, "MultiPolygon": {"areas", "MULTIPOLYGON"},
}

// csvTypes are the columns' types as a .csvt names them.
var csvTypes = map[catalogue.ColumnType]string{catalogue.Text: "String", catalogue.CodeType: "String", catalogue.Integer: "Integer64", catalogue.Number: "Real",
	catalogue.Boolean: "Integer(Boolean)", catalogue.Date: "Date", catalogue.DateTime: "DateTime"}

func newStaging(p plan, dir string, room *budget) *staging {
	s := &staging{plan: p, dir: dir, room: room, columns: p.columns()}
	s.names = fieldNames(p.format, s.columns)
	s.mixed = p.format == Shapefile && p.layer.Geometry == "Geometry"
	return s
}

func (s *staging) begin() error {
	if s.mixed {
		return nil // as families come
	}
	_, err := s.open(string(s.plan.layer.Slug), strings.ToUpper(s.plan.layer.Geometry))
	return err
}

func (s *staging) open(name, kind string) (*part, error) {
	p := &part{name: name, kind: kind, path: filepath.Join(s.dir, name+".csv")}
	types := []string{}
	for _, c := range s.columns {
		types = append(types, csvTypes[c.Type])
	}
	if err := os.WriteFile(filepath.Join(s.dir, name+".csvt"), []byte(strings.Join(append(types, "String"), ",")+"\n"), 0o600); err != nil {
		return nil, err
	}
	var err error
	if p.file, err = os.OpenFile(p.path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600); err != nil {
		return nil, err
	}
	p.out = bufio.NewWriterSize(s.room.meter(p.file), 64<<10)
	p.csv = csv.NewWriter(p.out)
	s.parts = append(s.parts, p)
	return p, p.csv.Write(append(append([]string{}, s.names...), shapeColumn))
}

func (s *staging) feature(f features.Feature) error {
	if f.Geometry == nil {
		return nil
	}
	p, err := s.partOf(f.Geometry)
	if err != nil || p == nil {
		return err
	}
	row := make([]string, 0, len(s.columns)+1)
	for _, c := range s.columns {
		text := spell(c, f.Properties[c.Name])
		if s.plan.format == Shapefile && len(text) > maxShapefileText {
			s.long++
		}
		row = append(row, text)
	}
	shape, err := wkb.Marshal(f.Geometry)
	if err != nil {
		return fmt.Errorf("write feature %d: %w", f.FID, err)
	}
	return p.csv.Write(append(row, hex.EncodeToString(shape)))
}

// partOf is where a shape goes; nil: no family of the format takes it.
func (s *staging) partOf(g orb.Geometry) (*part, error) {
	if !s.mixed {
		return s.parts[0], nil
	}
	family, ok := families[g.GeoJSONType()]
	if !ok {
		return nil, nil
	}
	name := string(s.plan.layer.Slug) + "_" + family[0]
	for _, p := range s.parts {
		if p.name == name {
			return p, nil
		}
	}
	return s.open(name, family[1])
}

func (s *staging) end() error {
	var err error
	for _, p := range s.parts {
		p.csv.Flush()
		err = errors.Join(err, p.csv.Error(), p.out.Flush(), p.file.Close())
		p.file = nil
	}
	return err
}

// close lets go of what an error left open.
func (s *staging) close() {
	for _, p := range s.parts {
		if p.file != nil {
			_ = p.file.Close() // it is thrown away
		}
	}
}

// budget bounds what an export writes to the disk.
type budget struct{ left int64 }

func (b *budget) meter(w io.Writer) io.Writer { return &metered{b, w} }

type metered struct {
	budget *budget
	w      io.Writer
}

func (m *metered) Write(p []byte) (int, error) {
	if m.budget.left -= int64(len(p)); m.budget.left < 0 {
		return 0, noRoom()
	}
	return m.w.Write(p)
}

func noRoom() error {
	return haidang.Refuse(haidang.ErrTooLarge, "Tệp quá lớn so với chỗ dành cho xuất dữ liệu. Hãy thu hẹp vùng hoặc bộ lọc, hoặc chọn GeoJSON hay CSV.",
		"The file would be larger than the room there is for exports. Narrow the box or the filter, or choose GeoJSON or CSV.")
}
