package simulator

import (
	"math"
	"slices"
	"time"

	"haidang"
)

// Province is a pretended province. It holds no state: all that it says is a
// function of its seed and a time, and it is safe for concurrent use.
type Province struct {
	seed    uint64
	devices []Device
}

// New makes the province of a seed.
func New(seed uint64) *Province {
	return &Province{seed: seed, devices: roster(seed)}
}

// Devices returns the devices of the province, the same for the same seed.
func (p *Province) Devices() []Device { return slices.Clone(p.devices) }

// Value is what a device reports of one property at t, in the property's unit and
// rounded as its instrument rounds. It is false while the device says nothing.
func (p *Province) Value(d *Device, property haidang.PropertyCode, t time.Time) (float64, bool) {
	f, failing := p.faultAt(d, t)
	if failing && f.Kind == FaultSilent {
		return 0, false
	}
	v := signals[property](p, d, t)
	if failing && f.Property == property {
		v = p.spoil(d, f, property, t, v)
	}
	return round(property, v), true
}

// Values is the whole reading of a device at t; nil while the device says nothing.
func (p *Province) Values(d *Device, t time.Time) map[haidang.PropertyCode]float64 {
	values := make(map[haidang.PropertyCode]float64, len(d.Properties))
	for _, property := range d.Properties {
		v, ok := p.Value(d, property, t)
		if !ok {
			return nil
		}
		values[property] = v
	}
	return values
}

// Faults returns the labelled faults that touch the time from ≤ t < to, by device and start.
func (p *Province) Faults(from, to time.Time) []Fault {
	var faults []Fault
	size := int64(faultSlot / time.Second)
	for i := range p.devices {
		for slot := from.Unix() / size; slot <= to.Unix()/size; slot++ {
			f, ok := p.faultOf(&p.devices[i], slot)
			if ok && f.From.Before(to) && f.To.After(from) {
				faults = append(faults, f)
			}
		}
	}
	return faults
}

// Next is the first moment after t at which the device reports. Each device has
// its own second of the interval, so that they do not all speak at once.
func (d *Device) Next(t time.Time) time.Time { return d.nextOf(t, d.Interval) }

// nextOf is Next at a coarser step, a multiple of the interval. It is the same
// whenever it is asked, so that a past that is told again is the same past.
func (d *Device) nextOf(t time.Time, step time.Duration) time.Time {
	every := int64(step / time.Second)
	offset := int64(d.key % uint64(d.Interval/time.Second))
	n := (t.Unix()-offset)/every + 1
	return time.Unix(n*every+offset, 0).UTC()
}

// whole and hundredth list the instruments that do not show one decimal.
var (
	whole     = []haidang.PropertyCode{"humidity", "traffic_flow", "speed", "pump_running", "lamp_power", "co"}
	hundredth = []haidang.PropertyCode{"water_level", "salinity", "battery"}
	signed    = []haidang.PropertyCode{"water_level", "water_temperature", "air_temperature"}
)

// round cuts a value to what the instrument shows, and to zero where it cannot go below.
func round(property haidang.PropertyCode, v float64) float64 {
	if v < 0 && !slices.Contains(signed, property) {
		return 0
	}
	scale := 10.0
	switch {
	case slices.Contains(whole, property):
		scale = 1
	case slices.Contains(hundredth, property):
		scale = 100
	}
	return math.Round(v*scale) / scale
}
