package ingest

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var seqBegin = time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)

// numberAt is the n-th reading of a device that sends one a minute.
func numberAt(n int64) numbered {
	at := seqBegin.Add(time.Duration(n) * time.Minute)
	return numbered{n: n, time: at, timed: true, received: at}
}

// TestSequenceFindsWhatIsMissing: whatever is lost, comes twice or comes late, the
// sequence knows exactly which numbers since its first were never seen.
func TestSequenceFindsWhatIsMissing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		arrivals := rapid.SliceOfN(rapid.Int64Range(0, 60), 1, 200).Draw(t, "arrivals")
		var s sequence
		first, seen := arrivals[0], map[int64]bool{}
		highest := first
		for _, n := range arrivals {
			late := s.see(numberAt(n))
			if want := n <= highest && len(seen) > 0; late != want {
				t.Fatalf("number %d after %d: late is %v", n, highest, late)
			}
			seen[n] = true
			highest = max(highest, n)
		}
		var missing []int64
		for n := first + 1; n < highest; n++ {
			if !seen[n] {
				missing = append(missing, n)
			}
		}
		if s.Last != highest || s.Missing != int64(len(missing)) || s.Resets != 0 {
			t.Fatalf("sequence is %+v, want last %d, missing %v", s, highest, missing)
		}
		if got := spelled(s.Gaps); !slices.Equal(got, missing) {
			t.Fatalf("gaps are %v, want %v", got, missing)
		}
	})
}

func spelled(gaps []gap) (numbers []int64) {
	for _, g := range gaps {
		for n := g.From; n <= g.To; n++ {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// TestSequenceBeginsAnew: a restarted counter starts a run of its own. Stragglers of
// the run before neither fill its gaps nor tear new ones.
func TestSequenceBeginsAnew(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var s sequence
		timed := rapid.Bool().Draw(t, "timed")
		clock := seqBegin
		send := func(n int64) bool {
			clock = clock.Add(time.Minute)
			return s.see(numbered{n: n, time: clock, timed: timed, received: clock})
		}
		runs := rapid.IntRange(1, 5).Draw(t, "runs")
		var missing int64
		for range runs {
			length := rapid.Int64Range(2, 50).Draw(t, "length")
			for n := int64(0); n <= length; n++ {
				if n > 0 && n < length && rapid.IntRange(0, 9).Draw(t, "lost") == 0 {
					missing++
					continue
				}
				if send(n) {
					t.Fatalf("number %d of a new run is taken for an old one: %+v", n, s)
				}
			}
			if timed && s.Resets > 0 { // the network kept one of a run before
				s.see(numbered{n: 1 << 40, time: seqBegin.Add(-time.Hour), timed: true, received: clock})
			}
		}
		if s.Resets != int64(runs-1) || s.Missing != missing {
			t.Fatalf("sequence is %+v, want %d resets and %d missing", s, runs-1, missing)
		}
	})
}

// TestSequenceIsBounded: a device that counts wildly costs no more than any other.
func TestSequenceIsBounded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var s sequence
		for range 300 {
			n := rapid.Int64Range(0, largestSequence).Draw(t, "n")
			at := seqBegin.Add(time.Duration(rapid.IntRange(-1000, 1000).Draw(t, "minutes")) * time.Minute)
			kept := slices.Clone(s.Gaps)
			before := s.Gaps
			s.see(numbered{n: n, time: at, timed: rapid.Bool().Draw(t, "timed"), received: at})
			if !slices.Equal(kept, before) {
				t.Fatal("a gap list was written in place: a failed transaction could not be undone")
			}
			if len(s.Gaps) > mostGaps || s.Missing < 0 || s.Last < 0 {
				t.Fatalf("%d gaps, %d missing, last %d", len(s.Gaps), s.Missing, s.Last)
			}
		}
	})
}
