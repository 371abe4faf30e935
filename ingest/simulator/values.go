package simulator

import (
	"math"
	"time"

	"haidang"
)

// A signal is the true value of one property of a device: no faults yet.
type signal func(p *Province, d *Device, t time.Time) float64

// signals of the properties that a simulated device may have. Noise of the
// instrument is part of the signal, since no instrument is without.
var signals = map[haidang.PropertyCode]signal{
	"water_level":       waterLevel,
	"salinity":          salinity,
	"water_temperature": waterTemperature,
	"battery":           battery,
	"rain":              rain,
	"pm25":              func(p *Province, d *Device, t time.Time) float64 { return p.dust(d, t, 12+16*d.town) },
	"pm10":              func(p *Province, d *Device, t time.Time) float64 { return p.dust(d, t, 22+27*d.town) },
	"no2":               func(p *Province, d *Device, t time.Time) float64 { return p.exhaust(d, t, 9+18*d.town) },
	"co":                func(p *Province, d *Device, t time.Time) float64 { return p.exhaust(d, t, 350+450*d.town) },
	"o3":                ozone,
	"air_temperature":   airTemperature,
	"humidity":          humidity,
	"wind_speed":        windSpeed,
	"traffic_flow":      trafficFlow,
	"speed":             trafficSpeed,
	"pump_power":        pumpPower,
	"pump_running":      pumpRunning,
	"lamp_power":        lampPower,
}

// localHour is the hour of the day in Vietnam, 0 ≤ h < 24. There is no summer time.
func localHour(t time.Time) float64 {
	return math.Mod(float64(t.Unix())/3600+7, 24)
}

// bump is a smooth hill of height 1 over the hour of the day.
func bump(hour, centre, width float64) float64 {
	d := math.Mod(hour-centre+36, 24) - 12
	return math.Exp(-d * d / (2 * width * width))
}

func seconds(t time.Time) float64 { return float64(t.Unix()) }

// white is the instrument's own noise, unit deviation, new at every second.
func white(d *Device, salt uint64, t time.Time) float64 {
	return gauss(d.key, salt, uint64(t.Unix()))
}

// reachOf turns the way to the sea into delay and damping. The wave needs about
// 40 minutes from Vũng Tàu to the mouth and then climbs the Hậu at some 8 m/s;
// the range at Cần Thơ, 85 km up, is about 0.6 of that at the mouth.
func reachOf(km float64) reach {
	return reach{
		delay:       40*time.Minute + time.Duration(km/28.8*float64(time.Hour)),
		semidiurnal: math.Exp(-km / 170),
		diurnal:     math.Exp(-km / 260),
	}
}

// waterLevel in metres above the national datum: tide, a slight slope of the
// river, and a surge of wind and pressure that all gauges share.
func waterLevel(p *Province, d *Device, t time.Time) float64 {
	surge := 0.06 * drift(p.seed, 101, seconds(t), 2.5*86400)
	return 0.25 + 0.002*d.km + tideAt(t, reachOf(d.km)) + surge + 0.008*white(d, 1, t)
}

// salinity in g/L: the tide carries a longitudinal profile up and down the river.
// The profile is fitted by eye to the dry season (Trần Đề 11–15.6, Long Phú
// 7–11.7, Đại Ngãi 2.4–4.6 g/L on 23 February 2025); salt peaks some 70 minutes
// after high water, and the river's discharge moves the profile by days.
func salinity(p *Province, d *Device, t time.Time) float64 {
	moved := 3.0 * tideAt(t.Add(-70*time.Minute), reachOf(d.km))
	discharge := 1.2 * drift(p.seed, 102, seconds(t), 6*86400)
	s := 0.15 + 17.5/(1+math.Exp((d.km-18-discharge-moved)/9))
	return s * (1 + 0.012*white(d, 2, t))
}

func waterTemperature(p *Province, d *Device, t time.Time) float64 {
	day := math.Cos((localHour(t) - 15.5) * math.Pi / 12)
	return 28.8 + 0.9*day + 0.35*drift(p.seed, 103, seconds(t), 3*86400) + 0.05*white(d, 3, t)
}

// battery in volts: charged by the sun, drained at night.
func battery(_ *Province, d *Device, t time.Time) float64 {
	h := localHour(t)
	sun := bump(h, 12.5, 2.6)
	sky := 0.85 + 0.15*math.Tanh(drift(d.key, 104, seconds(t), 86400))
	return 12.35 + 0.1*d.size + 0.75*sun*sky - 0.15*bump(h, 5, 4) + 0.015*white(d, 4, t)
}

// rain in mm since the last reading: mostly none, it is the dry season; now and
// then a shower of an hour that passes over part of the province.
func rain(p *Province, d *Device, t time.Time) float64 {
	block := uint64(t.Unix() / 21600)
	if uniform(p.seed, 105, block) > 0.12 {
		return 0
	}
	start := 18000 * uniform(p.seed, 106, block)
	lon := 105.6 + 0.6*uniform(p.seed, 107, block)
	into := float64(t.Unix()%21600) - start - 4000*(d.Lon-lon)
	if into < 0 || into > 3600 || math.Abs(d.Lon-lon) > 0.2 {
		return 0
	}
	return 2.2 * math.Sin(math.Pi*into/3600) * (0.3 + uniform(d.key, 108, uint64(t.Unix())))
}

