package ingest

import (
	"time"

	"haidang"
)

// Thing is a device with its datastreams and what was last heard of them.
type Thing struct {
	ID        haidang.ThingID    `json:"id"`
	Name      string             `json:"name"`
	Type      string             `json:"type"`
	Sector    string             `json:"sector"`
	Agency    haidang.AgencyCode `json:"agency"`
	Unit      haidang.UnitCode   `json:"unit"` // administrative unit it stands in today, if any
	Lon       float64            `json:"lon"`
	Lat       float64            `json:"lat"`
	Simulated bool               `json:"simulated"`
	History   bool               `json:"history"`   // replayed as recorded: exempt from retention
	Online    *bool              `json:"online"`    // nil until the device said so
	IntervalS int                `json:"intervalS"` // how often it should report, seconds
	Streams   []Datastream       `json:"streams"`
}

// Datastream is one observed property of a Thing with its latest value. Value,
// Time and ReceivedAt are nil before the first reading.
type Datastream struct {
	ID         haidang.DatastreamID `json:"id"`
	Property   haidang.PropertyCode `json:"property"`
	Value      *float64             `json:"value"`
	Time       *time.Time           `json:"time"`
	ReceivedAt *time.Time           `json:"receivedAt"`
	Quality    haidang.Quality      `json:"quality"`
}

// Property is an ObservedProperty: what is measured and in which unit.
type Property struct {
	Code     haidang.PropertyCode `json:"code"`
	Name     haidang.Text         `json:"name"`
	Unit     string               `json:"unit"`   // UCUM
	Symbol   string               `json:"symbol"` // the unit as people write it
	Decimals int                  `json:"decimals"`
	Min      *float64             `json:"min,omitempty"` // beyond these a sensor cannot measure
	Max      *float64             `json:"max,omitempty"`
}

// DeviceType says what a kind of device is for and how often it should report.
type DeviceType struct {
	Code      string       `json:"code"`
	Name      haidang.Text `json:"name"`
	Sector    string       `json:"sector"`
	IntervalS int          `json:"intervalS"`
	PerMinute int          `json:"perMinute"` // messages a device may send; 0: as many as it likes
	Burst     int          `json:"burst"`     // … at once
}

// Registration makes a device known, or changes what is known of it.
type Registration struct {
	ID         haidang.ThingID
	Type       string // a DeviceType's code
	Name       string
	Agency     haidang.AgencyCode
	Lon, Lat   float64 // degrees, WGS 84
	Simulated  bool
	History    bool
	Properties []haidang.PropertyCode
	Secret     string // empty keeps the secret there is
}

// Bucket sums up the observations of one stretch of time. Stretches without
// observations are absent.
type Bucket struct {
	Time time.Time `json:"t"` // begin of the stretch
	Min  float64   `json:"min"`
	Avg  float64   `json:"avg"`
	Max  float64   `json:"max"`
	N    int       `json:"n"`
}
