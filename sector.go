package haidang

// The sectors a province works in. A device type, a map layer and an alarm each
// belong to one; people filter and are made responsible by them.
const (
	SectorSalinity = "salinity"
	SectorWater    = "water"
	SectorTide     = "tide"
	SectorSluice   = "sluice"
	SectorAir      = "air"
	SectorTraffic  = "traffic"
	SectorPower    = "power"
	SectorCitizens = "citizens"
	SectorSecurity = "security"
)

// Sector is one field of work with its name on the screen.
type Sector struct {
	Code string `json:"code"`
	Name Text   `json:"name"`
}

// Sectors returns all sectors in the order in which a screen lists them.
func Sectors() []Sector {
	return []Sector{
		{SectorSalinity, Text{VI: "Xâm nhập mặn", EN: "Salinity"}},
		{SectorWater, Text{VI: "Nước sạch", EN: "Drinking water"}},
		{SectorTide, Text{VI: "Triều, ngập", EN: "Tide and flood"}},
		{SectorSluice, Text{VI: "Cống, trạm bơm", EN: "Sluices and pumps"}},
		{SectorAir, Text{VI: "Không khí", EN: "Air"}},
		{SectorTraffic, Text{VI: "Giao thông", EN: "Traffic"}},
		{SectorPower, Text{VI: "Điện, chiếu sáng", EN: "Power and lighting"}},
		{SectorCitizens, Text{VI: "Phản ánh của dân", EN: "Citizens' reports"}},
		{SectorSecurity, Text{VI: "An toàn thông tin", EN: "Information security"}},
	}
}