// weather multiplies pollution by days of still or moving air, for all alike.
func (p *Province) weather(t time.Time) float64 {
	return math.Exp(0.22 * drift(p.seed, 109, seconds(t), 1.5*86400))
}

func (p *Province) dust(d *Device, t time.Time, base float64) float64 {
	h := localHour(t)
	day := 0.8 + 0.5*bump(h, 7, 1.6) + 0.45*bump(h, 19, 2.2)
	own := math.Exp(0.1*drift(d.key, 110, seconds(t), 3*3600) + 0.07*white(d, 110+uint64(base), t))
	return base * day * p.weather(t) * own
}

func (p *Province) exhaust(d *Device, t time.Time, base float64) float64 {
	h := localHour(t)
	day := 0.6 + 0.8*bump(h, 7, 1.3) + 0.7*bump(h, 17.7, 1.7)
	return base * day * p.weather(t) * math.Exp(0.09*white(d, 200+uint64(base), t))
}

func ozone(p *Province, d *Device, t time.Time) float64 {
	day := 18 + 55*bump(localHour(t), 13.5, 2.8)
	return day * math.Exp(0.15*drift(p.seed, 111, seconds(t), 86400)+0.06*white(d, 5, t))
}

func airTemperature(p *Province, d *Device, t time.Time) float64 {
	day := math.Cos((localHour(t) - 14) * math.Pi / 12)
	return 27.4 + 0.8*d.town + 3.6*day + 0.6*drift(p.seed, 112, seconds(t), 2*86400) + 0.15*white(d, 6, t)
}

func humidity(p *Province, d *Device, t time.Time) float64 {
	day := math.Cos((localHour(t) - 14) * math.Pi / 12)
	return min(100, 77-13*day-2.5*drift(p.seed, 112, seconds(t), 2*86400)+0.8*white(d, 7, t))
}

func windSpeed(p *Province, d *Device, t time.Time) float64 {
	breeze := 1.4 + 2.4*bump(localHour(t), 14.5, 3)
	return breeze * math.Exp(0.2*drift(p.seed, 113, seconds(t), 86400)+0.15*white(d, 8, t))
}

// crowd is the share of a road's capacity in use: rush hours, a quieter Sunday.
func crowd(t time.Time) float64 {
	h := localHour(t)
	c := 0.04 + 0.62*bump(h, 6.9, 0.8) + 0.66*bump(h, 17, 1.1) + 0.34*bump(h, 11.3, 1.5) + 0.25*bump(h, 14.5, 2.5) + 0.15*bump(h, 20, 1.5)
	if t.Add(7*time.Hour).UTC().Weekday() == time.Sunday {
		c *= 0.8
	}
	return c
}

func (d *Device) capacity() float64 { return 400 + 1400*d.town*(0.5+d.size) }

func trafficFlow(_ *Province, d *Device, t time.Time) float64 {
	flow := d.capacity() * crowd(t) * math.Exp(0.1*drift(d.key, 114, seconds(t), 7200))
	return flow + (12+0.07*flow)*white(d, 9, t)
}

func trafficSpeed(_ *Province, d *Device, t time.Time) float64 {
	free := 36 + 12*(1-d.town)
	return free*(1-0.4*crowd(t)) + 1.6*white(d, 10, t)
}

func (d *Device) rated() float64 { return math.Round(15 + 60*d.size) }

// running: fields drain while the tide falls and the canal stands low.
func running(d *Device, t time.Time) bool {
	r := reachOf(d.km)
	now := tideAt(t, r)
	return now < 0.1 && now < tideAt(t.Add(-10*time.Minute), r)
}

func pumpRunning(_ *Province, d *Device, t time.Time) float64 {
	if running(d, t) {
		return 1
	}
	return 0
}

func pumpPower(_ *Province, d *Device, t time.Time) float64 {
	if !running(d, t) {
		return 0
	}
	return d.rated() * (0.9 + 0.02*drift(d.key, 115, seconds(t), 7200) + 0.012*white(d, 11, t))
}

func (d *Device) lamp() float64 { return 80 + 120*d.size }

// lampPower in W of one lamp: on from dusk to dawn by a switch clock, dimmed after 23 h.
func lampPower(_ *Province, d *Device, t time.Time) float64 {
	h := localHour(t)
	full := d.lamp()
	on, off := 17.9+0.3*uniform(d.key, 116, 0), 5.5+0.3*uniform(d.key, 116, 1)
	switch {
	case h >= off && h < on:
		return 0
	case h >= 23 || h < 4.5:
		full *= 0.6
	}
	return full * (1 + 0.012*white(d, 12, t))
}
