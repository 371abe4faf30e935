package analytics

import (
	"testing"
	"time"
)

func TestJudge(t *testing.T) {
	at := func(h float64) time.Time { return origin.Add(time.Duration(h * float64(time.Hour))) }
	faults := []Fault{
		{Thing: "a", Property: "salinity", Kind: "bias", From: at(10), To: at(12)},
		{Thing: "a", Property: "salinity", Kind: "drift", From: at(20), To: at(30)},
		{Thing: "b", Property: "pm25", Kind: "bias", From: at(5), To: at(6)},
		{Thing: "c", Property: "pm25", Kind: "stuck", From: at(-5), To: at(3), Before: true},
	}
	alarms := []Alarm{
		{"a", "salinity", at(11)},    // right, finds the bias after 1 h
		{"a", "salinity", at(11.5)},  // right as well
		{"a", "salinity", at(12.4)},  // right: within the grace
		{"a", "salinity", at(13)},    // wrong
		{"a", "battery", at(21)},     // wrong: another property
		{"b", "pm25", at(4.9)},       // wrong: before the fault
		{"c", "pm25", at(1)},         // not counted: the fault began before
		{"a", "salinity", at(22.99)}, // right, finds the drift after 2.99 h
	}
	s := Judge(alarms, faults)
	if s.Precision != (Tally{7, 4}) || s.Recall != (Tally{3, 2}) {
		t.Errorf("precision %+v, recall %+v", s.Precision, s.Recall)
	}
	if s.ByKind["bias"] != (Tally{2, 1}) || s.ByKind["drift"] != (Tally{1, 1}) || s.ByProperty["salinity"] != (Tally{5, 4}) {
		t.Errorf("by kind %+v, by property %+v", s.ByKind, s.ByProperty)
	}
	if s.Delay.Round(time.Minute) != 120*time.Minute {
		t.Errorf("median delay %v, want 2 h", s.Delay)
	}
	if empty := Judge(nil, nil); empty.Precision.Share() != 0 || empty.Recall.Share() != 0 {
		t.Errorf("nothing scores %+v", empty)
	}
}
