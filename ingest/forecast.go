package ingest

import (
	"slices"
	"time"
)

// What a Forecast can say.
const (
	DiskLearning = "learning" // too little is known yet
	DiskSteady   = "steady"   // free space does not shrink
	DiskFilling  = "filling"  // it does
	DiskReserve  = "reserve"  // no more is free than shall stay so
)

// Forecast says when the disk will be down to its reserve if it goes on as it did.
type Forecast struct {
	State    string   `json:"state"`    // one of the Disk constants
	PerDay   *float64 `json:"perDay"`   // bytes by which free space shrinks a day; negative when it grows
	DaysLeft *float64 `json:"daysLeft"` // nil unless it is filling
}

const (
	// forecastSpan is what the forecast looks back on: a week, since days differ.
	forecastSpan = 7 * 24 * time.Hour

	// leastSpan and leastSamples are what it needs.
	leastSpan    = 6 * time.Hour
	leastSamples = 12
)

// forecast takes the shrinking of free space by the Theil–Sen estimator, the median
// of the slopes between any two samples: a partition that is dropped, or a file that
// comes and goes, does not bend it as it would a fitted line. Of two disks it tells
// of the one that is full first. The samples are those of forecastSpan.
func forecast(samples []DiskSample) Forecast {
	data := forecastOf(samples, func(s DiskSample) *int64 { return s.Free })
	database := forecastOf(samples, func(s DiskSample) *int64 { return s.DatabaseFree })
	if database.sooner(data) {
		return database
	}
	return data
}

func (f Forecast) sooner(than Forecast) bool {
	if f.DaysLeft == nil || than.DaysLeft == nil {
		return f.DaysLeft != nil
	}
	return *f.DaysLeft < *than.DaysLeft
}

func forecastOf(samples []DiskSample, of func(DiskSample) *int64) Forecast {
	samples = slices.DeleteFunc(slices.Clone(samples), func(s DiskSample) bool { return of(s) == nil })
	if len(samples) == 0 {
		return Forecast{State: DiskLearning}
	}
	last := samples[len(samples)-1]
	left := float64(*of(last) - last.Reserve)
	switch known := last.At.Sub(samples[0].At); {
	case left <= 0:
		none := 0.0
		return Forecast{State: DiskReserve, DaysLeft: &none}
	case known < leastSpan || len(samples) < leastSamples:
		return Forecast{State: DiskLearning}
	}
	perDay := -medianSlope(samples, of)
	if perDay <= 0 {
		return Forecast{State: DiskSteady, PerDay: &perDay}
	}
	days := left / perDay
	return Forecast{State: DiskFilling, PerDay: &perDay, DaysLeft: &days}
}

// medianSlope is in bytes a day.
func medianSlope(samples []DiskSample, of func(DiskSample) *int64) float64 {
	slopes := make([]float64, 0, len(samples)*(len(samples)-1)/2)
	for i, a := range samples {
		for _, b := range samples[i+1:] {
			slopes = append(slopes, float64(*of(b)-*of(a))/b.At.Sub(a.At).Hours()*24)
		}
	}
	slices.Sort(slopes)
	middle := len(slopes) / 2
	if len(slopes)%2 == 1 {
		return slopes[middle]
	}
	return (slopes[middle-1] + slopes[middle]) / 2
}
