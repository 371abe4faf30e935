package ingest

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
)

// ReferenceData writes the catalogues of observed properties and device types.
// It may run at every start.
func ReferenceData(ctx context.Context, pool *pgxpool.Pool) error {
	b := &pgx.Batch{}
	for _, p := range observedProperties {
		b.Queue(`INSERT INTO observed_property (code, name_vi, name_en, unit, symbol, decimals, valid_min, valid_max, stuck_after_s, jump_step, jump_per_hour)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, nullif($9 * 3600, 0), nullif($10::float8, 0), nullif($11::float8, 0))
			ON CONFLICT (code) DO UPDATE SET name_vi = excluded.name_vi, name_en = excluded.name_en, unit = excluded.unit,
				symbol = excluded.symbol, decimals = excluded.decimals, valid_min = excluded.valid_min, valid_max = excluded.valid_max,
				stuck_after_s = excluded.stuck_after_s, jump_step = excluded.jump_step, jump_per_hour = excluded.jump_per_hour`,
			p.code, p.vi, p.en, p.ucum, p.symbol, p.decimals, p.min, p.max, p.stuckAfterH, p.jumpStep, p.jumpPerHour)
		b.Queue(`INSERT INTO retention_policy (property, from_month, keep_months) VALUES ($1, '-infinity', $2) ON CONFLICT DO NOTHING`,
			p.code, defaultMonths(haidang.PropertyCode(p.code)))
	}
	for _, t := range deviceTypes {
		perMinute, burst := t.limit()
		b.Queue(`INSERT INTO device_type AS t (code, name_vi, name_en, sector, interval_s, per_minute, burst) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (code) DO UPDATE SET name_vi = excluded.name_vi, name_en = excluded.name_en, sector = excluded.sector,
				interval_s = excluded.interval_s,
				per_minute = CASE WHEN t.limited_by = '' THEN excluded.per_minute ELSE t.per_minute END,
				burst = CASE WHEN t.limited_by = '' THEN excluded.burst ELSE t.burst END`,
			t.code, t.vi, t.en, t.sector, t.intervalS, perMinute, burst)
	}
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return tx.SendBatch(ctx, b).Close() })
}

