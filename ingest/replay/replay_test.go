package replay

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"haidang"
)

const mappingText = `{
  "type": "replay", "agency": "a",
  "thing": {"file": "^st_(\\w+)\\.csv$", "id": "st-$1", "name": "Station $1"},
  "location": {"file": "places.csv", "key": "k", "lon": "x", "lat": "y"},
  "time": {"columns": ["year", "month", "day", "hour"], "zone": "Asia/Ho_Chi_Minh"},
  "columns": {"T": {"property": "air_temperature"}, "P": {"property": "pressure", "scale": 10},
              "wd": {"property": "wind_direction", "words": {"N": 0, "E": 90}}}
}`

// folder writes files and returns the mapping and the path of the series.
func folder(t *testing.T, rows string) (*Mapping, string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"st_a.csv": "year,month,day,hour,T,P,wd\n" + rows, "places.csv": "k,x,y\nb,1,2\na,105.9,9.6\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m, err := parseMapping([]byte(mappingText))
	if err != nil {
		t.Fatal(err)
	}
	return m, filepath.Join(dir, "st_a.csv")
}

func TestOpenReadsTimesValuesAndPlaces(t *testing.T) {
	t.Parallel()
	m, path := folder(t, "2013,3,1,7,1.5,101.3,E\n2013,3,1,8,NA,,\n2013,3,1,6,0,100,N\n")
	all, err := Open(m, []string{path}, 0)
	if err != nil {
		t.Fatal(err)
	}
	s := all[0]
	if s.Thing != "st-a" || s.Name != "Station a" || s.Lon != 105.9 || s.Lat != 9.6 {
		t.Errorf("series is %+v", s)
	}
	if s.Rows != 3 || s.Readings != 6 || s.Missing != 3 {
		t.Errorf("%d rows, %d readings, %d missing; want 3, 6, 3", s.Rows, s.Readings, s.Missing)
	}
	if want := time.Date(2013, 3, 1, 1, 0, 0, 0, time.UTC); !s.Last.Equal(want) { // 08:00 at +07:00
		t.Errorf("last row is %s, want %s", s.Last, want)
	}
	var payloads []string
	c := newClock(all, Options{}, time.Now())
	if err := s.each(func(r row) error {
		p, err := c.payload(r, 1)
		payloads = append(payloads, string(p))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		`{"time":"2013-03-01T00:00:00Z","seq":1,"values":{"air_temperature":1.5,"pressure":1013,"wind_direction":90}}`,
		`{"time":"2013-03-01T01:00:00Z","seq":1,"values":{"air_temperature":null,"pressure":null,"wind_direction":null}}`,
		`{"time":"2013-02-28T23:00:00Z","seq":1,"values":{"air_temperature":0,"pressure":1000,"wind_direction":0}}`,
	} {
		if payloads[i] != want {
			t.Errorf("row %d is %s, want %s", i, payloads[i], want)
		}
	}
}

func TestShiftNeverGoesBeyondNow(t *testing.T) {
	t.Parallel()
	m, path := folder(t, "2013,3,1,7,1,1,E\n2013,3,1,9,1,1,E\n2013,3,1,8,1,1,E\n")
	all, err := Open(m, []string{path}, 0)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 2, 7, 0, 0, 999, time.UTC)
	if c := newClock(all, Options{Shift: true}, now); !all[0].Last.Add(c.shift).Equal(now.Truncate(time.Second)) {
		t.Errorf("the last row becomes %s, want now", all[0].Last.Add(c.shift))
	}
	if c := newClock(all, Options{}, now); c.shift != 0 {
		t.Errorf("as recorded moves by %s", c.shift)
	}
	now = time.Now()
	c := newClock(all, Options{Shift: true, Real: true}, now)
	if !all[0].First.Add(c.shift).Equal(now.Truncate(time.Second)) {
		t.Errorf("at true pace the first row becomes %s, want now", all[0].First.Add(c.shift))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := c.wait(ctx, all[0].Last); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a row two hours later is due after 50 ms: %v", err)
	}
}

func TestRefusalsNameTheFieldOrLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ what, old, new, rows, want string }{
		{"a zone that is none", "Asia/Ho_Chi_Minh", "Mars/Base", "", "time.zone"},
		{"a name without a group", `st_(\\w+)`, `st_\\w+`, "", "thing.file"},
		{"a field that is none", `"agency"`, `"agenzy"`, "", "agenzy"},
		{"a column that is not there", `"T":`, `"Q":`, "2013,3,1,7,1,1,E\n", `no column "Q"`},
		{"a value that is none", "", "", "2013,3,1,7,1,1,E\n2013,3,1,8,warm,1,E\n", "st_a.csv:3"},
		{"a word that is none", "", "", "2013,3,1,7,1,1,UP\n", "wind_direction"},
		{"a place that is none", "places.csv", "places.csv", "", "no rows"},
		{"an infinite value", "", "", "2013,3,1,7,Inf,1,E\n", "st_a.csv:2"},
	} {
		_, path := folder(t, c.rows)
		m, err := parseMapping([]byte(strings.Replace(mappingText, c.old, c.new, 1)))
		if err == nil {
			_, err = Open(m, []string{path}, 0)
		}
		if haidang.CodeOf(err) != haidang.ErrInvalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want a refusal with %q", c.what, err, c.want)
		}
	}
}

func TestExampleMappingIsGood(t *testing.T) {
	t.Parallel()
	if _, err := ReadMapping("../../deploy/examples/beijing-prsa.replay.json"); err != nil {
		t.Error(err)
	}
}

func FuzzMapping(f *testing.F) {
	f.Add([]byte(mappingText))
	f.Add([]byte(`{"time":{"columns":[]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if m, err := parseMapping(data); err == nil && (m.zone == nil || m.file == nil) {
			t.Error("accepted without zone or file rule")
		}
	})
}

const flaggedMapping = `{
  "type": "water_station", "agency": "a", "thing": {"file": "^(\\w+)\\.csv$", "id": "w-$1", "name": "$1"}, "location": {"at": [105.9, 9.6]},
  "time": {"columns": ["at"], "layout": "2006-01-02 15:04", "zone": "Etc/GMT+5"},
  "flags": {"<0>": "good", "<1>": "suspect", "<-3>": "rejected", "<-2>": "missing", "<1> odd": "jump"},
  "columns": {"S": {"property": "salinity", "flag": "f_S"}, "T": {"property": "water_temperature"}}
}`

// TestFlagsOfTheFile: a code is found by all of a cell or by its first word; one
// that means missing takes the value away; one that is not explained stops all.
func TestFlagsOfTheFile(t *testing.T) {
	t.Parallel()
	m, err := parseMapping([]byte(flaggedMapping))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.csv")
	write := func(rows string) {
		t.Helper()
		if err := os.WriteFile(path, []byte("at,S,f_S,T\n"+rows), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("2012-01-01 00:00,1,<0> (CRE),20\n2012-01-01 00:15,2,<-3> [GSM] (CWD),20\n2012-01-01 00:30,-99,<-2>,20\n2012-01-01 00:45,,<-3>,20\n2012-01-01 01:00,3,<1> odd,20\n")
	all, err := Open(m, []string{path}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if s := all[0]; s.Readings != 8 || s.Missing != 2 || s.Flagged[haidang.QualityRejected] != 1 || s.Flagged[haidang.QualityJump] != 1 || len(s.Flagged) != 2 {
		t.Errorf("series is %+v", s)
	}
	var payloads []string
	c := newClock(all, Options{}, time.Now())
	if err := all[0].each(func(r row) error {
		p, err := c.payload(r, 1)
		payloads = append(payloads, string(p))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		`{"time":"2012-01-01T05:00:00Z","seq":1,"values":{"salinity":1,"water_temperature":20}}`,
		`{"time":"2012-01-01T05:15:00Z","seq":1,"values":{"salinity":2,"water_temperature":20},"flags":{"salinity":{"flag":"rejected","reason":"\u003c-3\u003e [GSM] (CWD)"}}}`,
		`{"time":"2012-01-01T05:30:00Z","seq":1,"values":{"salinity":null,"water_temperature":20}}`,
		`{"time":"2012-01-01T05:45:00Z","seq":1,"values":{"salinity":null,"water_temperature":20}}`,
		`{"time":"2012-01-01T06:00:00Z","seq":1,"values":{"salinity":3,"water_temperature":20},"flags":{"salinity":{"flag":"jump","reason":"\u003c1\u003e odd"}}}`,
	} {
		if payloads[i] != want {
			t.Errorf("row %d is %s, want %s", i, payloads[i], want)
		}
	}
	write("2012-01-01 00:00,1,<5>,20\n")
	if _, err := Open(m, []string{path}, 0); haidang.CodeOf(err) != haidang.ErrInvalid || !strings.Contains(err.Error(), "a.csv:2") {
		t.Errorf("a code that is not explained: %v", err)
	}
	for _, bad := range []string{`"deleted"`, `"over_rate"`, `"fine"`} {
		if _, err := parseMapping([]byte(strings.Replace(flaggedMapping, `"suspect"`, bad, 1))); haidang.CodeOf(err) != haidang.ErrInvalid {
			t.Errorf("a code that means %s: %v", bad, err)
		}
	}
}
