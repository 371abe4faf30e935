package ingest

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"haidang"
	"haidang/ingest/broker"
)

func FuzzDecodeTelemetry(f *testing.F) {
	for _, seed := range []string{
		`{"time":"2026-03-02T07:00:00Z","seq":12,"values":{"salinity":3.42,"water_level":null}}`,
		`[{"time":"2026-03-02T07:00:00.5+07:00","values":{"salinity":-1e-300}}]`,
		`{"seq":0,"values":{"salinity":3}}`, `[{"id":"a","values":{"x":1}},{"seq":7,"id":"b","values":{}},{"seq":9007199254740991,"values":{"x":2}}]`,
		`{"time":"2026-03-02T07:00:00Z","values":{"salinity":3,"x":null},"flags":{"salinity":{"flag":"suspect","reason":"<1> [CSM]"},"x":{"flag":"late"}}}`,
		`{"time":"2026-03-02T07:00:00Z","values":{},"flags":{"7":{},"A":{"7":"A1"}}}`, // two reasons to refuse it
		`{"seq":-1,"values":{}}`, `{"id":"","values":{}}`, `{"time":null,"values":{"x":1}}`,
		`[]`, `null`, `{`, `{"time":"0000-01-01T00:00:00Z","values":{"":1}}`, `{"values":{"a":1e999}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		m := message{topic: "v1/things/gauge1/telemetry", payload: payload, receivedAt: time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)}
		again := m
		m.decode()
		again.decode()
		if no := m.refused; no != nil && (no.reason == "" || m.readings != nil || m.parts != nil) {
			t.Errorf("refused without a reason, or with readings: %v", no)
		}
		if !reflect.DeepEqual(m, again) {
			t.Errorf("decoded as %+v, then as %+v", m, again)
		}
		checkParts(t, m)
	})
}

// checkParts holds decoded parts to their rules: they cover the readings in order,
// and each that has no time has a key.
func checkParts(t *testing.T, m message) {
	t.Helper()
	next := 0
	for _, p := range m.parts {
		if p.from != next || p.to < p.from || p.seq < -1 || p.seq > largestSequence || p.timed == (p.key != nil) {
			t.Errorf("part %+v after reading %d", p, next)
		}
		next = p.to
	}
	if next != len(m.readings) {
		t.Errorf("parts cover %d of %d readings", next, len(m.readings))
	}
	for i, r := range m.readings {
		if r.time.IsZero() && r.time.Year() != 1 || r.time.Location() != time.UTC || r.time.Nanosecond()%1000 != 0 {
			t.Errorf("reading %d is %+v", i, r)
		}
		if r.said.flag != "" && !r.said.flag.OfDevice() || len(r.said.reason) > 4*longestReason {
			t.Errorf("reading %d says %+v of itself", i, r.said)
		}
	}
}

func FuzzDecodeStatus(f *testing.F) {
	for _, seed := range []string{`{"online":true}`, `{"online":false,"x":1}`, `{"online":null}`, `[]`, `null`, `{"online":"yes"}`, `{`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		online, err := decodeStatus(payload)
		if no, ok := errors.AsType[*refused](err); err != nil && (!ok || no.reason != ReasonJSON || online) {
			t.Errorf("refused as %v, online %v", err, online)
		}
		var status map[string]any
		if err == nil && json.Unmarshal(payload, &status) != nil {
			t.Errorf("took %q, which is no object", payload)
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
		if rest, ok := strings.CutPrefix(topic, "v1/things/"); ok && kind != topicUnknown {
			if k, n := parseTopic(broker.PublicTopic("p/3/" + rest)); k != kind || n != name {
				t.Errorf("%q is %d of %q, by a lane %d of %q", topic, kind, name, k, n)
			}
		}
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
