package quality

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"haidang"
)

var begin = time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)

func limit(v float64) *float64 { return &v }

// level is a tide gauge that reports every five minutes.
var level = Limits{Min: limit(-10), Max: limit(30), StuckAfter: 2 * time.Hour, JumpStep: 0.3, JumpPerHour: 1.5, Interval: 5 * time.Minute}

// at is a reading so many minutes after begin that arrives at once.
func at(minutes, value float64) Reading {
	t := begin.Add(time.Duration(minutes * float64(time.Minute)))
	return Reading{Time: t, Received: t.Add(time.Second), Value: value}
}

// judgeAll returns the flags of each reading.
func judgeAll(l Limits, readings ...Reading) (all [][]haidang.Quality, s State) {
	for _, r := range readings {
		var flags []haidang.Quality
		flags, s = Judge(l, s, r)
		all = append(all, flags)
	}
	return all, s
}

func TestJudge(t *testing.T) {
	t.Parallel()
	still := []Reading{at(0, 1)}
	for m := 5.0; m <= 120; m += 5 {
		still = append(still, at(m, 1))
	}
	ahead, overRate := at(0, 1), at(0, 1)
	ahead.Received = ahead.Time.Add(-time.Minute)
	overRate.OverRate = true
	hours := func(h float64, r Reading) Reading {
		r.Received = r.Received.Add(time.Duration(h * float64(time.Hour)))
		return r
	}
	atOnce := func(r Reading) Reading { r.Received = begin.Add(50 * time.Hour); return r }
	history := level
	history.History = true
	tests := map[string]struct {
		limits   Limits
		readings []Reading
		last     []haidang.Quality
	}{
		"the first":               {level, []Reading{at(0, 1)}, nil},
		"out of range":            {level, []Reading{at(0, 31)}, []haidang.Quality{haidang.QualityOutOfRange}},
		"over rate":               {level, []Reading{overRate}, []haidang.Quality{haidang.QualityOverRate}},
		"not stuck yet":           {level, still[:len(still)-1], nil},
		"stuck":                   {level, still, []haidang.Quality{haidang.QualityStuck}},
		"a value may rest":        {Limits{}, still, nil},
		"same value after a gap":  {level, append(slices.Clone(still[:20]), at(200, 1)), []haidang.Quality{haidang.QualityGap}},
		"jump":                    {level, []Reading{at(0, 1), at(5, 2)}, []haidang.Quality{haidang.QualityJump}},
		"back from a spike":       {level, []Reading{at(0, 1), at(5, 2), at(10, 1)}, nil},
		"a new level":             {level, []Reading{at(0, 1), at(5, 2), at(10, 2)}, nil},
		"as fast as a tide":       {level, []Reading{at(0, 1), at(10, 1.5)}, nil},
		"one lost reading":        {level, []Reading{at(0, 1), at(10, 1)}, nil},
		"gap":                     {level, []Reading{at(0, 1), at(16, 1)}, []haidang.Quality{haidang.QualityGap}},
		"late":                    {level, []Reading{at(10, 1), at(5, 1)}, []haidang.Quality{haidang.QualityLate}},
		"a late one never jumps":  {level, []Reading{at(10, 1), at(5, 9)}, []haidang.Quality{haidang.QualityLate}},
		"after a late one":        {level, []Reading{at(10, 1), at(5, 9), at(15, 1)}, nil},
		"clock ahead":             {level, []Reading{ahead}, []haidang.Quality{haidang.QualityClockWrong}},
		"clock seven hours slow":  {level, []Reading{hours(7, at(0, 1)), hours(7, at(5, 1))}, []haidang.Quality{haidang.QualityClockWrong}},
		"a memory emptied":        {level, []Reading{atOnce(at(0, 1)), atOnce(at(5, 1))}, nil},
		"history is as it was":    {history, []Reading{hours(1e5, at(60, 1)), hours(1e5, at(0, 1))}, nil},
		"history may have gaps":   {history, []Reading{hours(1e5, at(0, 1)), hours(1e5, at(60, 1))}, nil},
		"history can be doubtful": {history, []Reading{hours(1e5, at(0, 1)), hours(1e5, at(5, 31))}, []haidang.Quality{haidang.QualityOutOfRange, haidang.QualityJump}},
	}
	for name, c := range tests {
		all, _ := judgeAll(c.limits, c.readings...)
		if got := all[len(all)-1]; !slices.Equal(got, c.last) {
			t.Errorf("%s: %v, want %v", name, got, c.last)
		}
	}
}

// TestReasons: whatever ingest says has words for it.
func TestReasons(t *testing.T) {
	t.Parallel()
	for _, q := range []haidang.Quality{haidang.QualityOutOfRange, haidang.QualityStuck, haidang.QualityJump, haidang.QualityClockWrong,
		haidang.QualityOverRate, haidang.QualityLate, haidang.QualityGap} {
		if Reason(q) == "" {
			t.Errorf("%s has no reason", q)
		}
	}
}

func anyReading(t *rapid.T) Reading {
	r := at(float64(rapid.IntRange(-500, 500).Draw(t, "minute")), float64(rapid.IntRange(-12, 35).Draw(t, "value")))
	r.Received = r.Received.Add(time.Duration(rapid.IntRange(-10, 5000).Draw(t, "delay")) * time.Minute)
	r.OverRate = rapid.Bool().Draw(t, "over rate")
	return r
}

// TestLateNeverChangesState, and is never stuck, a jump, a gap or a wrong clock.
func TestLateNeverChangesState(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := level
		l.History = rapid.Bool().Draw(t, "history")
		var s State
		for range rapid.IntRange(1, 60).Draw(t, "readings") {
			r := anyReading(t)
			flags, next := Judge(l, s, r)
			late := !s.Time.IsZero() && !r.Time.After(s.Time)
			if late && next != s {
				t.Fatalf("late %+v moved %+v to %+v", r, s, next)
			}
			if !late && (!next.Time.Equal(r.Time) || next.Value != r.Value || next.Since.After(next.Time) || next.SteadyTime.After(next.Time)) {
				t.Fatalf("after %+v: %+v", r, next)
			}
			if slices.Contains(flags, haidang.QualityLate) != (late && !l.History) {
				t.Fatalf("late %t, history %t: %v", late, l.History, flags)
			}
			if !slices.IsSortedFunc(flags, func(a, b haidang.Quality) int {
				if a.Worse(b) {
					return -1
				}
				return 1
			}) {
				t.Fatalf("not the worst first: %v", flags)
			}
			s = next
		}
	})
}

// TestSteadySensorHasNoFlags: what keeps to its limits is never flagged.
func TestSteadySensorHasNoFlags(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		value, s := 1.0, State{}
		for i := range rapid.IntRange(1, 200).Draw(t, "readings") {
			step := rapid.IntRange(1, 30).Draw(t, "step")
			if value > 10 || value > 0 && rapid.Bool().Draw(t, "down") {
				step = -step
			}
			value += float64(step) / 100
			var flags []haidang.Quality
			if flags, s = Judge(level, s, at(float64(5*i), value)); len(flags) > 0 {
				t.Fatalf("%v after %d readings, %g", flags, i, value)
			}
		}
	})
}
