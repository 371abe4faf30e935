package analytics

import (
	"math"
	"sort"
	"time"
)

// What a series must show before it is judged: enough days to know how one
// differs from the next, most of them covered.
const (
	Step        = 10 * time.Minute // history is thinned to the median of each step
	MaxHistory  = 14 * 24 * time.Hour
	minCoverage = 0.6
)

// MinHistory is the shortest history to judge by: 60 hours for habits of the day;
// a week for the tide, which before that is easily described and badly foretold.
func (s Season) MinHistory() time.Duration {
	if s == Tidal {
		return 7 * 24 * time.Hour
	}
	return 60 * time.Hour
}

// curve is a baseline in the profile's scale.
type curve interface{ at(unix float64) float64 }

// Baseline is what a series usually shows: a curve of its season and a robust
// scale by the time of day.
type Baseline struct {
	profile Profile
	curve   curve
	scale   [binsOfDay]float64
	level   []residual // the last day, from which the present level is taken
	span    time.Duration
}

// residual is what the curve does not explain.
type residual struct{ unix, value float64 }

// Learn makes the baseline of a history in order of time, thinned to Step. It is
// nil when the history is too short or too thin to judge by.
func Learn(history []Point, profile Profile) *Baseline {
	if len(history) == 0 || !enough(history, profile.Season) {
		return nil
	}
	unix, x := make([]float64, len(history)), make([]float64, len(history))
	for i, p := range history {
		unix[i], x[i] = float64(p.At.Unix()), profile.in(p.Value)
	}
	b := &Baseline{profile: profile, span: history[len(history)-1].At.Sub(history[0].At)}
	var err error
	if b.curve, err = fit(unix, x, profile.Season); err != nil {
		return nil
	}
	b.measure(unix, x)
	return b
}

func fit(unix, x []float64, season Season) (curve, error) {
	if season == Tidal {
		return fitHarmonic(unix, x)
	}
	return fitDaily(unix, x)
}

// Lasts is how long the baseline may be used before a new one is due: the less
// it was learnt from, the sooner it is out of date.
func (b *Baseline) Lasts() time.Duration { return b.span / 24 }

func enough(history []Point, season Season) bool {
	span := history[len(history)-1].At.Sub(history[0].At)
	return span >= season.MinHistory() && float64(len(history)) >= minCoverage*float64(span/Step)
}

// levelSpan is how far back the present level reaches: slow weather, discharge
// and ageing move a series by days, and are not what the model looks for.
const levelSpan = 86400

// measure sets the scale: the spread of what curve and level leave unexplained,
// by the time of day, but never under the floor nor far under that of the whole.
func (b *Baseline) measure(unix, x []float64) {
	left := make([]float64, len(x))
	var day []residual
	level, next := 0.0, 0.0
	for i, u := range unix {
		r := x[i] - b.curve.at(u)
		if u >= next {
			day = trim(day, u)
			level, next = middle(day), u+3600
		}
		left[i] = r - level
		day = append(day, residual{u, r})
	}
	b.level = trim(day, unix[len(unix)-1])
	whole := max(spread(left), b.unforeseen(unix, x))
	for bin, values := range gather(unix, left, 4) {
		b.scale[bin] = max(spread(values), 0.5*whole, b.profile.Floor)
	}
}

// unforeseen is how far the last half day strays from what a fit without it
// foretells. A short record of the tide is easy to describe and hard to continue.
func (b *Baseline) unforeseen(unix, x []float64) float64 {
	cut := sort.SearchFloat64s(unix, unix[len(unix)-1]-levelSpan/2)
	earlier, err := fit(unix[:cut], x[:cut], b.profile.Season)
	if err != nil {
		return 0
	}
	var left []float64
	for i := cut; i < len(x); i++ {
		left = append(left, x[i]-earlier.at(unix[i]))
	}
	centre := median(left)
	for i := range left {
		left[i] -= centre
	}
	return spread(left)
}

// trim drops residuals older than the level reaches.
func trim(day []residual, now float64) []residual {
	for len(day) > 0 && day[0].unix < now-levelSpan {
		day = day[1:]
	}
	return day
}

// middle is the median residual; 0 when there are few.
func middle(day []residual) float64 {
	if len(day) < 36 {
		return 0
	}
	values := make([]float64, len(day))
	for i, r := range day {
		values[i] = r.value
	}
	return median(values)
}

// tolerance is how early or late a series may be, in seconds: what was usual then
// is usual now. Lamps and rush hours keep no exact time; the tide does.
func (s Season) tolerance() float64 {
	if s == Tidal {
		return 300
	}
	return 1200
}

// around is the least and the greatest of the curve within the tolerance.
func (b *Baseline) around(unix float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for shift := -2.0; shift <= 2; shift++ {
		v := b.curve.at(unix + shift/2*b.profile.Season.tolerance())
		low, high = min(low, v), max(high, v)
	}
	return low, high
}

// judge returns the deviation in scales, 0 within the usual, and the usual band
// of three scales in the unit of the property.
func (b *Baseline) judge(p Point, level float64) (deviation, low, high float64) {
	unix := float64(p.At.Unix())
	least, most := b.around(unix)
	least, most = least+level, most+level
	scale := b.scale[binOf(unix)]
	x := b.profile.in(p.Value)
	switch {
	case x > most:
		deviation = (x - most) / scale
	case x < least:
		deviation = (x - least) / scale
	}
	return deviation, b.profile.out(least - 3*scale), b.profile.out(most + 3*scale)
}
