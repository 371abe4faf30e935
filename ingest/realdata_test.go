package ingest

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"haidang"
	"haidang/ingest/replay"
)

// realWays are the ways in which a station's file is sent, each by a device of its
// own: as recorded; with its lines shuffled; its second half first; and twice.
var realWays = []string{"order", "shuffled", "late", "twice"}

// TestRealData sends real series through broker, ingest and database in four ways
// and counts by SQL what the files say. The beginning of a station each is enough
// for every day; HAIDANG_REALDATA=full (make realdata) sends all of every file.
func TestRealData(t *testing.T) {
	data := os.Getenv("HAIDANG_TESTDATA")
	if data == "" {
		t.Skip("HAIDANG_TESTDATA is not set: no real series to send")
	}
	const month = 31 * 24 * 4 // lines, at 15 minutes
	full := os.Getenv("HAIDANG_REALDATA") == "full"
	for _, s := range []struct {
		mapping, files string
		lines          int
	}{
		{"apalachicola-water", "nerrs_apalachicola/apacpwq.csv.gz", month},
		{"apalachicola-weather", "nerrs_apalachicola/apaebmet.csv.gz", month},
		{"beijing-prsa", "beijing_prsa/PRSA_Data_*.csv.gz", month},
	} {
		files, err := filepath.Glob(filepath.Join(data, s.files))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no files (%v)", s.files, err)
		}
		lines := 0
		if !full {
			files, lines = files[:1], s.lines
		}
		for _, file := range files {
			t.Run(filepath.Base(file), func(t *testing.T) { sendFourWays(t, "../deploy/examples/"+s.mapping+".replay.json", file, lines) })
		}
	}
}

func sendFourWays(t *testing.T, mapping, path string, most int) {
	b := setup(t, nil)
	_, err := b.pool.Exec(t.Context(), `INSERT INTO agency VALUES ('sotnmt', 'x', 'x')`)
	b.must(err)
	m, err := replay.ReadMapping(mapping)
	b.must(err)
	file := readStation(t, path, most)
	begin := time.Now()
	b.play(m, file, map[string][]string{"order": file.lines, "shuffled": shuffled(file.lines), "late": file.lines[len(file.lines)/2:], "twice": file.lines})
	b.play(m, file, map[string][]string{"late": file.lines[:len(file.lines)/2], "twice": file.lines})
	want := file.count(t, m)
	t.Logf("%s: %d lines, %d values, %d suspect, %d rejected; 5 × %d values sent in %.0f s; by SQL:", filepath.Base(path), len(file.lines), want.values,
		want.flags[haidang.QualitySuspect], want.flags[haidang.QualityRejected], want.values, time.Since(begin).Seconds())
	for _, way := range realWays {
		b.wantWay(way, file, want)
	}
	b.wantNumber(0, `SELECT count(*) FROM dead_letter`)
	b.wantNumber(0, `SELECT count(*) FROM observation_conflict`)
	b.wantNumber(0, `SELECT count(*) FROM observation_flag WHERE flag IN ('late', 'gap', 'clock_wrong')`) // history is as it was
}

// station is a file of recorded readings as lines.
type station struct {
	name, header string
	lines        []string
	places       []byte // stations.csv beside it
}

func readStation(t *testing.T, path string, most int) station {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	s := station{name: strings.TrimSuffix(filepath.Base(path), ".gz")}
	for scanner := bufio.NewScanner(unzipped); scanner.Scan(); {
		if s.header == "" {
			s.header = scanner.Text()
		} else if most == 0 || len(s.lines) < most {
			s.lines = append(s.lines, scanner.Text())
		}
	}
	if s.places, err = os.ReadFile(filepath.Join(filepath.Dir(path), "stations.csv")); err != nil {
		t.Fatal(err)
	}
	return s
}

func shuffled(lines []string) []string {
	lines = slices.Clone(lines)
	rand.New(rand.NewPCG(3, 5)).Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	return lines
}

// play sends the lines of each way at once and waits until nothing is under way.
func (b *bundle) play(m *replay.Mapping, file station, ways map[string][]string) {
	b.t.Helper()
	var all []*replay.Series
	for way, lines := range ways {
		dir := b.t.TempDir()
		path := filepath.Join(dir, file.name)
		b.must(os.WriteFile(path, []byte(file.header+"\n"+strings.Join(lines, "\n")+"\n"), 0o600))
		b.must(os.WriteFile(filepath.Join(dir, "stations.csv"), file.places, 0o600))
		mine := *m
		mine.Thing.ID = way
		series, err := replay.Open(&mine, []string{path}, 0)
		b.must(err)
		all = append(all, series...)
	}
	b.registerSeries(all, true)
	_, err := replay.Play(b.t.Context(), all, replay.Options{Broker: "tcp://" + b.broker.Addr(), Secret: secretsOf(all)})
	b.must(err)
	for queued := 1; queued > 0; time.Sleep(100 * time.Millisecond) { // as long as it takes
		queued = b.service.Queue(b.t.Context()).Pending
		b.must(b.t.Context().Err())
	}
}

