package analytics

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var origin = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// series10 samples f, a function of the hours since origin, in steps of ten minutes.
func series10(days float64, f func(hours float64) float64) []Point {
	var points []Point
	for m := 0.0; m < days*24*60; m += 10 {
		points = append(points, Point{origin.Add(time.Duration(m) * time.Minute), f(m / 60)})
	}
	return points
}

func TestHarmonicFindsTheTideUnderNonsense(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		amplitude := rapid.SliceOfN(rapid.Float64Range(0.05, 1), len(tidalSpeeds), len(tidalSpeeds)).Draw(rt, "amplitudes")
		phase := rapid.SliceOfN(rapid.Float64Range(0, 6.28), len(tidalSpeeds), len(tidalSpeeds)).Draw(rt, "phases")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "noise"), 1))
		tide := func(hours float64) float64 {
			sum := 1.3
			for i, w := range tidalSpeeds {
				sum += amplitude[i] * math.Cos(w*hours-phase[i])
			}
			return sum
		}
		var unix, x []float64
		for _, p := range series10(29.5, tide) {
			v := p.Value + 0.02*r.NormFloat64()
			if r.Float64() < 0.08 {
				v += 8 * (r.Float64() - 0.5)
			}
			unix, x = append(unix, float64(p.At.Unix())), append(x, v)
		}
		h, err := fitHarmonic(unix, x)
		if err != nil {
			rt.Fatal(err)
		}
		var left []float64
		for _, p := range series10(29.5, tide) {
			left = append(left, p.Value-h.at(float64(p.At.Unix())))
		}
		if s := spread(left); s > 0.05 {
			rt.Errorf("the fit is off by %.3f m", s)
		}
	})
}

func TestDailyCurveForgivesAQuarterHour(t *testing.T) {
	lamp := func(late float64) func(float64) float64 {
		return func(hours float64) float64 {
			if h := math.Mod(hours-late+24, 24); h >= 11 && h < 23 {
				return 120
			}
			return 0
		}
	}
	b := Learn(series10(5, lamp(0)), Profile{Floor: 3})
	if b == nil {
		t.Fatal("five days are not enough")
	}
	for _, p := range series10(1, lamp(0.2)) {
		if d, low, high := b.judge(p, 0); math.Abs(d) > 3 {
			t.Errorf("%s: %v deviates by %.1f from %.0f–%.0f", p.At.Format("15:04"), p.Value, d, low, high)
		}
	}
	dark := Point{origin.Add(15 * time.Hour), 0}
	if d, low, _ := b.judge(dark, 0); d > -20 || low < 100 {
		t.Errorf("a dark lamp at night deviates by %.1f only, usual from %.0f", d, low)
	}
}

func TestNothingIsLearntFromLittle(t *testing.T) {
	flat := func(float64) float64 { return 5 }
	noon := series10(6, flat)
	gaps := noon[:0:0]
	for i, p := range noon {
		if i%2 == 0 {
			gaps = append(gaps, p)
		}
	}
	for name, c := range map[string]struct {
		history []Point
		season  Season
	}{
		"nothing": {nil, Daily}, "two days": {series10(2, flat), Daily}, "half missing": {gaps, Daily}, "tide of six days": {noon, Tidal},
	} {
		if Learn(c.history, Profile{Season: c.season, Floor: 1}) != nil {
			t.Errorf("a baseline was learnt from %s", name)
		}
	}
	if Learn(series10(3, flat), Profile{Floor: 1}) == nil {
		t.Error("three full days are not enough")
	}
}

// Moving or stretching a series moves or stretches its usual band and leaves the verdicts alone.
func TestVerdictsDoNotDependOnTheUnit(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		shift := rapid.Float64Range(-100, 100).Draw(rt, "shift")
		factor := rapid.Float64Range(0.1, 50).Draw(rt, "factor")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "noise"), 2))
		noise := make([]float64, 5000)
		for i := range noise {
			noise[i] = r.NormFloat64()
		}
		shape := func(hours float64) float64 {
			return 3*math.Cos(hours*math.Pi/12) + 0.3*noise[int(hours*6)]
		}
		plain := Learn(series10(4, shape), Profile{Floor: 0.01})
		moved := Learn(series10(4, func(h float64) float64 { return shift + factor*shape(h) }), Profile{Floor: 0.01 * factor})
		p := Point{origin.Add(97 * time.Hour), rapid.Float64Range(-8, 8).Draw(rt, "value")}
		want, low, high := plain.judge(p, 0)
		got, movedLow, movedHigh := moved.judge(Point{p.At, shift + factor*p.Value}, 0)
		if math.Abs(want-got) > 1e-6*(1+math.Abs(want)) {
			rt.Errorf("deviation %.6f became %.6f", want, got)
		}
		if math.Abs(shift+factor*low-movedLow) > 1e-6*factor || math.Abs(shift+factor*high-movedHigh) > 1e-6*factor {
			rt.Errorf("band %.3f–%.3f became %.3f–%.3f", low, high, movedLow, movedHigh)
		}
	})
}

func TestLogarithmsLeadBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := Profile{Log: true, Offset: rapid.Float64Range(0.01, 50).Draw(rt, "offset")}
		v := rapid.Float64Range(0, 1e5).Draw(rt, "value")
		if back := p.out(p.in(v)); math.Abs(back-v) > 1e-9*(v+p.Offset) {
			rt.Errorf("%v came back as %v", v, back)
		}
	})
}
