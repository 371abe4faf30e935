package ingest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"haidang/internal/foreign"
)

// Reasons of a DeadLetter.
const (
	ReasonTopic           = "unknown_topic"
	ReasonJSON            = "bad_json"         // not the shape that docs/devices.md gives
	ReasonTime            = "bad_time"         // missing, not RFC 3339, or before any sensor
	ReasonFuture          = "future"           // more than five minutes ahead of us
	ReasonExpired         = "expired"          // of a month that is kept no longer
	ReasonThing           = "unknown_thing"    // not registered
	ReasonProperty        = "unknown_property" // not registered for this thing
	ReasonValue           = "bad_value"        // no measurement is that large
	ReasonReport          = "bad_report"       // a citizen's report that breaks a rule
	ReasonDatabaseRefused = "database"         // the database will never take it
)

// decoderName is written into dead letters, so that one knows what to decode again.
const decoderName = "haidang-json/1"

const (
	longestName   = 64   // of an attribute
	longestValue  = 1024 // of an attribute, as JSON
	mostAttribute = 64   // attributes in one message
)

// refused says why a message or one reading of it cannot be stored.
type refused struct{ reason, detail string }

func (r *refused) Error() string { return r.reason + ": " + r.detail }

// reading is one value of one property before it is known which datastream it is.
type reading struct {
	property string
	time     time.Time
	value    float64
	said     said
}

// wireReading is docs/devices.md, "Telemetry". seq is for the device's own use.
type wireReading struct {
	Time   string              `json:"time"`
	Values map[string]*float64 `json:"values"`
}

// decodeTelemetry reads one object or an array of them. A null is a missing
// value and yields nothing. The order is that of the message, then of the
// properties' names, so that a message decodes the same way each time.
func decodeTelemetry(payload []byte) ([]reading, error) {
	var parts []wireReading
	trimmed := bytes.TrimLeft(payload, " \t\r\n")
	var err error
	if len(trimmed) > 0 && trimmed[0] == '[' {
		err = json.Unmarshal(trimmed, &parts)
	} else {
		parts = make([]wireReading, 1)
		err = json.Unmarshal(trimmed, &parts[0])
	}
	if err != nil {
		return nil, &refused{ReasonJSON, err.Error()}
	}
	var readings []reading
	for _, p := range parts {
		if readings, err = p.appendTo(readings); err != nil {
			return nil, err
		}
	}
	return readings, nil
}

func (w wireReading) appendTo(readings []reading) ([]reading, error) {
	if w.Values == nil {
		return nil, &refused{ReasonJSON, `"values" is missing`}
	}
	t, err := time.Parse(time.RFC3339, w.Time)
	if err != nil {
		return nil, &refused{ReasonTime, fmt.Sprintf(`"time" must be RFC 3339, such as 2026-03-02T07:00:00Z, and is %q`, foreign.Clip(w.Time, 80))}
	}
	t = t.UTC().Truncate(time.Microsecond) // what the database can hold
	begin := len(readings)
	for property, value := range w.Values {
		if value != nil {
			readings = append(readings, reading{property: property, time: t, value: *value})
		}
	}
	slices.SortFunc(readings[begin:], func(a, b reading) int { return strings.Compare(a.property, b.property) })
	return readings, nil
}

// decodeStatus reads {"online":true}.
func decodeStatus(payload []byte) (online bool, err error) {
	var status struct {
		Online *bool `json:"online"`
	}
	if err := json.Unmarshal(payload, &status); err != nil {
		return false, &refused{ReasonJSON, err.Error()}
	}
	if status.Online == nil {
		return false, &refused{ReasonJSON, `"online" must be true or false`}
	}
	return *status.Online, nil
}

// decodeAttributes reads a flat JSON object and spells it so that the database
// takes it: one message that only the database refuses holds everybody up.
func decodeAttributes(payload []byte) (map[string]json.RawMessage, error) {
	var attributes map[string]json.RawMessage
	if err := json.Unmarshal(payload, &attributes); err != nil {
		return nil, &refused{ReasonJSON, err.Error()}
	}
	if attributes == nil || len(attributes) > mostAttribute {
		return nil, &refused{ReasonJSON, fmt.Sprintf("attributes must be an object of at most %d names", mostAttribute)}
	}
	for name, value := range attributes {
		if name == "" || len(name) > longestName || strings.ContainsRune(name, 0) {
			return nil, &refused{ReasonJSON, fmt.Sprintf("an attribute's name has 1 to %d bytes", longestName)}
		}
		spelled, ok := spellAttribute(value)
		if !ok || len(spelled) > longestValue {
			return nil, &refused{ReasonJSON, fmt.Sprintf("attribute %q must be a string without NUL, a number, a truth value or null, of at most %d bytes",
				name, longestValue)}
		}
		attributes[name] = spelled
	}
	return attributes, nil
}

// spellAttribute writes a value without what jsonb does not know: NUL, halves of
// surrogate pairs, bytes that are not UTF-8, numbers without end.
func spellAttribute(value json.RawMessage) (json.RawMessage, bool) {
	switch value[0] {
	case '{', '[':
		return nil, false
	case 't', 'f', 'n':
		return value, true
	case '"':
		var text string
		if err := json.Unmarshal(value, &text); err != nil || strings.ContainsRune(text, 0) {
			return nil, false
		}
		spelled, err := json.Marshal(text)
		return spelled, err == nil
	}
	number, err := strconv.ParseFloat(string(value), 64)
	if err != nil {
		return nil, false
	}
	if !bytes.ContainsAny(value, "eE") {
		return value, true // all digits of a long serial number
	}
	spelled, err := json.Marshal(number)
	return spelled, err == nil
}
