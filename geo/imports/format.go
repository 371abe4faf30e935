package imports

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"haidang"
)

// Format is a kind of file that can be imported.
type Format struct {
	Name    string // as people call it
	drivers []string
	ends    []string
	open    []string // open options of GDAL
	raw     bool     // text comes out as bytes, in whatever encoding
	wgs84   bool     // always degrees of WGS 84, by definition
	looks   func(head []byte) bool
}

// formats are all there are. A file must have the ending and look the part.
var formats = []Format{
	{Name: "GeoPackage", drivers: []string{"GPKG"}, ends: []string{".gpkg"}, open: []string{"IMMUTABLE=YES"}, looks: begins("SQLite format 3\x00")},
	{Name: "Shapefile", drivers: []string{"ESRI Shapefile"}, ends: []string{".shp"}, open: []string{"ENCODING="}, raw: true, looks: begins("\x00\x00\x27\x0a")},
	{Name: "GeoJSON", drivers: []string{"GeoJSON", "GeoJSONSeq"}, ends: []string{".geojson", ".json", ".geojsonl", ".geojsons"}, looks: beginsAny("{", "\x1e")},
	{Name: "KML", drivers: []string{"LIBKML"}, ends: []string{".kml", ".kmz"}, wgs84: true, looks: beginsAny("<", "PK\x03\x04")},
	{Name: "DXF", drivers: []string{"DXF"}, ends: []string{".dxf"}, raw: true, looks: looksText},
	{Name: "DGN", drivers: []string{"DGN"}, ends: []string{".dgn"}, raw: true, looks: looksDGN},
	{Name: "MapInfo TAB", drivers: []string{"MapInfo File"}, ends: []string{".tab"}, raw: true, looks: looksText},
	{Name: "MapInfo MIF", drivers: []string{"MapInfo File"}, ends: []string{".mif"}, raw: true, looks: looksText},
	{Name: "CSV", drivers: []string{"CSV"}, ends: []string{".csv", ".tsv", ".txt"}, open: csvOptions, raw: true, looks: looksText},
}

// csvOptions name the columns in which coordinates are looked for.
var csvOptions = []string{"AUTODETECT_TYPE=NO", "KEEP_GEOM_COLUMNS=YES", "EMPTY_STRING_AS_NULL=YES",
	"X_POSSIBLE_NAMES=x,toa_do_x,toado_x,x_vn2000,lon,lng,long,longitude,easting,east,kinh_do,kinhdo",
	"Y_POSSIBLE_NAMES=y,toa_do_y,toado_y,y_vn2000,lat,latitude,northing,north,vi_do,vido",
	"GEOM_POSSIBLE_NAMES=wkt,geom,geometry,the_geom,shape"}

func begins(text string) func([]byte) bool {
	return func(head []byte) bool { return bytes.HasPrefix(head, []byte(text)) }
}

func beginsAny(texts ...string) func([]byte) bool {
	return func(head []byte) bool {
		head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
		return slices.ContainsFunc(texts, func(t string) bool { return bytes.HasPrefix(head, []byte(t)) })
	}
}

func looksText(head []byte) bool {
	return bytes.IndexByte(head, 0) < 0 && !bytes.HasPrefix(head, []byte("PK\x03\x04"))
}

// looksDGN knows the header element of version 7; version 8 is a compound file.
func looksDGN(head []byte) bool {
	return len(head) > 4 && (head[0] == 8 || head[0] == 0xC8) && head[1] == 9 && head[2] == 0xFE && head[3] == 2
}

// source is a file as GDAL is to open it.
type source struct {
	Format Format
	Path   string // the file itself, unpacked
	Dir    string // the folder that the sandbox may read
}

// recognise finds out what the file is, by its name and by its first bytes.
func recognise(path, name string) (Format, error) {
	end := strings.ToLower(filepath.Ext(name))
	i := slices.IndexFunc(formats, func(f Format) bool { return slices.Contains(f.ends, end) })
	if i < 0 {
		return Format{}, unknownFormat(name)
	}
	f, err := os.Open(path)
	if err != nil {
		return Format{}, err
	}
	defer f.Close()
	head := make([]byte, 4096)
	n, err := io.ReadFull(f, head)
	if n == 0 {
		return Format{}, haidang.RefuseField("file", "Tệp rỗng. Hãy xuất lại tệp rồi tải lên.", "The file is empty. Export it again, then upload it.")
	}
	if err != nil && err != io.ErrUnexpectedEOF {
		return Format{}, err
	}
	if end == ".dgn" && bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0")) {
		return Format{}, haidang.RefuseField("file", "Đây là DGN V8, chưa đọc được. Trong MicroStation hãy lưu thành V7 DGN hoặc DXF.",
			"This is DGN V8, which cannot be read. In MicroStation save it as V7 DGN or DXF.")
	}
	if !formats[i].looks(head[:n]) {
		return Format{}, haidang.RefuseField("file",
			fmt.Sprintf("Tệp %s không phải %s dù mang tên như vậy. Hãy xuất lại từ phần mềm gốc.", filepath.Base(name), formats[i].Name),
			fmt.Sprintf("The file %s is no %s although it is named so. Export it again from its own program.", filepath.Base(name), formats[i].Name))
	}
	return formats[i], nil
}

func unknownFormat(name string) error {
	var known []string
	for _, f := range formats {
		known = append(known, f.ends...)
	}
	list := strings.Join(append(append(known, pictureEnds...), ".zip"), ", ")
	return haidang.RefuseField("file", fmt.Sprintf("Không nhập được tệp %q. Nhận các đuôi: %s.", filepath.Base(name), list),
		fmt.Sprintf("The file %q cannot be imported. These endings are taken: %s.", filepath.Base(name), list))
}
