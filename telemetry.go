package haidang

import (
	"slices"
	"time"
)

// Observation is one stored result of a Datastream (SensorThings 1.1, 8.2.8).
type Observation struct {
	Datastream     DatastreamID `json:"datastream"`
	Thing          ThingID      `json:"thing"`
	Property       PropertyCode `json:"property"`
	PhenomenonTime time.Time    `json:"time"`       // when it was so, by the device
	ReceivedAt     time.Time    `json:"receivedAt"` // when the broker handed it to us
	Result         float64      `json:"result"`     // in the property's UCUM unit
}

// Quality is the least favourable thing known about a value. All but good are
// also the names of flags, which are append-only and stand behind it.
type Quality string

// The qualities a value can have.
const (
	QualityGood       Quality = "good"
	QualityDeleted    Quality = "deleted"      // a person took it away; it stays in the list of readings
	QualityRejected   Quality = "rejected"     // the device, its owner or a person says: not to be used
	QualityOutOfRange Quality = "out_of_range" // beyond what the sensor can measure
	QualityStuck      Quality = "stuck"        // the very same value for longer than a working sensor gives
	QualityJump       Quality = "jump"         // further from the reading before than nature goes in that time
	QualitySuspect    Quality = "suspect"      // a model, the device or a person finds it doubtful
	QualityClockWrong Quality = "clock_wrong"  // a little in the future, or steadily far behind
	QualityOverRate   Quality = "over_rate"    // the device sends more often than its type may
	QualityLate       Quality = "late"         // a newer reading was here before it
	QualityGap        Quality = "gap"          // readings before it are missing
)

// Flags are all flags, the least favourable first. What is shown of a value is
// the first of these that stands.
var Flags = []Quality{QualityDeleted, QualityRejected, QualityOutOfRange, QualityStuck, QualityJump, QualitySuspect,
	QualityClockWrong, QualityOverRate, QualityLate, QualityGap}

// Worse reports whether q is less favourable than other.
func (q Quality) Worse(other Quality) bool {
	return q.IsFlag() && (!other.IsFlag() || slices.Index(Flags, q) < slices.Index(Flags, other))
}

// IsFlag reports whether q is one of Flags.
func (q Quality) IsFlag() bool { return slices.Contains(Flags, q) }

// OfDevice reports whether a device may say this of its own reading. What only we
// can know, or only a person may do, it may not.
func (q Quality) OfDevice() bool {
	return q.IsFlag() && q != QualityDeleted && q != QualityOverRate && q != QualityLate
}
