package replay

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"time"

	"haidang"
)

// Series is one file as the device it stands for.
type Series struct {
	Thing      haidang.ThingID
	Name       string
	Lon, Lat   float64
	Properties []haidang.PropertyCode
	Rows       int                     // lines that will be sent
	Readings   int                     // values in them
	Missing    int                     // cells without a value
	Flagged    map[haidang.Quality]int // values with that flag
	First      time.Time
	Last       time.Time // latest of all rows, wherever it stands

	path    string
	mapping *Mapping
}

// Open reads the files through once: so that nothing is sent of a set in which
// one line cannot be read, and the last row is known before the first is sent.
// most bounds the rows taken of each file; 0 takes all.
func Open(m *Mapping, files []string, most int) ([]*Series, error) {
	var all []*Series
	names := map[haidang.ThingID]string{}
	for _, path := range files {
		s, err := openSeries(m, path, most)
		if err != nil {
			return nil, err
		}
		if other, taken := names[s.Thing]; taken {
			return nil, refuse("thing.id", fmt.Sprintf("%s và %s là cùng một thiết bị %s", other, path, s.Thing), fmt.Sprintf("%s and %s are the same device %s", other, path, s.Thing))
		}
		names[s.Thing] = path
		all = append(all, s)
	}
	return all, nil
}

func openSeries(m *Mapping, path string, most int) (*Series, error) {
	match := m.file.FindStringSubmatchIndex(filepath.Base(path))
	if match == nil {
		return nil, refuse("thing.file", fmt.Sprintf("tên tệp %s không khớp biểu thức", filepath.Base(path)), fmt.Sprintf("the file name %s does not match", filepath.Base(path)))
	}
	expand := func(template string) string {
		return string(m.file.ExpandString(nil, template, filepath.Base(path), match))
	}
	s := &Series{Thing: haidang.ThingID(expand(m.Thing.ID)), Name: expand(m.Thing.Name), Properties: m.properties(), path: path, mapping: m}
	if !s.Thing.Valid() {
		return nil, refuse("thing.id", fmt.Sprintf("%q không phải tên thiết bị hợp lệ", s.Thing), fmt.Sprintf("%q is not a device's name", s.Thing))
	}
	var err error
	if s.Lon, s.Lat, err = m.Location.find(path, expand("$1")); err != nil {
		return nil, err
	}
	return s, s.survey(most)
}

func (s *Series) survey(most int) error {
	s.Rows, s.Flagged = most, map[haidang.Quality]int{}
	n := 0
	err := s.each(func(r row) error {
		n++
		for _, v := range r.values {
			if v == nil {
				s.Missing++
			} else {
				s.Readings++
			}
		}
		for _, f := range r.flags {
			s.Flagged[f.Flag]++
		}
		if n == 1 || r.time.Before(s.First) {
			s.First = r.time
		}
		if n == 1 || r.time.After(s.Last) {
			s.Last = r.time
		}
		return nil
	})
	s.Rows = n
	if err == nil && n == 0 {
		err = refuse("files", fmt.Sprintf("%s không có dòng nào", filepath.Base(s.path)), fmt.Sprintf("%s has no rows", filepath.Base(s.path)))
	}
	return err
}

// each calls f with the first Rows rows, or with all when Rows is 0.
func (s *Series) each(f func(row) error) (err error) {
	r, err := openRows(s.path, s.mapping)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for n := 0; s.Rows == 0 || n < s.Rows; n++ {
		one, err := r.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := f(one); err != nil {
			return err
		}
	}
	return nil
}

// find returns the place of the series in path whose key is key.
func (l LocationRule) find(path, key string) (lon, lat float64, err error) {
	if l.File == "" {
		return l.At[0], l.At[1], nil
	}
	t, err := openTable(filepath.Join(filepath.Dir(path), l.File))
	if err != nil {
		return 0, 0, err
	}
	defer t.Close()
	keyColumn, errKey := t.column(l.Key)
	lonColumn, errLon := t.column(l.Lon)
	latColumn, errLat := t.column(l.Lat)
	if err := errors.Join(errKey, errLon, errLat); err != nil {
		return 0, 0, err
	}
	for {
		record, err := t.next()
		if err == io.EOF {
			return 0, 0, refuse("location", fmt.Sprintf("%s không có %q", l.File, key), fmt.Sprintf("%s has no %q", l.File, key))
		}
		if err != nil {
			return 0, 0, err
		}
		if record[keyColumn] == key {
			return place(record[lonColumn], record[latColumn])
		}
	}
}

func place(lonText, latText string) (lon, lat float64, err error) {
	lon, errLon := strconv.ParseFloat(lonText, 64)
	lat, errLat := strconv.ParseFloat(latText, 64)
	return lon, lat, errors.Join(errLon, errLat)
}
