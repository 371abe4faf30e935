package replay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones must not depend on the machine

	"haidang"
)

// Mapping tells what recorded files mean. docs/replay.md describes the file.
type Mapping struct {
	Type     string             `json:"type"`     // device type of every file
	Agency   haidang.AgencyCode `json:"agency"`   // who owns the devices
	Thing    ThingRule          `json:"thing"`    // which device a file is
	Location LocationRule       `json:"location"` // where it stands
	Time     TimeRule           `json:"time"`
	Missing  []string           `json:"missing"` // cells that mean "no value"
	Columns  map[string]Column  `json:"columns"` // by header; others are not read
	Flags    map[string]string  `json:"flags"`   // what the codes in columns of flags mean: a flag, "good" or "missing"

	file *regexp.Regexp
	zone *time.Location
}

// ThingRule makes a device's name from a file's name. $1 is what the first group
// of File matched.
type ThingRule struct {
	File string `json:"file"` // regular expression on the file's name
	ID   string `json:"id"`
	Name string `json:"name"`
}

// LocationRule gives a place directly, or by a CSV beside the series whose Key
// column holds the file rule's first group.
type LocationRule struct {
	At   []float64 `json:"at"` // longitude, latitude
	File string    `json:"file"`
	Key  string    `json:"key"`
	Lon  string    `json:"lon"`
	Lat  string    `json:"lat"`
}

// TimeRule reads a row's time from one column by a layout of Go's time package,
// or from columns of year, month, day, hour, minute and second, the last ones optional.
type TimeRule struct {
	Columns []string `json:"columns"`
	Layout  string   `json:"layout"` // with exactly one column
	Zone    string   `json:"zone"`   // IANA name
}

// Column is a property with the factor to its unit, or with words for values.
type Column struct {
	Property haidang.PropertyCode `json:"property"`
	Scale    float64              `json:"scale"` // 0 means 1
	Words    map[string]float64   `json:"words"`
	Flag     string               `json:"flag"` // the column that says how good each value is
}

// What a code may mean besides a flag.
const (
	codeGood    = "good"    // nothing is said of the value
	codeMissing = "missing" // there is no value, whatever its cell says
)

// meaning looks a cell of a flag column up: all of it, or its first word, such as
// "<-3>" of "<-3> [GSM] (CWD)".
func (m *Mapping) meaning(cell string) (code string, known bool) {
	if code, known = m.Flags[cell]; !known {
		first, _, _ := strings.Cut(cell, " ")
		code, known = m.Flags[first]
	}
	return code, known
}

// ReadMapping reads and checks a mapping. What is wrong is an ErrInvalid that
// names the field.
func ReadMapping(path string) (*Mapping, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parseMapping(data)
}

func parseMapping(data []byte) (*Mapping, error) {
	m := &Mapping{Missing: []string{"", "NA"}}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(m); err != nil {
		return nil, refuse("mapping", "tệp ánh xạ không đọc được: "+err.Error(), "the mapping cannot be read: "+err.Error())
	}
	return m, m.check()
}

func (m *Mapping) check() (err error) {
	if m.zone, err = time.LoadLocation(m.Time.Zone); err != nil || m.Time.Zone == "" {
		return refuse("time.zone", "cần tên múi giờ IANA, ví dụ Asia/Ho_Chi_Minh", "an IANA zone is needed, such as Asia/Ho_Chi_Minh")
	}
	if m.file, err = regexp.Compile(m.Thing.File); err != nil || m.file.NumSubexp() < 1 {
		return refuse("thing.file", "cần biểu thức chính quy có ít nhất một nhóm", "a regular expression with at least one group is needed")
	}
	if n := len(m.Time.Columns); n == 0 || n > 6 || (m.Time.Layout != "") != (n == 1) {
		return refuse("time.columns", "cần một cột với layout, hoặc 2 đến 6 cột năm, tháng, ngày, giờ, phút, giây", "one column with a layout is needed, or 2 to 6 columns of year, month, day, hour, minute, second")
	}
	if len(m.Columns) == 0 {
		return refuse("columns", "cần ít nhất một cột giá trị", "at least one column of values is needed")
	}
	if m.Location.File == "" && len(m.Location.At) != 2 {
		return refuse("location", "cần \"at\": [kinh độ, vĩ độ] hoặc một tệp tọa độ", "\"at\": [longitude, latitude] or a file of places is needed")
	}
	return m.checkFlags()
}

func (m *Mapping) checkFlags() error {
	for code, means := range m.Flags {
		if means != codeGood && means != codeMissing && !haidang.Quality(means).OfDevice() {
			return refuse("flags", fmt.Sprintf("%q của mã %q không phải cờ, cũng không phải good hay missing", means, code),
				fmt.Sprintf("%q of code %q is neither a flag nor good nor missing", means, code))
		}
	}
	for name, c := range m.Columns {
		if c.Flag != "" && len(m.Flags) == 0 {
			return refuse("flags", fmt.Sprintf("cột %q có cột cờ nhưng không có bảng mã", name), fmt.Sprintf("column %q has a column of flags, but no code is explained", name))
		}
	}
	return nil
}

// properties returns what the columns measure, each once.
func (m *Mapping) properties() []haidang.PropertyCode {
	var all []haidang.PropertyCode
	for _, c := range m.Columns {
		all = append(all, c.Property)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func refuse(field, vi, en string) *haidang.Error {
	return haidang.RefuseField(field, fmt.Sprintf("Phát lại: %s.", vi), fmt.Sprintf("Replay: %s.", en))
}
