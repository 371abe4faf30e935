package simulator

import (
	"math"
	"time"
)

// astro holds the mean longitudes, in degrees, on which every tidal argument
// rests (Schureman 1958; linear rates from the epoch J2000).
type astro struct {
	hour  float64 // 15° for each hour since midnight UTC
	moon  float64 // s
	sun   float64 // h
	perig float64 // p, lunar perigee
	node  float64 // N, ascending lunar node
}

var j2000 = time.Date(2000, 1, 1, 12, 0, 0, 0, time.UTC)

// astroAt computes the arguments at t. The linear rates err by less than 0.1° in this century.
func astroAt(t time.Time) astro {
	t = t.UTC()
	century := t.Sub(j2000).Hours() / 24 / 36525
	midnight := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return astro{
		hour:  15 * t.Sub(midnight).Hours(),
		moon:  218.3164477 + 481267.88123421*century,
		sun:   280.46646 + 36000.76983*century,
		perig: 83.3532465 + 4069.0137287*century,
		node:  125.04452 - 1934.136261*century,
	}
}

func cosd(deg float64) float64 { return math.Cos(radians(deg)) }
func sind(deg float64) float64 { return math.Sin(radians(deg)) }

// radians takes whole turns off first: the arguments are large, and math.Mod is slow.
func radians(deg float64) float64 { return (deg - 360*math.Floor(deg/360)) * math.Pi / 180 }
