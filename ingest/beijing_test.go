package ingest

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"haidang"
	"haidang/ingest/replay"
)

// TestReplayBeijing plays the first days of ten real stations as recorded and
// then shifted, and counts by SQL what the files say.
func TestReplayBeijing(t *testing.T) {
	t.Parallel()
	data := os.Getenv("HAIDANG_TESTDATA")
	if data == "" {
		t.Skip("HAIDANG_TESTDATA is not set: no real series to replay")
	}
	files, err := filepath.Glob(filepath.Join(data, "beijing_prsa", "PRSA_Data_*.csv.gz"))
	if err != nil || len(files) != 10 {
		t.Fatalf("ten stations expected, got %d (%v)", len(files), err)
	}
	mapping, err := replay.ReadMapping("../deploy/examples/beijing-prsa.replay.json")
	if err != nil {
		t.Fatal(err)
	}
	series, err := replay.Open(mapping, files, 240)
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range []struct{ shift bool }{{false}, {true}} {
		b := setup(t, nil) // whether a device is history is fixed at its registration
		_, err = b.pool.Exec(t.Context(), `INSERT INTO agency VALUES ('sotnmt', 'x', 'x')`)
		b.must(err)
		b.registerSeries(series, !mode.shift)
		report, err := replay.Play(t.Context(), series, replay.Options{Broker: "tcp://" + b.broker.Addr(), Secret: secretsOf(series), Shift: mode.shift})
		b.must(err)
		if report.Rows != 2400 {
			t.Errorf("%d rows were acknowledged, want 2400", report.Rows)
		}
		b.wantSeries(series, report.Shift)
		b.wantNumber(0, `SELECT count(*) FROM dead_letter`)
		b.wantNumber(0, `SELECT count(*) FROM observation WHERE phenomenon_time > now()`)
	}
}

func secretsOf(series []*replay.Series) map[haidang.ThingID]string {
	secrets := map[haidang.ThingID]string{}
	for _, s := range series {
		secrets[s.Thing] = secretOf(s.Thing)
	}
	return secrets
}

func (b *bundle) registerSeries(series []*replay.Series, history bool) {
	b.t.Helper()
	var things []Registration
	for _, s := range series {
		things = append(things, Registration{ID: s.Thing, Type: "replay", Name: s.Name, Agency: "sotnmt", Lon: s.Lon, Lat: s.Lat,
			History: history, Simulated: !history, Properties: s.Properties, Secret: secretOf(s.Thing)})
	}
	b.must(b.registry.Register(b.t.Context(), things))
}

// wantSeries waits until each station has as many rows as its file has values,
// between the times that the file says.
func (b *bundle) wantSeries(series []*replay.Series, shift time.Duration) {
	b.t.Helper()
	for _, s := range series {
		eventually(b.t, string(s.Thing), int64(s.Readings), b.number(`SELECT count(*) FROM observation o JOIN datastream d ON d.id = o.datastream
			WHERE d.thing = $1 AND o.phenomenon_time BETWEEN $2 AND $3`, s.Thing, s.First.Add(shift), s.Last.Add(shift)))
	}
}
