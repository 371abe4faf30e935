package analytics

import (
	"math"
	"slices"
)

// median of a copy of x; NaN when x is empty.
func median(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	s := slices.Clone(x)
	slices.Sort(s)
	m := len(s) / 2
	if len(s)%2 == 1 {
		return s[m]
	}
	return (s[m-1] + s[m]) / 2
}

// spread is the median absolute deviation around zero, scaled so that it equals
// the standard deviation of normal noise; half of x may be nonsense. 0 when empty.
func spread(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	abs := make([]float64, len(x))
	for i, v := range x {
		abs[i] = math.Abs(v)
	}
	return 1.4826 * median(abs)
}
