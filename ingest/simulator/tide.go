package simulator

import "time"

// A constituent is one wave of the tide: its argument as multiples of the mean
// longitudes (Doodson's numbers, Schureman's V0) and its correction for the
// 18.6-year cycle of the lunar node.
type constituent struct {
	name                    string
	hour, moon, sun, perig  float64
	phase                   float64 // degrees
	f0, fNode               float64 // f = f0 + fNode cos N
	uNode                   float64 // u = uNode sin N, degrees
	amplitude, greenwichLag float64 // metres and degrees at Vũng Tàu
}

// vungTau holds the nine strongest constituents at Vũng Tàu (UHSLC 383, 10.34° N
// 107.072° E, 2007 to 2025), from TICON-4 (Hart-Davis et al., SEANOE
// 10.17882/109129), CC BY 4.0. Node factors: Schureman 1958, first terms.
var vungTau = []constituent{
	{"M2", 2, -2, 2, 0, 0, 1.000, -0.037, -2.1, 0.7733, 193.77},
	{"K1", 1, 0, 1, 0, 90, 1.006, 0.115, -8.9, 0.5948, 206.64},
	{"O1", 1, -2, 1, 0, -90, 1.009, 0.187, 10.8, 0.4468, 164.94},
	{"S2", 2, 0, 0, 0, 0, 1, 0, 0, 0.3021, 228.57},
	{"SA", 0, 0, 1, 0, 0, 1, 0, 0, 0.2124, 278.08},
	{"P1", 1, 0, -1, 0, -90, 1, 0, 0, 0.1891, 203.09},
	{"N2", 2, -3, 2, 1, 0, 1.000, -0.037, -2.1, 0.1627, 174.07},
	{"K2", 2, 0, 2, 0, 0, 1.024, 0.286, -17.7, 0.0942, 239.86},
	{"Q1", 1, -3, 1, 1, -90, 1.009, 0.187, 10.8, 0.0847, 147.80},
}

// cosine is the constituent's unit wave at the moment of a, corrected for the node.
func (c constituent) cosine(a astro, lag float64) float64 {
	v := c.hour*a.hour + c.moon*a.moon + c.sun*a.sun + c.perig*a.perig + c.phase
	f := c.f0 + c.fNode*cosd(a.node)
	return f * cosd(v+c.uNode*sind(a.node)-lag)
}

// reach is a place on a tidal river: how late the wave of Vũng Tàu arrives there
// and how much of it is left, by species.
type reach struct {
	delay       time.Duration
	semidiurnal float64 // share of the amplitude left
	diurnal     float64
}

// tideAt is the height in metres above mean sea level at a place. The yearly
// wave, a swing of the whole sea, is neither late nor damped.
func tideAt(t time.Time, r reach) float64 {
	late, now := astroAt(t.Add(-r.delay)), astroAt(t)
	var h float64
	for _, c := range vungTau {
		switch c.hour {
		case 0:
			h += c.amplitude * c.cosine(now, c.greenwichLag)
		case 1:
			h += r.diurnal * c.amplitude * c.cosine(late, c.greenwichLag)
		default:
			h += r.semidiurnal * c.amplitude * c.cosine(late, c.greenwichLag)
		}
	}
	return h
}
