package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"haidang/internal/freeport"
)

// The recorded devices call where the house of the same environment listens.
func TestReplayFollowsTheHouse(t *testing.T) {
	t.Parallel()
	addr := freeport.For(t) // nobody listens: the refusal says where it called
	_, port, _ := strings.Cut(addr, ":")
	series, mapping := smallSeries(t)
	for _, c := range []struct {
		env, flag []string
		want      string
	}{
		{env: []string{"HAIDANG_MQTT_ADDR=" + addr}, want: "tcp://" + addr},
		{env: []string{"HAIDANG_MQTT_ADDR=0.0.0.0:" + port}, want: "tcp://localhost:" + port},
		{env: []string{"HAIDANG_MQTT_ADDR=127.0.0.1:1", "HAIDANG_REPLAY_BROKER=tcp://" + addr}, want: "tcp://" + addr},
		{env: []string{"HAIDANG_MQTT_ADDR=127.0.0.1:1"}, flag: []string{"--broker", "tcp://" + addr}, want: "tcp://" + addr},
	} {
		cmd := command(append([]string{"replay", series, "--shift", "--mapping", mapping}, c.flag...)...)
		cmd.Env = append(cmd.Env, c.env...)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), c.want) {
			t.Errorf("%v %v: %v, does not say %s: %s", c.env, c.flag, err, c.want, out)
		}
	}
}

// smallSeries writes one recorded value and what it means.
func smallSeries(t *testing.T) (series, mapping string) {
	t.Helper()
	dir := t.TempDir()
	series, mapping = filepath.Join(dir, "st_a.csv"), filepath.Join(dir, "mapping.json")
	for file, text := range map[string]string{series: "at,T\n2013-03-01 07:00,1.5\n", mapping: `{"type": "replay", "agency": "sotnmt",
		"thing": {"file": "^st_(\\w+)\\.csv$", "id": "st-$1", "name": "Station $1"}, "location": {"at": [105.9, 9.6]},
		"time": {"columns": ["at"], "layout": "2006-01-02 15:04", "zone": "Asia/Ho_Chi_Minh"}, "columns": {"T": {"property": "air_temperature"}}}`} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return series, mapping
}
