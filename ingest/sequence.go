package ingest

import (
	"slices"
	"time"
)

// sequence is what is known of the numbers a device gives its messages. The zero
// sequence has seen none.
type sequence struct {
	Last    int64     // the highest of this run
	At      time.Time // time of the reading that brought it
	Since   time.Time // time of the first one of this run; zero: none was seen
	Missing int64     // numbers never seen, of all runs
	Resets  int64     // the counter began anew
	Gaps    []gap     // of this run, oldest first, the newest mostGaps
}

// gap is a stretch of numbers that were never seen.
type gap struct {
	From int64     `json:"from"`
	To   int64     `json:"to"` // inclusive
	At   time.Time `json:"at"` // receipt of the message after it
}

const (
	// mostGaps bounds what is kept of one device. An older gap is counted on, but a
	// late number can no longer fill it.
	mostGaps = 64

	// largestSequence is the largest whole number that every JSON reader reads as written.
	largestSequence = 1<<53 - 1

	// mostMissing keeps absurd jumps from running over.
	mostMissing = 1 << 62
)

// numbered is one number as it arrived.
type numbered struct {
	n        int64
	time     time.Time // of the reading
	timed    bool      // by the device; else time is our receipt and says nothing of age
	received time.Time
}

// see takes one number and reports whether it is older than the newest: it filled
// a gap, came twice or belongs to an earlier run. s.Gaps is never written in place.
func (s *sequence) see(m numbered) (late bool) {
	switch {
	case s.Since.IsZero():
		s.begin(m)
		return false
	case m.n == s.Last+1:
		s.Last, s.At = m.n, m.time
		return false
	case m.n > s.Last:
		if s.ofEarlierRun(m) {
			return true
		}
		s.open(gap{s.Last + 1, m.n - 1, m.received})
		s.Last, s.At = m.n, m.time
		return false
	case m.n == s.Last:
		return true
	}
	newer := m.timed && m.time.After(s.At)
	if !newer && (s.fill(m.n) || m.timed) {
		return true
	}
	s.Resets++
	s.begin(m)
	return false
}

// ofEarlierRun tells a straggler of before the last reset by its device's time.
func (s *sequence) ofEarlierRun(m numbered) bool {
	return m.timed && s.Resets > 0 && m.time.Before(s.Since)
}

// begin starts a run: nothing is known of the numbers before its first.
func (s *sequence) begin(m numbered) {
	s.Last, s.At, s.Since, s.Gaps = m.n, m.time, m.time, nil
}

func (s *sequence) open(g gap) {
	s.Missing = min(s.Missing+g.To-g.From+1, mostMissing)
	gaps := s.Gaps
	if len(gaps) >= mostGaps {
		gaps = gaps[len(gaps)-mostGaps+1:]
	}
	s.Gaps = append(slices.Clone(gaps), g)
}

// fill takes a number out of the gap it is in, if there is one.
func (s *sequence) fill(n int64) bool {
	i := slices.IndexFunc(s.Gaps, func(g gap) bool { return g.From <= n && n <= g.To })
	if i < 0 {
		return false
	}
	g := s.Gaps[i]
	var rest []gap
	if g.From < n {
		rest = append(rest, gap{g.From, n - 1, g.At})
	}
	if n < g.To {
		rest = append(rest, gap{n + 1, g.To, g.At})
	}
	gaps := slices.Concat(s.Gaps[:i], rest, s.Gaps[i+1:])
	s.Gaps = gaps[max(0, len(gaps)-mostGaps):]
	s.Missing--
	return true
}
