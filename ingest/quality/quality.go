package quality

import (
	"math"
	"time"

	"haidang"
)

// Limits are what a working sensor of the property, on a device of the type, does.
type Limits struct {
	Min, Max    *float64      // beyond these it cannot measure; nil is without end
	StuckAfter  time.Duration // 0: a value may stand still for ever
	JumpStep    float64       // in the property's unit; between two readings, however close
	JumpPerHour float64       // … and for each hour between them; both 0: it may jump
	Interval    time.Duration // between two readings
	History     bool          // replayed as recorded: neither late, nor a gap, nor a wrong clock
}

// Reading is one value that is stored for the first time.
type Reading struct {
	Time     time.Time // when it was so, by the device
	Received time.Time
	Value    float64
	OverRate bool // the device sends too often
}

// State is what is remembered of a datastream: its newest reading and what came
// before. The zero State knows nothing.
type State struct {
	Time, Received time.Time
	Value          float64
	Since          time.Time // since when every reading has had Value, without a gap
	SteadyTime     time.Time // the last reading that was no jump
	SteadyValue    float64
}

const (
	// clockAhead is far more than a clock that is set over the network strays, and
	// more than a message takes. Beyond five minutes a reading is a dead letter.
	clockAhead = 30 * time.Second

	// clockBehind is below the smallest mistake of a time zone.
	clockBehind = time.Hour

	// gapAfter is how many intervals two readings may be apart: one lost reading
	// and a device that is not quite punctual make no gap.
	gapAfter = 3
)

// Judge returns the flags of a reading, the least favourable first, and what to
// remember after it. One that is older than what is remembered is late: it is
// judged by itself alone and changes nothing.
func Judge(limits Limits, s State, r Reading) ([]haidang.Quality, State) {
	var found []haidang.Quality
	note := func(q haidang.Quality, is bool) {
		if is {
			found = append(found, q)
		}
	}
	note(haidang.QualityOutOfRange, limits.outside(r.Value))
	if !s.Time.IsZero() && !r.Time.After(s.Time) {
		note(haidang.QualityOverRate, r.OverRate)
		note(haidang.QualityLate, !limits.History)
		return found, s
	}
	next := s.after(limits, r)
	note(haidang.QualityStuck, limits.StuckAfter > 0 && r.Time.Sub(next.Since) >= limits.StuckAfter)
	note(haidang.QualityJump, !next.SteadyTime.Equal(r.Time))
	note(haidang.QualityClockWrong, !limits.History && clockWrong(limits, s, r))
	note(haidang.QualityOverRate, r.OverRate)
	note(haidang.QualityGap, !limits.History && limits.gap(s, r))
	return found, next
}

// after is the state once r is the newest reading.
func (s State) after(limits Limits, r Reading) State {
	next := State{Time: r.Time, Received: r.Received, Value: r.Value, Since: s.Since, SteadyTime: r.Time, SteadyValue: r.Value}
	if s.Time.IsZero() || r.Value != s.Value || limits.gap(s, r) {
		next.Since = r.Time
	}
	// A spike does not make the value after it a jump as well, and a new level is
	// one jump, not many: it must be far from the last reading and from the last
	// that was steady.
	if limits.jumps(s.Time, s.Value, r) && limits.jumps(s.SteadyTime, s.SteadyValue, r) {
		next.SteadyTime, next.SteadyValue = s.SteadyTime, s.SteadyValue
	}
	return next
}

func (l Limits) outside(v float64) bool {
	return l.Min != nil && v < *l.Min || l.Max != nil && v > *l.Max
}

func (l Limits) jumps(from time.Time, value float64, r Reading) bool {
	if from.IsZero() || l.JumpStep == 0 && l.JumpPerHour == 0 {
		return false
	}
	return math.Abs(r.Value-value) > l.JumpStep+l.JumpPerHour*r.Time.Sub(from).Hours()
}

func (l Limits) gap(s State, r Reading) bool {
	return l.Interval > 0 && !s.Time.IsZero() && r.Time.Sub(s.Time) > gapAfter*l.Interval
}

// clockWrong is true of a clock that is ahead, and of one that is far behind and
// runs on: a device that empties its memory after an outage is behind too, but
// its time then runs much faster than ours.
func clockWrong(l Limits, s State, r Reading) bool {
	behind := r.Received.Sub(r.Time)
	if behind < -clockAhead {
		return true
	}
	if behind < max(clockBehind, gapAfter*l.Interval) || s.Time.IsZero() {
		return false
	}
	return r.Received.Sub(s.Received) >= r.Time.Sub(s.Time)/2
}

// Reason is why ingest gives a flag, as one short sentence for the log.
func Reason(q haidang.Quality) string { return reasons[q] }

var reasons = map[haidang.Quality]string{
	haidang.QualityOutOfRange: "beyond what a sensor of this property can measure",
	haidang.QualityStuck:      "the same value for longer than a working sensor gives",
	haidang.QualityJump:       "further from the readings before it than the property moves in that time",
	haidang.QualityClockWrong: "the device's clock is ahead of ours, or steadily far behind",
	haidang.QualityOverRate:   "the device sends more often than its type may",
	haidang.QualityLate:       "a newer reading was here before it",
	haidang.QualityGap:        "the device was silent before it for more than three intervals",
}
