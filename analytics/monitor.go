package analytics

import (
	"math"
	"time"
)

// Rule says when a deviation becomes an alarm and when the alarm goes.
type Rule struct {
	Threshold float64 // in scales: beyond it a reading is suspect
	K, N      int     // an alarm needs K suspect readings of the last N
	Release   float64 // in scales: an alarm goes after Calm readings in a row within it
	Calm      int
}

// DefaultRule was chosen on seeds 1 to 4 of the simulator, never on the seeds
// that the evaluation prints.
var DefaultRule = Rule{Threshold: 6, K: 3, N: 10, Release: 3, Calm: 30}

// Verdict is what the monitor says about one reading.
type Verdict struct {
	Deviation float64 // signed, in robust scales; 0 within the usual
	Low, High float64 // the usual band, in the property's unit
	Suspect   bool
	Raise     bool // with this reading an alarm begins
	Clear     bool // with this reading the alarm is over
}

// Monitor watches one series. It is not safe for concurrent use.
type Monitor struct {
	rule     Rule
	baseline *Baseline
	day      []residual
	level    float64
	renewed  float64 // when the level was last taken, Unix seconds
	last     time.Time
	suspects []bool // of the last N readings
	calm     int
	standing bool
	since    time.Time // when the last alarm began
	learnt   time.Time
}

// NewMonitor makes a monitor that holds its tongue until Relearn gives it a baseline.
func NewMonitor(rule Rule) *Monitor { return &Monitor{rule: rule} }

// Ready says whether the monitor judges yet.
func (m *Monitor) Ready() bool { return m.baseline != nil }

// Standing says whether an alarm stands, and since when.
func (m *Monitor) Standing() (since time.Time, standing bool) { return m.since, m.standing }

// Resume tells a new monitor that an alarm of its series already stands.
func (m *Monitor) Resume(since time.Time) { m.standing, m.since = true, since }

// Retract takes back the last Raise, which nobody could be told of: it will come again.
func (m *Monitor) Retract() { m.standing = false }

// patience is how long after its beginning an alarm keeps the model from
// learning, lest the fault be learnt; then it accepts a new normal. A baseline
// is replaced all the same when half as old as what it was learnt from is long.
const patience = 24 * time.Hour

// Relearn replaces the baseline, unless an alarm began lately. A nil baseline changes nothing.
func (m *Monitor) Relearn(b *Baseline, now time.Time) {
	troubled := m.baseline != nil && now.Sub(m.since) < patience && now.Sub(m.learnt) < m.baseline.span/2
	if b == nil || troubled {
		return
	}
	m.baseline, m.day, m.renewed, m.learnt = b, b.level, 0, now
	b.level = nil
}

// Prime looks at stored readings without speaking, so that a fault that already
// lasts needs only one fresh reading to be told, and does not pass for the level.
func (m *Monitor) Prime(stored []Point) {
	for _, p := range stored {
		m.Observe(p)
	}
}

// Listening ends priming: what stood while the past was looked at is told anew.
func (m *Monitor) Listening() { m.standing = false }

// Observe judges a reading. A reading that is not newer than the last one is not judged.
func (m *Monitor) Observe(p Point) Verdict {
	v, ok := m.look(p)
	if !ok {
		return Verdict{}
	}
	switch {
	case !m.standing && v.Suspect && count(m.suspects) >= m.rule.K:
		v.Raise, m.standing, m.since, m.calm = true, true, p.At, 0
	case m.standing && m.calm >= m.rule.Calm:
		v.Clear, m.standing = true, false
	}
	return v
}

func (m *Monitor) look(p Point) (Verdict, bool) {
	if m.baseline == nil || !p.At.After(m.last) {
		return Verdict{}, false
	}
	m.last = p.At
	m.follow(p)
	var v Verdict
	v.Deviation, v.Low, v.High = m.baseline.judge(p, m.level)
	size := math.Abs(v.Deviation)
	v.Suspect = size > m.rule.Threshold
	m.suspects = append(m.suspects, v.Suspect)
	if len(m.suspects) > m.rule.N {
		m.suspects = m.suspects[1:]
	}
	m.calm++
	if size > m.rule.Release {
		m.calm = 0
	}
	return v, true
}

// follow keeps the level: the median residual of the last day, renewed hourly.
// It rests while an alarm is young, and takes one reading in each step.
func (m *Monitor) follow(p Point) {
	unix := float64(p.At.Unix())
	if unix >= m.renewed+3600 {
		m.day = trim(m.day, unix)
		m.level, m.renewed = middle(m.day), unix
	}
	resting := m.standing && p.At.Sub(m.since) < patience
	if resting || (len(m.day) > 0 && unix < m.day[len(m.day)-1].unix+Step.Seconds()) {
		return
	}
	m.day = append(m.day, residual{unix, m.baseline.profile.in(p.Value) - m.baseline.curve.at(unix)})
}

func count(flags []bool) int {
	n := 0
	for _, f := range flags {
		if f {
			n++
		}
	}
	return n
}

// LearnAt is when the next baseline is due.
func (m *Monitor) LearnAt() time.Time {
	if m.baseline == nil {
		return time.Time{}
	}
	return m.learnt.Add(m.baseline.Lasts())
}
