package operations

import (
	"time"

	"haidang"
)

// Category is a kind of thing citizens report (Open311 "service").
type Category struct {
	Code   string             `json:"code"`
	Name   haidang.Text       `json:"name"`
	Icon   string             `json:"icon"` // a Lucide icon
	Agency haidang.AgencyCode `json:"agency"`
}

// RequestEvent is one step in the life of a report. Rows are never changed.
type RequestEvent struct {
	At     time.Time             `json:"at"`
	Status haidang.RequestStatus `json:"status"` // after
	Actor  string                `json:"actor"`
	Note   string                `json:"note"` // shown to the citizen
}

// RequestFilter chooses reports for List.
type RequestFilter struct {
	Open   bool   // only those not closed
	Before string // only those with a smaller number, such as "PA-00031"; empty starts at the newest
	Limit  int    // 1 to 500
}

// Tracked is what the holder of a tracking code sees: everything about the report,
// nothing about who works on it.
type Tracked struct {
	Code        haidang.TrackingCode  `json:"code"`
	Number      string                `json:"number"`
	Category    string                `json:"category"`
	Status      haidang.RequestStatus `json:"status"`
	Description string                `json:"description"`
	UnitName    string                `json:"unitName"`
	SubmittedAt time.Time             `json:"submittedAt"`
	HasPhoto    bool                  `json:"hasPhoto"`
	Photo       string                `json:"-"` // SHA-256, for the door that serves the picture
	Events      []TrackedEvent        `json:"events"`
	Pending     bool                  `json:"pending"` // safe in the broker, not yet filed: only Code and SubmittedAt are known
}

// TrackedEvent is a RequestEvent without who did it.
type TrackedEvent struct {
	At     time.Time             `json:"at"`
	Status haidang.RequestStatus `json:"status"`
	Note   string                `json:"note"`
}
