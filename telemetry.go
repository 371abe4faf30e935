package haidang

import "time"

// Observation is one stored result of a Datastream (SensorThings 1.1, 8.2.8).
type Observation struct {
	Datastream     DatastreamID `json:"datastream"`
	Thing          ThingID      `json:"thing"`
	Property       PropertyCode `json:"property"`
	PhenomenonTime time.Time    `json:"time"`       // when it was so, by the device
	ReceivedAt     time.Time    `json:"receivedAt"` // when the broker handed it to us
	Result         float64      `json:"result"`     // in the property's UCUM unit
}

// Quality is the least favourable thing known about a value.
type Quality string

// The qualities a value can have. Flags behind them are append-only.
const (
	QualityGood       Quality = "good"
	QualitySuspect    Quality = "suspect"      // a model found it deviating
	QualityOutOfRange Quality = "out_of_range" // beyond what the sensor can measure
)
