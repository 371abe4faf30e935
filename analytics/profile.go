package analytics

import (
	"math"
	"time"

	"haidang"
)

// Point is one value of a series.
type Point struct {
	At    time.Time
	Value float64
}

// Season is what makes a series come back.
type Season int

// The seasons the model knows.
const (
	Daily Season = iota // the sun and people's habits
	Tidal               // the moon
)

// Profile says how the model looks at a property.
type Profile struct {
	Season   Season
	Log      bool    // deviations count as factors: compare log(value + Offset)
	Offset   float64 // keeps the logarithm calm near zero; in the property's unit
	Floor    float64 // least scale of a deviation, in the unit or in the logarithm; from the instrument
	Priority int     // of the alarm
}

// profiles holds the properties that the model judges. What is missing is not
// judged at all: rain and running pumps come in bursts that neither the hour nor
// the tide foretells, and wind directions do not form a line.
var profiles = map[haidang.PropertyCode]Profile{
	"water_level":       {Season: Tidal, Floor: 0.03, Priority: 2},
	"salinity":          {Season: Tidal, Log: true, Offset: 0.1, Floor: 0.03, Priority: 2},
	"water_temperature": {Floor: 0.15, Priority: 4},
	"air_temperature":   {Floor: 0.3, Priority: 4},
	"humidity":          {Floor: 1.5, Priority: 4},
	"pm25":              {Log: true, Offset: 3, Floor: 0.05, Priority: 3},
	"pm10":              {Log: true, Offset: 5, Floor: 0.05, Priority: 3},
	"so2":               {Log: true, Offset: 3, Floor: 0.05, Priority: 3},
	"no2":               {Log: true, Offset: 3, Floor: 0.05, Priority: 3},
	"co":                {Log: true, Offset: 50, Floor: 0.05, Priority: 3},
	"o3":                {Log: true, Offset: 5, Floor: 0.05, Priority: 3},
	"wind_speed":        {Log: true, Offset: 0.5, Floor: 0.08, Priority: 4},
	"pressure":          {Floor: 0.5, Priority: 4},
	"dew_point":         {Floor: 0.5, Priority: 4},
	"traffic_flow":      {Log: true, Offset: 30, Floor: 0.05, Priority: 4},
	"speed":             {Floor: 1, Priority: 4},
	"lamp_power":        {Floor: 3, Priority: 4},
	"battery":           {Floor: 0.08, Priority: 4},
}

// ProfileOf returns how a property is judged; false when it is not.
func ProfileOf(property haidang.PropertyCode) (Profile, bool) {
	p, ok := profiles[property]
	return p, ok
}

// in and out lead to the scale on which deviations are counted, and back.
func (p Profile) in(v float64) float64 {
	if p.Log {
		return math.Log(max(v, 0) + p.Offset)
	}
	return v
}

func (p Profile) out(x float64) float64 {
	if p.Log {
		return max(math.Exp(x)-p.Offset, 0)
	}
	return x
}
