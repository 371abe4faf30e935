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
		b.Queue(`INSERT INTO observed_property (code, name_vi, name_en, unit, symbol, decimals, valid_min, valid_max)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (code) DO UPDATE SET name_vi = excluded.name_vi, name_en = excluded.name_en, unit = excluded.unit,
				symbol = excluded.symbol, decimals = excluded.decimals, valid_min = excluded.valid_min, valid_max = excluded.valid_max`,
			p.code, p.vi, p.en, p.ucum, p.symbol, p.decimals, p.min, p.max)
	}
	for _, t := range deviceTypes {
		b.Queue(`INSERT INTO device_type (code, name_vi, name_en, sector, interval_s) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (code) DO UPDATE SET name_vi = excluded.name_vi, name_en = excluded.name_en, sector = excluded.sector,
				interval_s = excluded.interval_s`, t.code, t.vi, t.en, t.sector, t.intervalS)
	}
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return tx.SendBatch(ctx, b).Close() })
}

// observedProperties: the limits are those of common sensors, not of what is
// good; a value beyond them is stored and flagged.
var observedProperties = []struct {
	code, vi, en, ucum, symbol string
	decimals                   int
	min, max                   float64
}{
	{"water_level", "Mực nước", "Water level", "m", "m", 2, -10, 30},
	{"salinity", "Độ mặn", "Salinity", "g/L", "g/L", 2, 0, 80},
	{"water_temperature", "Nhiệt độ nước", "Water temperature", "Cel", "°C", 1, -5, 60},
	{"rain", "Lượng mưa", "Rain", "mm", "mm", 1, 0, 500},
	{"air_temperature", "Nhiệt độ không khí", "Air temperature", "Cel", "°C", 1, -60, 60},
	{"humidity", "Độ ẩm", "Humidity", "%", "%", 0, 0, 100},
	{"pm25", "Bụi PM2.5", "PM2.5", "ug/m3", "µg/m³", 0, 0, 1000},
	{"pm10", "Bụi PM10", "PM10", "ug/m3", "µg/m³", 0, 0, 2000},
	{"so2", "SO₂", "SO₂", "ug/m3", "µg/m³", 0, 0, 5000},
	{"no2", "NO₂", "NO₂", "ug/m3", "µg/m³", 0, 0, 2000},
	{"co", "CO", "CO", "ug/m3", "µg/m³", 0, 0, 50000},
	{"o3", "O₃", "O₃", "ug/m3", "µg/m³", 0, 0, 2000},
	{"wind_speed", "Tốc độ gió", "Wind speed", "m/s", "m/s", 1, 0, 100},
	{"wind_direction", "Hướng gió", "Wind direction", "deg", "°", 0, 0, 360},
	{"pressure", "Khí áp", "Air pressure", "hPa", "hPa", 1, 800, 1100},
	{"dew_point", "Điểm sương", "Dew point", "Cel", "°C", 1, -80, 60},
	{"traffic_flow", "Lưu lượng xe", "Traffic flow", "{vehicle}/h", "xe/h", 0, 0, 20000},
	{"speed", "Tốc độ xe", "Vehicle speed", "km/h", "km/h", 0, 0, 250},
	{"pump_power", "Công suất bơm", "Pump power", "kW", "kW", 1, 0, 5000},
	{"pump_running", "Bơm đang chạy", "Pump running", "1", "", 0, 0, 1},
	{"lamp_power", "Công suất đèn", "Lamp power", "W", "W", 0, 0, 2000},
	{"battery", "Điện áp pin", "Battery", "V", "V", 2, 0, 60},
}

var deviceTypes = []struct {
	code, vi, en, sector string
	intervalS            int
}{
	{"tide_gauge", "Trạm đo triều", "Tide gauge", haidang.SectorTide, 300},
	{"salinity_station", "Trạm đo mặn", "Salinity station", haidang.SectorSalinity, 300},
	{"rain_gauge", "Trạm đo mưa", "Rain gauge", haidang.SectorTide, 300},
	{"air_station", "Trạm không khí", "Air station", haidang.SectorAir, 300},
	{"traffic_counter", "Máy đếm xe", "Traffic counter", haidang.SectorTraffic, 300},
	{"pump", "Trạm bơm", "Pump", haidang.SectorSluice, 300},
	{"street_light", "Đèn đường", "Street light", haidang.SectorPower, 600},
	{"replay", "Chuỗi phát lại", "Replayed series", haidang.SectorAir, 3600},
}