// observedProperties: the range is that of common sensors, not of what is good. A
// value is stuck after so many hours, and it jumps when it moves by more than a
// step and so much for each hour since. 0 means that there is no such limit.
//
// The limits follow sensor practice (the tests for flat lines and rates of change
// of IOOS QARTOD, the persistence and step tests of WMO's guide for automatic
// stations), which leaves the numbers to the place. These are wide. In two years of
// NERRS Apalachicola (15 minutes: water, weather), of 942,333 values that the
// reserve calls good 66 jump and none is stuck or out of range; of 13,758 that are
// stuck it calls none good. Four years of Beijing (hourly) gave those of the air.
// Where a still value is usual there is no limit:
// rain, light, pumps and lamps at 0, sulphur dioxide below what can be detected
// (183 hours there), a battery on mains. Directions jump at north.
var observedProperties = []struct {
	code, vi, en, ucum, symbol string
	decimals                   int
	min, max                   float64
	stuckAfterH                int
	jumpStep, jumpPerHour      float64
}{
	{"water_level", "Mực nước", "Water level", "m", "m", 2, -10, 30, 12, 0.3, 1.5}, // tides move up to 1 m/h
	{"water_depth", "Độ sâu nước", "Water depth", "m", "m", 2, 0, 100, 12, 0.3, 1.5},
	{"salinity", "Độ mặn", "Salinity", "g/L", "g/L", 2, 0, 80, 24, 6, 20}, // a salt front passes in minutes; fresh water rests at 0
	{"practical_salinity", "Độ mặn thực hành", "Practical salinity", "1", "PSU", 1, 0, 80, 24, 6, 20},
	{"specific_conductance", "Độ dẫn điện riêng", "Specific conductance", "mS/cm", "mS/cm", 2, 0, 200, 24, 9, 28},
	{"water_temperature", "Nhiệt độ nước", "Water temperature", "Cel", "°C", 1, -5, 60, 24, 1, 2},
	{"dissolved_oxygen", "Oxy hòa tan", "Dissolved oxygen", "mg/L", "mg/L", 1, 0, 50, 24, 5, 5},
	{"oxygen_saturation", "Độ bão hòa oxy", "Oxygen saturation", "%", "%", 0, 0, 500, 24, 70, 40},
	{"ph", "pH", "pH", "[pH]", "pH", 1, 0, 14, 168, 0.6, 0.6}, // a well-buffered water rests for days
	{"turbidity", "Độ đục", "Turbidity", "{NTU}", "NTU", 0, -5, 4000, 48, 300, 400},
	{"rain", "Lượng mưa", "Rain", "mm", "mm", 1, 0, 500, 0, 0, 0},
	{"par", "Bức xạ quang hợp", "Photosynthetic light", "mmol/m2", "mmol/m²", 0, 0, 3000, 0, 0, 0},
	{"air_temperature", "Nhiệt độ không khí", "Air temperature", "Cel", "°C", 1, -60, 60, 24, 4, 6}, // a squall takes 5 °C in a quarter of an hour
	{"humidity", "Độ ẩm", "Humidity", "%", "%", 0, 0, 100, 48, 40, 20},                              // rests at 100 in fog
	{"pm25", "Bụi PM2.5", "PM2.5", "ug/m3", "µg/m³", 0, 0, 1000, 48, 300, 150},
	{"pm10", "Bụi PM10", "PM10", "ug/m3", "µg/m³", 0, 0, 2000, 48, 500, 200},
	{"so2", "SO₂", "SO₂", "ug/m3", "µg/m³", 0, 0, 5000, 0, 100, 100},
	{"no2", "NO₂", "NO₂", "ug/m3", "µg/m³", 0, 0, 2000, 48, 100, 60},
	{"co", "CO", "CO", "ug/m3", "µg/m³", 0, 0, 50000, 168, 5000, 3000}, // often given in whole hundreds
	{"o3", "O₃", "O₃", "ug/m3", "µg/m³", 0, 0, 2000, 96, 100, 100},
	{"wind_speed", "Tốc độ gió", "Wind speed", "m/s", "m/s", 1, 0, 100, 24, 10, 10},
	{"wind_direction", "Hướng gió", "Wind direction", "deg", "°", 0, 0, 360, 24, 0, 0},
	{"pressure", "Khí áp", "Air pressure", "hPa", "hPa", 1, 800, 1100, 36, 3, 9},
	{"dew_point", "Điểm sương", "Dew point", "Cel", "°C", 1, -80, 60, 24, 6, 10},
	{"traffic_flow", "Lưu lượng xe", "Traffic flow", "{vehicle}/h", "xe/h", 0, 0, 20000, 24, 0, 0},
	{"speed", "Tốc độ xe", "Vehicle speed", "km/h", "km/h", 0, 0, 250, 24, 0, 0},
	{"pump_power", "Công suất bơm", "Pump power", "kW", "kW", 1, 0, 5000, 0, 0, 0},
	{"pump_running", "Bơm đang chạy", "Pump running", "1", "", 0, 0, 1, 0, 0, 0},
	{"lamp_power", "Công suất đèn", "Lamp power", "W", "W", 0, 0, 2000, 0, 0, 0},
	{"battery", "Điện áp pin", "Battery", "V", "V", 2, 0, 60, 0, 3, 2}, // the sun's charger comes and goes
}

// limit is how often a device of the type may send, unless an administrator says
// otherwise: ten times its interval, and at once two days' worth, so that one that
// kept a day's readings may send them all, and what piles up while we are away for
// ten minutes is no offence. A replayed series comes as fast as it can be read.
func (t deviceType) limit() (perMinute, burst int) {
	if t.code == replayType {
		return 0, 0
	}
	perMinute = max(1, 10*60/t.intervalS)
	return perMinute, max(10*perMinute, 2*24*3600/t.intervalS)
}

// replayType is the type of recorded series that are played as devices.
const replayType = "replay"

type deviceType struct {
	code, vi, en, sector string
	intervalS            int
}

var deviceTypes = []deviceType{
	{"tide_gauge", "Trạm đo triều", "Tide gauge", haidang.SectorTide, 300},
	{"salinity_station", "Trạm đo mặn", "Salinity station", haidang.SectorSalinity, 300},
	{"rain_gauge", "Trạm đo mưa", "Rain gauge", haidang.SectorTide, 300},
	{"air_station", "Trạm không khí", "Air station", haidang.SectorAir, 300},
	{"traffic_counter", "Máy đếm xe", "Traffic counter", haidang.SectorTraffic, 300},
	{"pump", "Trạm bơm", "Pump", haidang.SectorSluice, 300},
	{"street_light", "Đèn đường", "Street light", haidang.SectorPower, 600},
	{"water_station", "Trạm chất lượng nước", "Water quality station", haidang.SectorSalinity, 900},
	{"weather_station", "Trạm khí tượng", "Weather station", haidang.SectorAir, 900},
	{replayType, "Chuỗi phát lại", "Replayed series", haidang.SectorAir, 3600},
}
