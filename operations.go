package haidang

import "time"

// AlarmState is the state of an alarm in the ISA-18.2 machine.
type AlarmState string

// The states built so far (ISA-18.2 letters in brackets).
const (
	AlarmNormal     AlarmState = "normal"    // (A)
	AlarmUnacked    AlarmState = "unacked"   // (B) active, nobody has taken it
	AlarmAcked      AlarmState = "acked"     // (C) active, taken
	AlarmRTNUnacked AlarmState = "rtn_unack" // (D) returned to normal, still not taken
)

// Alarm is one cause that somebody must act upon. Cause is unique among alarms that are not normal.
type Alarm struct {
	ID         AlarmID      `json:"id"`
	Cause      string       `json:"cause"`    // stable key, such as "seasonal/datastream/12"
	Priority   int          `json:"priority"` // 1 urgent, 2 high, 3 medium, 4 low
	State      AlarmState   `json:"state"`
	Title      Text         `json:"title"` // what and how much, then the limit
	Thing      ThingID      `json:"thing"` // empty when no device is meant
	Datastream DatastreamID `json:"datastream"`
	Unit       UnitCode     `json:"unit"`   // administrative unit of the day it was raised
	Agency     AgencyCode   `json:"agency"` // who answers for the device
	Sector     string       `json:"sector"`
	Lon        float64      `json:"lon"`
	Lat        float64      `json:"lat"`
	RaisedAt   time.Time    `json:"raisedAt"`
	ChangedAt  time.Time    `json:"changedAt"`
	AckedBy    AccountName  `json:"ackedBy,omitempty"`
	AckNote    string       `json:"ackNote,omitempty"`
	AckedAt    *time.Time   `json:"ackedAt,omitempty"`
	Simulated  bool         `json:"simulated"`
}

// RequestStatus is where a citizen's report stands.
type RequestStatus string

// The statuses of a service request.
const (
	RequestReceived   RequestStatus = "received"
	RequestInProgress RequestStatus = "in_progress"
	RequestClosed     RequestStatus = "closed"
)

// ServiceRequest is a citizen's report (Open311 GeoReport v2 "service request").
type ServiceRequest struct {
	Code        TrackingCode  `json:"code"`
	Number      string        `json:"number"` // the office's own number, such as "PA-00031"; not secret
	Category    string        `json:"category"`
	Description string        `json:"description"`
	Language    string        `json:"language"`
	Lon         float64       `json:"lon"`
	Lat         float64       `json:"lat"`
	Exact       bool          `json:"exact"` // false when only a commune was chosen
	Unit        UnitCode      `json:"unit"`
	UnitName    string        `json:"unitName"`
	Photo       string        `json:"photo,omitempty"` // SHA-256 of the stored JPEG, hex
	Channel     string        `json:"channel"`
	Status      RequestStatus `json:"status"`
	Agency      AgencyCode    `json:"agency"`
	SubmittedAt time.Time     `json:"submittedAt"`
	ChangedAt   time.Time     `json:"changedAt"`
	Simulated   bool          `json:"simulated"`
}

// SimulatedHeader carries, with a report over HTTP, the token by which the demo's
// simulated citizens are known. Without the right token it means nothing.
const SimulatedHeader = "Haidang-Simulated"

// AlarmReport is what a model or a rule says about a cause: that it stands, how
// bad it is, and in which words. Operations adds place, time and state.
type AlarmReport struct {
	Cause      string
	Priority   int
	Title      Text
	Thing      ThingID
	Datastream DatastreamID
	At         time.Time
	Detail     map[string]any // numbers behind the title: value, limit, score
	By         string         // the model or rule
}
