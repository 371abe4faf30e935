package analytics

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// tidalSpeeds are the waves a tidal series is made of, in radians per hour: the
// five main ones (M2, S2, N2, K1, O1) and two of shallow water (M4, MK3).
var tidalSpeeds = func() []float64 {
	degrees := []float64{28.9841042, 30, 28.4397295, 15.0410686, 13.9430356, 57.9682084, 44.0251729}
	for i := range degrees {
		degrees[i] *= math.Pi / 180
	}
	return degrees
}()

// ridge holds back waves that a short record cannot tell apart, so that their sum
// stays sane; it is small enough not to bend a record of two weeks.
const ridge = 0.05

// harmonic is a curve of tides: a mean and a cosine and a sine for each wave.
type harmonic struct {
	origin       float64 // Unix seconds
	coefficients []float64
}

func (h *harmonic) at(unix float64) float64 {
	hours := (unix - h.origin) / 3600
	sum := h.coefficients[0]
	for i, w := range tidalSpeeds {
		sin, cos := math.Sincos(w * hours)
		sum += h.coefficients[1+2*i]*cos + h.coefficients[2+2*i]*sin
	}
	return sum
}

// fitHarmonic fits the waves by least squares (QR), three times, each time
// without what lay beyond four spreads of the fit before.
func fitHarmonic(unix, x []float64) (*harmonic, error) {
	h := &harmonic{origin: unix[len(unix)-1]}
	keep := make([]bool, len(x))
	for i := range keep {
		keep[i] = true
	}
	for range 3 {
		if err := h.solve(unix, x, keep); err != nil {
			return nil, err
		}
		residuals := make([]float64, len(x))
		for i := range x {
			residuals[i] = x[i] - h.at(unix[i])
		}
		limit := 4 * spread(residuals)
		for i, r := range residuals {
			keep[i] = math.Abs(r) <= limit || limit == 0
		}
	}
	return h, nil
}

func (h *harmonic) solve(unix, x []float64, keep []bool) error {
	columns := 1 + 2*len(tidalSpeeds)
	var rows int
	for _, k := range keep {
		if k {
			rows++
		}
	}
	a := mat.NewDense(rows+columns-1, columns, nil)
	b := mat.NewVecDense(rows+columns-1, nil)
	row := 0
	for i := range x {
		if !keep[i] {
			continue
		}
		hours := (unix[i] - h.origin) / 3600
		a.Set(row, 0, 1)
		for j, w := range tidalSpeeds {
			sin, cos := math.Sincos(w * hours)
			a.Set(row, 1+2*j, cos)
			a.Set(row, 2+2*j, sin)
		}
		b.SetVec(row, x[i])
		row++
	}
	for j := 1; j < columns; j++ { // the ridge: each coefficient observed as zero, with little weight
		a.Set(row+j-1, j, ridge*math.Sqrt(float64(rows)))
	}
	var qr mat.QR
	qr.Factorize(a)
	var solution mat.VecDense
	if err := qr.SolveVecTo(&solution, false, b); err != nil {
		return fmt.Errorf("fit of %d rows: %w", rows, err)
	}
	h.coefficients = solution.RawVector().Data
	return nil
}
