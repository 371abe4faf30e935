package analytics

import (
	"errors"
	"math"
)

// A day has 96 bins of a quarter of an hour, counted from midnight UTC; a curve
// that repeats daily does not care where the day begins.
const (
	binsOfDay  = 96
	binSeconds = 86400 / binsOfDay
)

// daily is a curve by the time of day: the median of each bin and its neighbours.
type daily struct{ level [binsOfDay]float64 }

// at joins the middles of the bins by straight lines.
func (d *daily) at(unix float64) float64 {
	x := ofDay(unix)/binSeconds - 0.5
	i := int(math.Floor(x))
	w := x - float64(i)
	return d.level[(i+binsOfDay)%binsOfDay]*(1-w) + d.level[(i+1)%binsOfDay]*w
}

func binOf(unix float64) int { return int(ofDay(unix) / binSeconds) }

// ofDay is the second of the day: math.Mod, which learning would spend a fifth of its time
// on. Of whole seconds it is the same to the last bit.
func ofDay(unix float64) float64 { return unix - 86400*math.Floor(unix/86400) }

// gather returns, for each bin, the values that fell into it and the bins reach to either side.
func gather(unix, x []float64, reach int) [binsOfDay][]float64 {
	var own, all [binsOfDay][]float64
	for i, u := range unix {
		b := binOf(u)
		own[b] = append(own[b], x[i])
	}
	for b := range all {
		for o := -reach; o <= reach; o++ {
			all[b] = append(all[b], own[(b+o+binsOfDay)%binsOfDay]...)
		}
	}
	return all
}

var errUnseen = errors.New("some time of day was never seen")

func fitDaily(unix, x []float64) (*daily, error) {
	var d daily
	for b, values := range gather(unix, x, 1) {
		if len(values) < 3 {
			return nil, errUnseen
		}
		d.level[b] = median(values)
	}
	return &d, nil
}
