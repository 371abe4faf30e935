package exports

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"haidang"
	"haidang/geo/catalogue"
)

// What a Shapefile's table can hold.
const (
	maxShapefileName = 10  // characters of a column's name
	maxShapefileText = 254 // bytes of a text
)

// fieldNames are the columns' names in the file: as they are, but cut and told apart
// by a number where the format is a Shapefile.
func fieldNames(f Format, columns []catalogue.Column) []string {
	var names []string
	for _, c := range columns {
		name := c.Name
		if f == Shapefile && len(name) > maxShapefileName {
			name = name[:maxShapefileName]
		}
		for n := 1; slices.Contains(names, name); n++ {
			tail := fmt.Sprintf("_%d", n)
			name = c.Name[:min(len(c.Name), maxShapefileName-len(tail))] + tail
		}
		names = append(names, name)
	}
	return names
}

// remark says what had to change for the format, empty when nothing had to.
func (s *staging) remark() haidang.Text {
	var vi, en []string
	var renamed []string
	for i, c := range s.columns {
		if s.names[i] != c.Name {
			renamed = append(renamed, c.Name+" → "+s.names[i])
		}
	}
	if renamed != nil {
		list := strings.Join(renamed, ", ")
		vi = append(vi, "Shapefile chỉ cho tên cột 10 ký tự, nên đã rút gọn: "+list+".")
		en = append(en, "A Shapefile's column names have at most 10 characters, so these were shortened: "+list+".")
	}
	if s.long > 0 {
		vi = append(vi, fmt.Sprintf("Shapefile chỉ giữ %d byte mỗi ô chữ: %d ô bị cắt. GeoPackage giữ đủ.", maxShapefileText, s.long))
		en = append(en, fmt.Sprintf("A Shapefile keeps %d bytes of a text: %d were cut. A GeoPackage keeps them whole.", maxShapefileText, s.long))
	}
	if s.mixed && len(s.parts) > 1 {
		vi = append(vi, fmt.Sprintf("Lớp có nhiều kiểu hình học, nên gồm %d shapefile.", len(s.parts)))
		en = append(en, fmt.Sprintf("The layer mixes kinds of shapes, so there are %d shapefiles.", len(s.parts)))
	}
	return haidang.Text{VI: strings.Join(vi, " "), EN: strings.Join(en, " ")}
}

// zipFolder puts the files of a folder into an archive, with the remark as a text beside them.
func zipFolder(folder string, to io.Writer, remark haidang.Text) error {
	archive := zip.NewWriter(to)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := addToZip(archive, folder, e.Name()); err != nil {
			return err
		}
	}
	if remark.VI != "" {
		w, err := archive.Create("DOC-TRUOC.txt")
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "%s\n\n%s\n", remark.VI, remark.EN); err != nil {
			return err
		}
	}
	return archive.Close()
}

func addToZip(archive *zip.Writer, folder, name string) (err error) {
	f, err := os.Open(filepath.Join(folder, name))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w, err := archive.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, f)
	return err
}
