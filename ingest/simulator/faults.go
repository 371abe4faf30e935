package simulator

import (
	"math"
	"time"

	"haidang"
)

// FaultKind is a way of failing.
type FaultKind string

// The ways in which a simulated device fails.
const (
	FaultSpike      FaultKind = "spike"       // single readings far off, now and then
	FaultDrift      FaultKind = "drift"       // wanders off slowly
	FaultStuck      FaultKind = "stuck"       // repeats one value
	FaultBias       FaultKind = "bias"        // off by a constant
	FaultNoise      FaultKind = "noise"       // much noisier than usual
	FaultSilent     FaultKind = "silent"      // sends nothing; the connection drops
	FaultLowBattery FaultKind = "low_battery" // the voltage runs down
)

// FaultKinds lists all kinds in the order in which tables print them.
func FaultKinds() []FaultKind {
	return []FaultKind{FaultSpike, FaultDrift, FaultStuck, FaultBias, FaultNoise, FaultSilent, FaultLowBattery}
}

// Fault is one labelled failure. The label never travels on the wire.
type Fault struct {
	Thing    haidang.ThingID
	Property haidang.PropertyCode // empty when the whole device is silent
	Kind     FaultKind
	From, To time.Time
	Size     float64 // signed, in swings of the signal; see swing
}

// One device fails at most once in each slot, and not in all of them.
const (
	faultSlot  = 10 * 24 * time.Hour
	faultShare = 0.6
)

// hours says how long a fault of each kind lasts, from and to.
var faultHours = map[FaultKind][2]float64{
	FaultSpike: {2, 8}, FaultDrift: {12, 48}, FaultStuck: {4, 24}, FaultBias: {4, 24},
	FaultNoise: {3, 12}, FaultSilent: {1, 12}, FaultLowBattery: {24, 60},
}

// faultAt returns the fault of the slot that holds t; slots never overlap.
func (p *Province) faultAt(d *Device, t time.Time) (Fault, bool) {
	slot := t.Unix() / int64(faultSlot/time.Second)
	f, ok := p.faultOf(d, slot)
	if !ok || t.Before(f.From) || !t.Before(f.To) {
		return Fault{}, false
	}
	return f, true
}

// faultOf is what goes wrong with a device in one slot, decided by hash.
func (p *Province) faultOf(d *Device, slot int64) (Fault, bool) {
	dice := func(n uint64) float64 { return uniform(d.key, 500+n, uint64(slot)) }
	if dice(0) > faultShare {
		return Fault{}, false
	}
	kinds := FaultKinds()
	if d.Properties[len(d.Properties)-1] != "battery" {
		kinds = kinds[:len(kinds)-1]
	}
	f := Fault{Thing: d.ID, Kind: kinds[int(dice(1)*float64(len(kinds)))]}
	f.Property = faultProperty(d, f.Kind, dice(2))
	span := faultHours[f.Kind]
	last := time.Duration((span[0] + (span[1]-span[0])*dice(3)) * float64(time.Hour))
	start := time.Unix(slot*int64(faultSlot/time.Second), 0).UTC()
	f.From = start.Add(time.Duration(dice(4) * float64(faultSlot-last))).Truncate(time.Second)
	f.To = f.From.Add(last).Truncate(time.Second)
	f.Size = faultSize(f.Kind, dice(5), dice(6))
	return f, true
}

func faultProperty(d *Device, k FaultKind, dice float64) haidang.PropertyCode {
	n := len(d.Properties)
	switch {
	case k == FaultSilent:
		return ""
	case k == FaultLowBattery:
		return "battery"
	case d.Properties[n-1] == "battery" || d.Type == pump.code:
		n-- // the last property is no sensor of its own
	}
	return d.Properties[int(dice*float64(n))]
}

// faultSize draws how bad it is: from hardly visible to gross.
func faultSize(k FaultKind, dice, sign float64) float64 {
	var size float64
	switch k {
	case FaultSpike:
		size = 1.5 + 3*dice
	case FaultDrift:
		size = 0.8 + 2*dice
	case FaultBias:
		size = 0.5 + 2*dice
	case FaultNoise:
		size = 0.4 + 1.2*dice
	default:
		return 0
	}
	if sign < 0.5 {
		return -size
	}
	return size
}

// swing is how much a signal usually moves within a day, in its unit: the measure of a fault.
func (p *Province) swing(d *Device, property haidang.PropertyCode) float64 {
	switch property {
	case "water_level":
		return 0.6 * math.Exp(-d.km/200)
	case "salinity":
		return 0.15 + 5/(1+math.Exp((d.km-18)/9))
	case "traffic_flow":
		return 0.3 * d.capacity()
	case "pump_power":
		return 0.4 * d.rated()
	case "lamp_power":
		return 0.4 * d.lamp()
	}
	return fixedSwing[property]
}

var fixedSwing = map[haidang.PropertyCode]float64{
	"water_temperature": 1.5, "rain": 3, "pm25": 15, "pm10": 25, "no2": 15, "co": 400, "o3": 30,
	"air_temperature": 4, "humidity": 14, "wind_speed": 2, "speed": 12,
}

// spoil is what a failing device reports instead of the true value.
func (p *Province) spoil(d *Device, f Fault, property haidang.PropertyCode, t time.Time, truth float64) float64 {
	swing := p.swing(d, property)
	gone := t.Sub(f.From).Seconds() / f.To.Sub(f.From).Seconds()
	switch f.Kind {
	case FaultSpike:
		if uniform(d.key, 600, uint64(t.Unix())) < 0.2 {
			return truth + f.Size*swing
		}
	case FaultDrift:
		return truth + f.Size*swing*gone
	case FaultBias:
		return truth + f.Size*swing
	case FaultNoise:
		return truth + math.Abs(f.Size)*swing*gauss(d.key, 601, uint64(t.Unix()))
	case FaultStuck:
		return signals[property](p, d, f.From)
	case FaultLowBattery:
		return truth - 3.2*gone
	}
	return truth
}
