package simulator

import "math"

// mix turns three numbers into 64 well-spread bits (splitmix64), so that noise is
// a function of seed, place and time instead of a sequence that must be replayed.
func mix(a, b, c uint64) uint64 {
	x := a*0x9e3779b97f4a7c15 ^ b*0xbf58476d1ce4e5b9 ^ c*0x94d049bb133111eb
	for range 2 {
		x ^= x >> 30
		x *= 0xbf58476d1ce4e5b9
		x ^= x >> 27
		x *= 0x94d049bb133111eb
		x ^= x >> 31
	}
	return x
}

// hashText folds a name into the number that mix takes (FNV-1a).
func hashText(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// uniform is a number in (0, 1).
func uniform(a, b, c uint64) float64 {
	return (float64(mix(a, b, c)>>11) + 0.5) / (1 << 53)
}

// gauss is a standard normal number (Box and Muller).
func gauss(a, b, c uint64) float64 {
	u, v := uniform(a, b, 2*c), uniform(a, b, 2*c+1)
	return math.Sqrt(-2*math.Log(u)) * math.Cos(2*math.Pi*v)
}

// drift is a slow wander with unit deviation that forgets itself within about
// period: normal numbers on a lattice, joined smoothly.
func drift(a, b uint64, unix, period float64) float64 {
	x := unix / period
	n := math.Floor(x)
	w := x - n
	w = w * w * (3 - 2*w)
	left, right := gauss(a, b, uint64(int64(n))), gauss(a, b, uint64(int64(n)+1))
	return (left*(1-w) + right*w) / math.Sqrt(w*w+(1-w)*(1-w))
}