// counts is what a file says, read without the help of replay.
type counts struct {
	values int64
	flags  map[haidang.Quality]int64
	sum    map[haidang.PropertyCode]float64
	each   map[haidang.PropertyCode]int64
}

func (s station) count(t *testing.T, m *replay.Mapping) counts {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(s.header + "\n" + strings.Join(s.lines, "\n"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	c := counts{flags: map[haidang.Quality]int64{}, sum: map[haidang.PropertyCode]float64{}, each: map[haidang.PropertyCode]int64{}}
	for header, column := range m.Columns {
		value, flag := slices.Index(records[0], header), slices.Index(records[0], column.Flag)
		for _, record := range records[1:] {
			if cell := record[value]; cell == "" || cell == "NA" {
				continue
			}
			c.values++
			c.each[column.Property]++
			if column.Words == nil {
				var v float64
				if _, err := fmt.Sscan(record[value], &v); err != nil {
					t.Fatal(err)
				}
				c.sum[column.Property] += v
			}
			if flag >= 0 && strings.HasPrefix(record[flag], "<1>") {
				c.flags[haidang.QualitySuspect]++
			} else if flag >= 0 && strings.HasPrefix(record[flag], "<-3>") {
				c.flags[haidang.QualityRejected]++
			}
		}
	}
	return c
}

// wantWay compares the table with the file, and with what was sent in order.
func (b *bundle) wantWay(way string, file station, want counts) {
	b.t.Helper()
	const of = ` FROM observation o JOIN datastream d ON d.id = o.datastream WHERE d.thing = $1`
	for property, n := range want.each {
		b.wantNumber(n, `SELECT count(*)`+of+` AND d.property = $2`, way, property)
	}
	for property, sum := range want.sum {
		b.wantNumber(1, `SELECT count(*) FROM (SELECT sum(o.result) AS s`+of+` AND d.property = $2) x WHERE abs(s - $3) < 1e-9 * (1 + abs($3))`, way, property, sum)
	}
	const flagged = `SELECT count(*) FROM observation_flag f JOIN datastream d ON d.id = f.datastream WHERE d.thing = $1 AND f.flagged_by = 'device' AND f.flag = $2`
	for _, q := range haidang.Flags {
		b.wantNumber(want.flags[q], flagged, way, q)
	}
	const same = `SELECT d.property, o.phenomenon_time, o.result` + of
	b.wantNumber(0, `SELECT count(*) FROM (`+same+` EXCEPT `+strings.ReplaceAll(same, "$1", "'order'")+`) x`, way)
	const sameFlags = `SELECT d.property, f.phenomenon_time, f.flag, f.reason FROM observation_flag f JOIN datastream d ON d.id = f.datastream WHERE d.thing = $1 AND f.flagged_by = 'device'`
	b.wantNumber(0, `SELECT count(*) FROM (`+sameFlags+` EXCEPT `+strings.ReplaceAll(sameFlags, "$1", "'order'")+`) x`, way)
	if way == "twice" {
		const all = `SELECT count(*) FROM observation_flag f JOIN datastream d ON d.id = f.datastream WHERE d.thing = $1`
		inOrder, err := b.number(all, "order")()
		b.must(err)
		b.wantNumber(inOrder, all, way) // what comes again is not judged again
	}
	b.wantNumber(int64(len(want.each)), `SELECT count(*) FROM observation_latest l JOIN datastream d ON d.id = l.datastream WHERE d.thing = $1
		AND (l.phenomenon_time, l.result) = (SELECT o.phenomenon_time, o.result FROM observation o WHERE o.datastream = d.id ORDER BY o.phenomenon_time DESC LIMIT 1)`, way)
	times := int64(1)
	if way == "twice" {
		times = 2
	}
	account := b.account(haidang.ThingID(way))
	if account.Messages != times*int64(len(file.lines)) || account.Stored != want.values || account.Duplicate != (times-1)*want.values || account.Conflict != 0 || account.Dead != 0 {
		b.t.Errorf("%s: the account is %+v", way, account)
	}
	var found string
	b.must(b.pool.QueryRow(b.t.Context(), `SELECT coalesce(string_agg(n || ' ' || flag, ', ' ORDER BY flag), 'none') FROM (SELECT flag, count(*) AS n
		FROM observation_flag f JOIN datastream d ON d.id = f.datastream WHERE d.thing = $1 AND f.flagged_by = 'ingest' GROUP BY flag) x`, way).Scan(&found))
	b.t.Logf("  %-8s stored=%d duplicate=%d conflict=%d dead=%d flags of ingest: %s", way, account.Stored, account.Duplicate, account.Conflict, account.Dead, found)
}

func (b *bundle) account(thing haidang.ThingID) DeviceAccount {
	b.t.Helper()
	accounts, _, err := b.ledger.Devices(b.t.Context(), time.Time{})
	b.must(err)
	i := slices.IndexFunc(accounts, func(a DeviceAccount) bool { return a.Thing == thing })
	if i < 0 {
		b.t.Fatalf("%s has no account", thing)
	}
	return accounts[i]
}
