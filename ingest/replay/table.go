package replay

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"haidang"
)

// table reads a CSV file, gzipped when its name ends in .gz.
type table struct {
	path   string
	closer []io.Closer
	csv    *csv.Reader
	header map[string]int
}

func openTable(path string) (*table, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	t := &table{path: path, closer: []io.Closer{f}}
	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		unzipped, err := gzip.NewReader(f)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", path, err), t.Close())
		}
		r = unzipped
	}
	if err := t.readHeader(r); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

func (t *table) readHeader(r io.Reader) error {
	t.csv = csv.NewReader(r)
	t.csv.ReuseRecord = true
	names, err := t.csv.Read()
	if err != nil {
		return fmt.Errorf("%s: read the header: %w", t.path, err)
	}
	t.header = map[string]int{}
	for i, name := range names {
		t.header[strings.TrimPrefix(name, "\ufeff")] = i
	}
	return nil
}

// Close closes the file.
func (t *table) Close() error {
	var err error
	for _, c := range slices.Backward(t.closer) {
		err = errors.Join(err, c.Close())
	}
	return err
}

// next returns the next record, or io.EOF. It is valid until the next call.
func (t *table) next() ([]string, error) {
	record, err := t.csv.Read()
	if err != nil && err != io.EOF {
		err = fmt.Errorf("%s: %w", t.path, err)
	}
	return record, err
}

// where names the file and line of the last record for a message about it.
func (t *table) where() string {
	line, _ := t.csv.FieldPos(0)
	return fmt.Sprintf("%s:%d", filepath.Base(t.path), line)
}

func (t *table) column(name string) (int, error) {
	i, ok := t.header[name]
	if !ok {
		return 0, refuse("columns", fmt.Sprintf("%s không có cột %q", filepath.Base(t.path), name), fmt.Sprintf("%s has no column %q", filepath.Base(t.path), name))
	}
	return i, nil
}

// rows reads the rows of one series.
type rows struct {
	*table
	mapping *Mapping
	times   []int
	values  []valueColumn
}

type valueColumn struct {
	index int
	flag  int // column of its flag; -1: none
	Column
}

// row is what one line of a file says. A nil value is missing.
type row struct {
	time   time.Time
	values map[haidang.PropertyCode]*float64
	flags  map[haidang.PropertyCode]said
}

// said is what a file says of one of its values.
type said struct {
	Flag   haidang.Quality `json:"flag"`
	Reason string          `json:"reason"` // as the file spells it
}

func openRows(path string, m *Mapping) (*rows, error) {
	t, err := openTable(path)
	if err != nil {
		return nil, err
	}
	r := &rows{table: t, mapping: m}
	for _, name := range m.Time.Columns {
		i, no := t.column(name)
		r.times, err = append(r.times, i), errors.Join(err, no)
	}
	for name, c := range m.Columns {
		i, no := t.column(name)
		flag, noFlag := -1, error(nil)
		if c.Flag != "" {
			flag, noFlag = t.column(c.Flag)
		}
		r.values, err = append(r.values, valueColumn{i, flag, c}), errors.Join(err, no, noFlag)
	}
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return r, nil
}

// next returns the next row, or io.EOF. What cannot be read is an ErrInvalid
// that names the line.
func (r *rows) next() (row, error) {
	record, err := r.table.next()
	if err != nil {
		return row{}, err
	}
	t, err := r.timeOf(record)
	if err != nil {
		return row{}, refuse("time", fmt.Sprintf("%s: thời gian không đọc được: %v", r.where(), err), fmt.Sprintf("%s: the time cannot be read: %v", r.where(), err))
	}
	out := row{t, make(map[haidang.PropertyCode]*float64, len(r.values)), nil}
	for _, c := range r.values {
		if err := r.read(record, c, &out); err != nil {
			return row{}, err
		}
	}
	return out, nil
}

// read takes one value and what is said of it.
func (r *rows) read(record []string, c valueColumn, out *row) error {
	out.values[c.Property] = nil
	code, comment := codeGood, ""
	if c.flag >= 0 {
		comment = strings.TrimSpace(record[c.flag])
		var known bool
		if code, known = r.mapping.meaning(comment); !known {
			return refuse("flags", fmt.Sprintf("%s: cờ %q của %s không có trong bảng mã", r.where(), comment, c.Property), fmt.Sprintf("%s: the flag %q of %s is not explained", r.where(), comment, c.Property))
		}
	}
	cell := strings.TrimSpace(record[c.index])
	if code == codeMissing || slices.Contains(r.mapping.Missing, cell) {
		return nil
	}
	v, err := c.value(cell)
	if err != nil {
		return refuse("columns", fmt.Sprintf("%s: giá trị %q của %s không đọc được", r.where(), cell, c.Property), fmt.Sprintf("%s: the value %q of %s cannot be read", r.where(), cell, c.Property))
	}
	out.values[c.Property] = &v
	if code != codeGood {
		if out.flags == nil {
			out.flags = map[haidang.PropertyCode]said{}
		}
		out.flags[c.Property] = said{haidang.Quality(code), comment}
	}
	return nil
}

func (c Column) value(cell string) (float64, error) {
	if c.Words != nil {
		v, ok := c.Words[cell]
		if !ok {
			return 0, strconv.ErrSyntax
		}
		return v, nil
	}
	v, err := strconv.ParseFloat(cell, 64)
	if err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
		err = strconv.ErrRange
	}
	if c.Scale != 0 {
		v *= c.Scale
	}
	return v, err
}

func (r *rows) timeOf(record []string) (time.Time, error) {
	if r.mapping.Time.Layout != "" {
		t, err := time.ParseInLocation(r.mapping.Time.Layout, record[r.times[0]], r.mapping.zone)
		return t.UTC(), err
	}
	parts := [6]int{1, 1, 1, 0, 0, 0} // year, month, day, hour, minute, second
	for i, column := range r.times {
		n, err := strconv.Atoi(strings.TrimSpace(record[column]))
		if err != nil {
			return time.Time{}, err
		}
		parts[i] = n
	}
	return time.Date(parts[0], time.Month(parts[1]), parts[2], parts[3], parts[4], parts[5], 0, r.mapping.zone).UTC(), nil
}
