package ingest

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"haidang"
)

func FuzzDecodeTelemetry(f *testing.F) {
	for _, seed := range []string{
		`{"time":"2026-03-02T07:00:00Z","seq":12,"values":{"salinity":3.42,"water_level":null}}`,
		`[{"time":"2026-03-02T07:00:00.5+07:00","values":{"salinity":-1e-300}}]`,
		`[]`, `null`, `{`, `{"time":"0000-01-01T00:00:00Z","values":{"":1}}`, `{"values":{"a":1e999}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		readings, err := decodeTelemetry(payload)
		if no, ok := errors.AsType[*refused](err); err != nil && (!ok || no.reason == "" || readings != nil) {
			t.Errorf("refused without a reason, or with readings: %v", err)
		}
		again, _ := decodeTelemetry(payload)
		for i, r := range readings {
			if again[i] != r || r.time.Location() != time.UTC || r.time.Nanosecond()%1000 != 0 {
				t.Errorf("reading %d is %+v, then %+v", i, r, again[i])
			}
		}
	})
}

func FuzzDecodeAttributes(f *testing.F) {
	f.Add([]byte(`{"firmware":"1.2","on":true,"n":null}`))
	f.Add([]byte(`{"nested":{"a":1}}`))
	f.Add([]byte(`null`))
	f.Add([]byte(`{"half":"\ud800","nul":"\u0000","big":1e999,"e":-0e-5}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		attributes, err := decodeAttributes(payload)
		for name, value := range attributes {
			if err == nil && (name == "" || len(value) == 0 || value[0] == '{' || value[0] == '[' || !utf8.Valid(value) || !json.Valid(value) ||
				strings.Contains(string(value), `\u0000`) && !strings.Contains(string(value), `\\`)) {
				t.Errorf("accepted %q: %s", name, value)
			}
		}
	})
}

func FuzzParseTopic(f *testing.F) {
	for _, seed := range []string{"v1/things/gauge1/telemetry", "v1/channels/web/reports", "v1/things/+/status", "v1/things//attributes", "v1/things/a/telemetry/x", "/", "$MQTT/msgs"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, topic string) {
		kind, name := parseTopic(topic)
		switch kind {
		case topicUnknown:
		case topicReports:
			if topic != "v1/channels/"+name+"/reports" {
				t.Errorf("%q is no report of %q", topic, name)
			}
		default:
			if !haidang.ThingID(name).Valid() || !strings.HasPrefix(topic, "v1/things/"+name+"/") || strings.Count(topic, "/") != 3 {
				t.Errorf("%q is no message of %q", topic, name)
			}
		}
	})
}
