package analytics

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestOfDayIsTheRemainder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		day := rapid.Int64Range(0, 1_000_000).Draw(rt, "day")
		second := rapid.SampledFrom([]int64{0, 1, 899, 900, 43_200, 86_399}).Draw(rt, "second")
		unix := float64(day*86400 + second)
		if got, want := ofDay(unix), math.Mod(unix, 86400); got != want {
			rt.Errorf("%v: %v, want %v", unix, got, want)
		}
	})
	if b := binOf(-1); b != binsOfDay-1 {
		t.Errorf("a second before 1970 is in bin %d", b)
	}
}
