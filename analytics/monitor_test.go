package analytics

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// watcher is a monitor that knows a day with a hill at noon and noise of 0.1.
func watcher(t *testing.T) (*Monitor, func(at time.Time) float64) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 1))
	usual := func(at time.Time) float64 {
		return 10 + 2*math.Cos(float64(at.Unix()%86400)/86400*2*math.Pi) + 0.1*r.NormFloat64()
	}
	history := series10(4, func(h float64) float64 { return usual(origin.Add(time.Duration(h * float64(time.Hour)))) })
	m := NewMonitor(Rule{Threshold: 5, K: 3, N: 6, Release: 3, Calm: 20})
	m.Relearn(Learn(history, Profile{Floor: 0.05}), origin.AddDate(0, 0, 4))
	if !m.Ready() {
		t.Fatal("four days are not enough")
	}
	return m, usual
}

// play feeds a reading each minute and returns the minutes at which an alarm began and ended.
func play(m *Monitor, from time.Time, minutes int, value func(at time.Time, minute int) float64) (raised, cleared []int) {
	for i := range minutes {
		at := from.Add(time.Duration(i) * time.Minute)
		v := m.Observe(Point{at, value(at, i)})
		if v.Raise {
			raised = append(raised, i)
		}
		if v.Clear {
			cleared = append(cleared, i)
		}
	}
	return raised, cleared
}

func TestAnAlarmNeedsPersistenceAndGoesWithCalm(t *testing.T) {
	m, usual := watcher(t)
	raised, cleared := play(m, origin.AddDate(0, 0, 4), 400, func(at time.Time, i int) float64 {
		if i >= 100 && i < 200 {
			return usual(at) + 3
		}
		return usual(at)
	})
	if len(raised) != 1 || raised[0] != 102 {
		t.Errorf("raised at minutes %v, want at the third bad reading, 102", raised)
	}
	if len(cleared) != 1 || cleared[0] < 219 || cleared[0] > 240 {
		t.Errorf("cleared at minutes %v, want soon after 219", cleared)
	}
}

func TestASingleSpikeIsSuspectButNoAlarm(t *testing.T) {
	m, usual := watcher(t)
	suspects := 0
	for i := range 300 {
		at := origin.AddDate(0, 0, 4).Add(time.Duration(i) * time.Minute)
		value := usual(at)
		if i%50 == 7 {
			value += 4
		}
		v := m.Observe(Point{at, value})
		if v.Suspect {
			suspects++
		}
		if v.Raise {
			t.Errorf("an alarm at minute %d for single spikes", i)
		}
	}
	if suspects != 6 {
		t.Errorf("%d readings suspect, want the 6 spikes", suspects)
	}
}

func TestHoveringAtTheLimitDoesNotChatter(t *testing.T) {
	m, usual := watcher(t)
	raised, _ := play(m, origin.AddDate(0, 0, 4), 600, func(at time.Time, i int) float64 {
		if i < 60 {
			return usual(at)
		}
		return usual(at) + 0.55
	})
	if len(raised) > 2 {
		t.Errorf("raised %d times while hovering at the limit", len(raised))
	}
}

func TestSilentBeforeItKnows(t *testing.T) {
	m := NewMonitor(DefaultRule)
	for i := range 50 {
		if v := m.Observe(Point{origin.Add(time.Duration(i) * time.Minute), 1e6}); v != (Verdict{}) {
			t.Fatalf("spoke without a baseline: %+v", v)
		}
	}
}

func TestOldReadingsAreNotJudged(t *testing.T) {
	m, usual := watcher(t)
	at := origin.AddDate(0, 0, 4)
	m.Observe(Point{at, usual(at)})
	for i := range 20 {
		if v := m.Observe(Point{at.Add(-time.Duration(i) * time.Minute), 99}); v.Suspect || v.Raise {
			t.Fatal("a reading older than the last one was judged")
		}
	}
}

func TestAFaultIsNotLearntWhileItIsYoung(t *testing.T) {
	m, usual := watcher(t)
	start := origin.AddDate(0, 0, 4)
	play(m, start, 120, func(at time.Time, _ int) float64 { return usual(at) + 3 })
	before := m.baseline
	high := Learn(series10(4, func(float64) float64 { return 13 }), Profile{Floor: 0.05})
	m.Relearn(high, start.Add(2*time.Hour))
	if m.baseline != before {
		t.Error("the baseline was replaced two hours into an alarm")
	}
	m.Relearn(high, start.Add(25*time.Hour))
	if m.baseline != high {
		t.Error("the new normal was not accepted after a day")
	}
}

func TestRetractAndResume(t *testing.T) {
	m, usual := watcher(t)
	start := origin.AddDate(0, 0, 4)
	bad := func(at time.Time, _ int) float64 { return usual(at) + 3 }
	if raised, _ := play(m, start, 10, bad); len(raised) != 1 {
		t.Fatalf("raised at %v", raised)
	}
	m.Retract()
	if raised, _ := play(m, start.Add(10*time.Minute), 10, bad); len(raised) != 1 {
		t.Errorf("after Retract raised at %v, want once more", raised)
	}
	resumed, usual := watcher(t)
	resumed.Resume(start)
	good := func(at time.Time, _ int) float64 { return usual(at) }
	if _, cleared := play(resumed, start, 60, good); len(cleared) != 1 {
		t.Errorf("a resumed alarm cleared at %v, want once", cleared)
	}
}
