package ingest

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"haidang"
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
	ReasonRate            = "rate"             // more often than the device's type may
	ReasonReport          = "bad_report"       // a citizen's report that breaks a rule
	ReasonDatabaseRefused = "database"         // the database will never take it
)

// decoderName is written into dead letters, so that one knows what to decode again.
const decoderName = "haidang-json/1"

const (
	longestName   = 64   // of an attribute
	longestValue  = 1024 // of an attribute, as JSON
	mostAttribute = 64   // attributes in one message
	longestID     = 256  // of a message, bytes
	longestReason = 200  // of a flag, bytes
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

// part is one object of a telemetry message.
type part struct {
	from, to int       // its readings in the message
	time     time.Time // of its readings
	timed    bool      // by the device; else the time is that of our receipt
	seq      int64     // its sequence number; -1: none
	key      []byte    // by which a part without a time is known when it comes again
	claim    *claim    // of it, in the batch it is in; else nil
}

// wireReading is docs/devices.md, "Telemetry".
type wireReading struct {
	Time   *string              `json:"time"`
	Seq    *int64               `json:"seq"`
	ID     *string              `json:"id"`
	Values map[string]*float64  `json:"values"`
	Flags  map[string]*wireFlag `json:"flags"`
}

type wireFlag struct {
	Flag   haidang.Quality `json:"flag"`
	Reason string          `json:"reason"`
}

// decodeTelemetry reads one object or an array of them. A null is a missing
// value and yields nothing. The order is that of the message, then of the
// properties' names, so that a message decodes the same way each time.
func decodeTelemetry(payload []byte) ([]part, []reading, error) {
	var wire []wireReading
	trimmed := bytes.TrimLeft(payload, " \t\r\n")
	var err error
	if len(trimmed) > 0 && trimmed[0] == '[' {
		err = json.Unmarshal(trimmed, &wire)
	} else {
		wire = make([]wireReading, 1)
		err = json.Unmarshal(trimmed, &wire[0])
	}
	if err != nil {
		return nil, nil, &refused{ReasonJSON, err.Error()}
	}
	parts := make([]part, 0, len(wire))
	var readings []reading
	for i, w := range wire {
		p, err := w.part(i, trimmed)
		if err != nil {
			return nil, nil, err
		}
		p.from = len(readings)
		if readings, err = w.appendTo(readings, p.time); err != nil {
			return nil, nil, err
		}
		p.to = len(readings)
		parts = append(parts, p)
	}
	return parts, readings, nil
}

// part reads all but the values. ordinal is its place in the message.
func (w wireReading) part(ordinal int, payload []byte) (p part, err error) {
	p.seq = -1
	if w.Seq != nil {
		if p.seq = *w.Seq; p.seq < 0 || p.seq > largestSequence {
			return p, &refused{ReasonJSON, fmt.Sprintf(`"seq" must be a whole number from 0 to %d`, int64(largestSequence))}
		}
	}
	if w.ID != nil && (*w.ID == "" || len(*w.ID) > longestID) {
		return p, &refused{ReasonJSON, fmt.Sprintf(`"id" has 1 to %d bytes`, longestID)}
	}
	if w.Time == nil {
		p.key, err = w.key(ordinal, payload)
		return p, err
	}
	t, err := time.Parse(time.RFC3339, *w.Time)
	if err != nil {
		return p, &refused{ReasonTime, fmt.Sprintf(`"time" must be RFC 3339, such as 2026-03-02T07:00:00Z, and is %q`, foreign.Clip(*w.Time, 80))}
	}
	p.time, p.timed = t.UTC().Truncate(time.Microsecond), true // what the database can hold
	return p, nil
}

// key names a part without a time: by its id, or by its number and the message it
// came in, for a device that lost count gives a number again.
func (w wireReading) key(ordinal int, payload []byte) ([]byte, error) {
	h := sha256.New()
	switch {
	case w.ID != nil:
		fmt.Fprintf(h, "id %s", *w.ID)
	case w.Seq != nil:
		fmt.Fprintf(h, "seq %d %d ", *w.Seq, ordinal)
		h.Write(payload)
	default:
		return nil, &refused{ReasonTime, `"time" is missing: send it in RFC 3339, such as 2026-03-02T07:00:00Z, or, without a clock, a "seq" or an "id", ` +
			`so that a message that is sent twice is known`}
	}
	return h.Sum(nil)[:16], nil
}

func (w wireReading) appendTo(readings []reading, t time.Time) ([]reading, error) {
	if w.Values == nil {
		return nil, &refused{ReasonJSON, `"values" is missing`}
	}
	if err := w.checkFlags(); err != nil {
		return nil, err
	}
	readings = slices.Grow(readings, len(w.Values))
	begin := len(readings)
	for property, value := range w.Values {
		if value == nil {
			continue
		}
		r := reading{property: property, time: t, value: *value}
		if f := w.Flags[property]; f != nil {
			r.said = said{f.Flag, foreign.Printable(f.Reason)}
		}
		readings = append(readings, r)
	}
	slices.SortFunc(readings[begin:], func(a, b reading) int { return strings.Compare(a.property, b.property) })
	return readings, nil
}

func (w wireReading) checkFlags() error {
	for _, property := range slices.Sorted(maps.Keys(w.Flags)) { // so that a message is refused the same way each time
		f := w.Flags[property]
		_, there := w.Values[property]
		switch {
		case f == nil:
			continue
		case !there:
			return &refused{ReasonJSON, fmt.Sprintf(`"flags" names %q, which is not in "values"`, foreign.Clip(property, 80))}
		case !f.Flag.OfDevice():
			return &refused{ReasonJSON, fmt.Sprintf("a device cannot give the flag %q", foreign.Clip(string(f.Flag), 80))}
		case len(f.Reason) > longestReason:
			return &refused{ReasonJSON, fmt.Sprintf(`the "reason" of a flag has at most %d bytes`, longestReason)}
		}
	}
	return nil
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
