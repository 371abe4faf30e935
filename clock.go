package haidang

import "time"

// LocalTime is the province's clock. Vietnam has no daylight saving time.
var LocalTime = time.FixedZone("ICT", 7*60*60)

// Day returns the calendar day of t in Vietnam, as midnight UTC of that date.
func Day(t time.Time) time.Time {
	y, m, d := t.In(LocalTime).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
