package simulator

import (
	"fmt"
	"time"

	"haidang"
)

// Device is one simulated device as its owner would register it.
type Device struct {
	ID         haidang.ThingID
	Type       string // code of the device type
	Sector     string
	Name       string // Vietnamese, as on the list of assets
	Lon, Lat   float64
	Interval   time.Duration
	Properties []haidang.PropertyCode

	key  uint64  // noise of its own
	size float64 // rated power, capacity or base level, by type
	town float64
	km   float64 // by water to the sea
}

// kind is what all devices of a type share.
type kind struct {
	code, prefix, sector, noun string
	interval                   time.Duration
	properties                 []haidang.PropertyCode
}

var (
	tideGauge = kind{"tide_gauge", "tri", haidang.SectorTide, "Trạm thủy văn", time.Minute,
		[]haidang.PropertyCode{"water_level", "battery"}}
	salinityStation = kind{"salinity_station", "man", haidang.SectorSalinity, "Trạm đo mặn", time.Minute,
		[]haidang.PropertyCode{"salinity", "water_temperature", "battery"}}
	rainGauge = kind{"rain_gauge", "mua", haidang.SectorTide, "Trạm đo mưa", 5 * time.Minute,
		[]haidang.PropertyCode{"rain", "battery"}}
	airStation = kind{"air_station", "kk", haidang.SectorAir, "Trạm không khí", 2 * time.Minute,
		[]haidang.PropertyCode{"pm25", "pm10", "no2", "co", "o3", "air_temperature", "humidity", "wind_speed"}}
	trafficCounter = kind{"traffic_counter", "gt", haidang.SectorTraffic, "Đếm xe", time.Minute,
		[]haidang.PropertyCode{"traffic_flow", "speed"}}
	pump = kind{"pump", "bom", haidang.SectorSluice, "Trạm bơm", time.Minute,
		[]haidang.PropertyCode{"pump_power", "pump_running"}}
	streetLight = kind{"street_light", "den", haidang.SectorPower, "Đèn", 5 * time.Minute,
		[]haidang.PropertyCode{"lamp_power"}}
)

// roster draws up the devices of a province: the same seed gives the same list.
func roster(seed uint64) []Device {
	r := &register{seed: seed}
	for _, w := range waterSites {
		if w.gauge {
			r.addWater(tideGauge, w, -0.0006)
		}
		r.addWater(salinityStation, w, 0.0006)
	}
	for i := range 24 {
		r.addPlace(rainGauge, places[(i*9+4)%len(places)], "")
	}
	for i := range 18 {
		r.addPlace(airStation, places[(i*5)%len(places)], "")
	}
	for i := range 42 {
		r.addPlace(trafficCounter, r.townPlace(i), junctions[i%len(junctions)]+" "+streets[(i*7)%len(streets)])
	}
	for i := range 40 {
		r.addPlace(pump, places[(i*11+6)%len(places)], fmt.Sprintf("số %d", i/len(places)+1))
	}
	for i := range 140 {
		r.addPlace(streetLight, r.townPlace(i), fmt.Sprintf("%s số %d", streets[i%len(streets)], 3+i*13%180))
	}
	return r.devices
}

// register collects devices and gives each its name, number and character.
type register struct {
	seed    uint64
	devices []Device
	count   map[string]int
}

// townPlace is the place of the i-th of many devices, more often a town than a village.
func (r *register) townPlace(i int) place {
	for try := uint64(0); ; try++ {
		p := places[mix(r.seed, uint64(i), try)%uint64(len(places))]
		if uniform(r.seed, uint64(i), try+1000) < p.town {
			return p
		}
	}
}

func (r *register) addWater(k kind, w waterSite, aside float64) {
	d := r.add(k, w.name)
	d.Lon, d.Lat, d.km = w.lon+aside, w.lat, w.km
	d.town = 0.2
}

func (r *register) addPlace(k kind, p place, detail string) {
	name := p.name
	if detail != "" {
		name = detail + ", " + p.name
	}
	d := r.add(k, name)
	spread := 0.008 + 0.012*(1-p.town)
	d.Lon = p.lon + spread*(2*uniform(d.key, 1, 1)-1)
	d.Lat = p.lat + spread*(2*uniform(d.key, 1, 2)-1)
	d.town, d.km = p.town, 20+40*uniform(d.key, 1, 3)
}

func (r *register) add(k kind, name string) *Device {
	if r.count == nil {
		r.count = map[string]int{}
	}
	r.count[k.code]++
	id := haidang.ThingID(fmt.Sprintf("st-%s-%03d", k.prefix, r.count[k.code]))
	key := mix(r.seed, hashText(string(id)), 7)
	r.devices = append(r.devices, Device{
		ID: id, Type: k.code, Sector: k.sector, Name: k.noun + " " + name,
		Interval: k.interval, Properties: k.properties,
		key: key, size: uniform(key, 2, 0),
	})
	return &r.devices[len(r.devices)-1]
}
