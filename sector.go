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

	// Of map layers only.
	SectorBase         = "base" // the ground, which belongs to no sector
	SectorLand         = "land"
	SectorConstruction = "construction"
	SectorIndustry     = "industry"
	SectorCulture      = "culture"
	SectorTelecom      = "telecom"
	SectorEnvironment  = "environment"
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

// LayerSectors returns the sectors that map layers may belong to, in the order of the
// map's list: those of maps only, then all others, the ground last.
func LayerSectors() []Sector {
	sectors := []Sector{
		{SectorLand, Text{VI: "Đất đai, địa giới", EN: "Land and boundaries"}},
		{SectorConstruction, Text{VI: "Xây dựng, quy hoạch", EN: "Construction and planning"}},
		{SectorIndustry, Text{VI: "Công nghiệp", EN: "Industry"}},
		{SectorCulture, Text{VI: "Văn hóa, di tích", EN: "Culture and heritage"}},
		{SectorTelecom, Text{VI: "Bưu chính, viễn thông", EN: "Post and telecommunications"}},
		{SectorEnvironment, Text{VI: "Tài nguyên, môi trường", EN: "Resources and environment"}},
	}
	return append(append(sectors, Sectors()...), Sector{SectorBase, Text{VI: "Bản đồ nền", EN: "Base map"}})
}
