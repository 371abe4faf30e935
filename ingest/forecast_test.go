package ingest

import (
	"math"
	"testing"
	"time"
)

const gb = 1e9

// samplesOf has one sample an hour, with what free says is left of the disk.
func samplesOf(hours int, free func(hour int) float64) []DiskSample {
	var all []DiskSample
	for h := range hours {
		left := int64(free(h))
		all = append(all, DiskSample{At: date("2026-11-01").Add(time.Duration(h) * time.Hour), Free: &left, Reserve: 10 * gb})
	}
	return all
}

func TestForecast(t *testing.T) {
	t.Parallel()
	falling := func(h int) float64 { return 100*gb - float64(h)*gb/24 } // a gigabyte a day
	for name, c := range map[string]struct {
		samples []DiskSample
		state   string
		days    float64
	}{
		"nothing":  {nil, DiskLearning, -1},
		"an hour":  {samplesOf(2, falling), DiskLearning, -1},
		"a week":   {samplesOf(168, falling), DiskFilling, 90 - 167.0/24},
		"constant": {samplesOf(168, func(int) float64 { return 50 * gb }), DiskSteady, -1},
		"growing":  {samplesOf(168, func(h int) float64 { return 50*gb + float64(h)*gb }), DiskSteady, -1},
		"full":     {samplesOf(168, func(int) float64 { return 9 * gb }), DiskReserve, 0},
		"a file that comes and goes": {samplesOf(168, func(h int) float64 {
			if h >= 80 && h < 100 {
				return falling(h) - 40*gb
			}
			return falling(h)
		}), DiskFilling, 90 - 167.0/24},
	} {
		f := forecast(c.samples)
		days := -1.0
		if f.DaysLeft != nil {
			days = *f.DaysLeft
		}
		if f.State != c.state || math.Abs(days-c.days) > 0.05*math.Abs(c.days) {
			t.Errorf("%s: %s, %.2f days; want %s, %.2f", name, f.State, days, c.state, c.days)
		}
	}
}

// The disk that is full first counts.
func TestForecastOfTwoDisks(t *testing.T) {
	t.Parallel()
	samples := samplesOf(168, func(int) float64 { return 50 * gb })
	for i := range samples {
		left := int64(20*gb - float64(i)*gb/24)
		samples[i].DatabaseFree = &left
	}
	if f := forecast(samples); f.State != DiskFilling || f.DaysLeft == nil || *f.DaysLeft > 3.1 {
		t.Errorf("%+v", f)
	}
}
