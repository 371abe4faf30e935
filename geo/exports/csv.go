package exports

import (
	"bufio"
	"encoding/csv"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"haidang/geo/catalogue"
	"haidang/geo/features"
)

// csvFile is for people and their spreadsheets: UTF-8 with the mark that they know it
// by, columns as they are called in the catalogue, and the coordinates of points in
// columns of their own, in VN-2000 X north and Y east as the cadastre writes them.
// Other shapes are WKT.
type csvFile struct {
	out     *bufio.Writer
	csv     *csv.Writer
	plan    plan
	columns []catalogue.Column
	point   bool
	places  int
}

func newCSV(out *bufio.Writer, p plan) *csvFile {
	return &csvFile{out: out, csv: csv.NewWriter(out), plan: p, columns: p.columns(), point: p.layer.Geometry == "Point", places: places(p.system)}
}

// byteOrderMark tells spreadsheets that the file is UTF-8.
const byteOrderMark = "\ufeff"

func (c *csvFile) begin() error {
	if _, err := c.out.WriteString(byteOrderMark); err != nil {
		return err
	}
	head := []string{"fid"}
	for _, column := range c.columns {
		head = append(head, column.Name)
	}
	return c.csv.Write(append(head, c.shapeColumns()...))
}

// shapeColumns are the names of the columns that hold the shape.
func (c *csvFile) shapeColumns() []string {
	switch {
	case !c.point:
		return []string{"wkt"}
	case c.plan.system.Geographic:
		return []string{"lon", "lat"}
	case c.plan.system.Vietnamese():
		return []string{"x_north", "y_east"}
	}
	return []string{"x", "y"}
}

func (c *csvFile) feature(f features.Feature) error {
	row := []string{strconv.FormatInt(f.FID, 10)}
	for _, column := range c.columns {
		text := spell(column, f.Properties[column.Name])
		if column.Type == catalogue.Text || column.Type == catalogue.CodeType {
			text = Harmless(text)
		}
		row = append(row, text)
	}
	return c.csv.Write(append(row, c.shape(f.Geometry)...))
}

func (c *csvFile) shape(g orb.Geometry) []string {
	p, ok := g.(orb.Point)
	if !c.point || !ok {
		return []string{string(appendWKT(nil, g, c.places))}
	}
	x, y := string(appendNumber(nil, p[0], c.places)), string(appendNumber(nil, p[1], c.places))
	if c.plan.system.Vietnamese() && c.plan.system.Projected() {
		return []string{y, x}
	}
	return []string{x, y}
}

func (c *csvFile) end() error {
	c.csv.Flush()
	return c.csv.Error()
}

// Harmless keeps a spreadsheet from taking a stranger's text for a formula.
func Harmless(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

// spell writes a value for CSV; nothing is nothing.
func spell(c catalogue.Column, v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case time.Time:
		if c.Type == catalogue.Date {
			return v.Format(time.DateOnly)
		}
		return v.Format(time.RFC3339Nano)
	}
	return ""
}
