package haidang_test

import (
	"testing"
	"time"

	"haidang"
)

// The day here begins seven hours before that of UTC, whatever zone a time comes in.
func TestDay(t *testing.T) {
	for at, want := range map[string]string{"2025-06-30T16:59:59Z": "2025-06-30", "2025-06-30T17:00:00Z": "2025-07-01", "2025-07-01T00:30:00+09:00": "2025-06-30"} {
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := haidang.Day(when); got.Format(time.RFC3339) != want+"T00:00:00Z" {
			t.Errorf("%s is on %s, want %s", at, got, want)
		}
	}
}
