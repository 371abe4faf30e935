package simulator

import (
	"math"
	"slices"
	"testing"
	"time"

	"haidang"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 24, 5, 0, 0, 0, time.UTC) // 12:00 in Sóc Trăng

func TestRosterIsAProvinceOfSomeThreeHundred(t *testing.T) {
	devices := New(1).Devices()
	if len(devices) < 280 || len(devices) > 320 {
		t.Errorf("%d devices", len(devices))
	}
	seen, names := map[haidang.ThingID]bool{}, map[string]int{}
	perMinute := 0.0
	for _, d := range devices {
		if seen[d.ID] || !d.ID.Valid() {
			t.Errorf("device %q is unnamed or named twice", d.ID)
		}
		seen[d.ID] = true
		names[d.Name]++
		if d.Lon < 105.5 || d.Lon > 106.32 || d.Lat < 9.2 || d.Lat > 9.95 {
			t.Errorf("%s (%s) stands outside the province at %.3f, %.3f", d.ID, d.Name, d.Lon, d.Lat)
		}
		if d.Interval < time.Minute || d.Interval > 5*time.Minute || 600%int(d.Interval.Seconds()) != 0 {
			t.Errorf("%s reports every %v", d.ID, d.Interval)
		}
		perMinute += 60 / d.Interval.Seconds()
	}
	if perMinute < 100 || perMinute > 500 {
		t.Errorf("%.0f messages a minute", perMinute)
	}
}

func TestSameSeedTellsTheSameStory(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		at := time.Unix(rapid.Int64Range(1e9, 4e9).Draw(rt, "unix"), 0)
		a, b := New(seed), New(seed)
		i := rapid.IntRange(0, len(a.devices)-1).Draw(rt, "device")
		first, again := a.Values(&a.devices[i], at), b.Values(&b.devices[i], at)
		for property, v := range first {
			if v != again[property] || math.IsNaN(v) || math.IsInf(v, 0) {
				rt.Errorf("%s %s at %v: %v, then %v", a.devices[i].ID, property, at, v, again[property])
			}
		}
		next := a.devices[i].Next(at)
		if gap := next.Sub(at.Truncate(time.Second)); gap <= 0 || gap > a.devices[i].Interval {
			rt.Errorf("reports at %v, %v after %v", next, gap, at)
		}
	})
}

func TestValuesStayWithinPhysics(t *testing.T) {
	limits := map[haidang.PropertyCode][2]float64{
		"water_level": {-3.5, 3.5}, "salinity": {0, 35}, "water_temperature": {22, 36}, "battery": {8, 15},
		"rain": {0, 60}, "pm25": {0, 400}, "pm10": {0, 600}, "no2": {0, 300}, "co": {0, 9000}, "o3": {0, 500},
		"air_temperature": {5, 55}, "humidity": {0, 160}, "wind_speed": {0, 30}, "traffic_flow": {0, 9000},
		"speed": {0, 130}, "pump_power": {0, 300}, "pump_running": {0, 1}, "lamp_power": {0, 20000},
	}
	p := New(3)
	for i := range p.devices {
		d := &p.devices[i]
		for h := range 24 * 20 {
			for property, v := range p.Values(d, noon.Add(time.Duration(h)*time.Hour)) {
				if l := limits[property]; v < l[0] || v > l[1] {
					t.Fatalf("%s reports %s = %v, limits are %v", d.ID, property, v, l)
				}
			}
		}
	}
}

// The figures the hydrological service gave for 23 February 2025, with room for other tides.
func TestSalinityIsThatOfADrySeason(t *testing.T) {
	p := New(1)
	for name, expected := range map[string][2]float64{"Trần Đề": {8, 17}, "Long Phú": {4.5, 13}, "Đại Ngãi": {1.2, 6.5}} {
		i := slices.IndexFunc(p.devices, func(d Device) bool { return d.Type == "salinity_station" && d.Name == "Trạm đo mặn "+name })
		d := &p.devices[i]
		low, high := math.Inf(1), math.Inf(-1)
		for m := range 30 * 24 * 4 {
			v := signals["salinity"](p, d, noon.Add(time.Duration(m)*15*time.Minute))
			low, high = min(low, v), max(high, v)
		}
		if low < expected[0] || high > expected[1] || high < 1.3*low {
			t.Errorf("%s: %.1f to %.1f g/L in a month, believable is %v", name, low, high, expected)
		}
	}
}

func TestDayAndNight(t *testing.T) {
	p := New(1)
	for i := range p.devices {
		d := &p.devices[i]
		midnight := noon.Add(12 * time.Hour)
		switch d.Type {
		case "street_light":
			if lampPower(p, d, noon) != 0 || lampPower(p, d, midnight) < 40 {
				t.Errorf("%s draws %.0f W at noon and %.0f W at midnight", d.ID, lampPower(p, d, noon), lampPower(p, d, midnight))
			}
		case "traffic_counter":
			if rush := trafficFlow(p, d, noon.Add(5*time.Hour)); rush < 3*trafficFlow(p, d, midnight) {
				t.Errorf("%s counts %.0f vehicles/h in the rush hour", d.ID, rush)
			}
		case "air_station":
			if airTemperature(p, d, noon.Add(2*time.Hour)) < airTemperature(p, d, noon.Add(-7*time.Hour)) {
				t.Errorf("%s is colder in the afternoon than before dawn", d.ID)
			}
		}
	}
}

func TestFaultsAreLabelledAndBelievable(t *testing.T) {
	p := New(2)
	from, to := noon, noon.Add(60*24*time.Hour)
	faults := p.Faults(from, to)
	byKind := map[FaultKind]int{}
	standing := 0
	for _, f := range faults {
		byKind[f.Kind]++
		if !f.To.After(f.From) || f.To.Sub(f.From) > 61*time.Hour {
			t.Errorf("%s %s lasts %v", f.Thing, f.Kind, f.To.Sub(f.From))
		}
		middle := from.Add(30 * 24 * time.Hour)
		if f.From.Before(middle) && f.To.After(middle) {
			standing++
		}
	}
	for _, kind := range FaultKinds() {
		if byKind[kind] < 10 {
			t.Errorf("only %d faults of kind %s in 60 days", byKind[kind], kind)
		}
	}
	if standing < 2 || standing > 40 {
		t.Errorf("%d of %d devices fail at one moment", standing, len(p.devices))
	}
}

func TestAFaultChangesItsOwnPropertyOnly(t *testing.T) {
	p := New(2)
	for _, f := range p.Faults(noon, noon.Add(20*24*time.Hour)) {
		i := slices.IndexFunc(p.devices, func(d Device) bool { return d.ID == f.Thing })
		d := &p.devices[i]
		late := f.From.Add(f.To.Sub(f.From) * 9 / 10)
		for _, property := range d.Properties {
			v, ok := p.Value(d, property, late)
			if ok == (f.Kind == FaultSilent) {
				t.Fatalf("%s %s: speaks = %v", f.Thing, f.Kind, ok)
			}
			truth := round(property, signals[property](p, d, late))
			if ok && property != f.Property && v != truth {
				t.Errorf("%s %s on %s also changes %s", f.Thing, f.Kind, f.Property, property)
			}
			if property == f.Property && f.Kind == FaultBias && f.Size > 0 && v == truth {
				t.Errorf("%s: bias of %.1f changes nothing", f.Thing, f.Size)
			}
		}
	}
}
