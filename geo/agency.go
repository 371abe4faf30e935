package geo

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"haidang"
)

// The agencies that devices, layers and reports are given to most.
const (
	AgencyAgriculture  haidang.AgencyCode = "sonnptnt" // agriculture: irrigation, salinity, sluices
	AgencyEnvironment  haidang.AgencyCode = "sotnmt"   // natural resources and environment: air, water, land
	AgencyTransport    haidang.AgencyCode = "sogtvt"   // transport
	AgencyConstruction haidang.AgencyCode = "soxaydung"
	AgencyIndustry     haidang.AgencyCode = "socongthuong" // industry and trade: electricity
	AgencyHealth       haidang.AgencyCode = "soyte"
	AgencyCitizens     haidang.AgencyCode = "tstcd" // office that receives citizens
	AgencyCommunes     haidang.AgencyCode = "ubndx" // people's committees of wards and communes
)

// Agency is one office of the province.
type Agency struct {
	Code haidang.AgencyCode `json:"code"`
	Name haidang.Text       `json:"name"`
}

// Agencies returns the provincial office, departments and boards, by the list in
// the province's e-government architecture 2.0, and the communes' committees. A
// department's code is the label of its domain under soctrang.gov.vn.
func Agencies() []Agency {
	list := make([]Agency, 0, len(agencies))
	for _, a := range agencies {
		list = append(list, Agency{haidang.AgencyCode(a[0]), haidang.Text{VI: a[1], EN: a[2]}})
	}
	return list
}

var agencies = [][3]string{
	{"vpub", "Văn phòng UBND tỉnh", "Office of the Provincial People's Committee"},
	{"sotuphap", "Sở Tư pháp", "Department of Justice"},
	{"soyte", "Sở Y tế", "Department of Health"},
	{"sotaichinh", "Sở Tài chính", "Department of Finance"},
	{"sotnmt", "Sở Tài nguyên và Môi trường", "Department of Natural Resources and Environment"},
	{"sonoivu", "Sở Nội vụ", "Department of Home Affairs"},
	{"soxaydung", "Sở Xây dựng", "Department of Construction"},
	{"socongthuong", "Sở Công Thương", "Department of Industry and Trade"},
	{"sotttt", "Sở Thông tin và Truyền thông", "Department of Information and Communications"},
	{"sogddt", "Sở Giáo dục và Đào tạo", "Department of Education and Training"},
	{"sovhttdl", "Sở Văn hóa, Thể thao và Du lịch", "Department of Culture, Sports and Tourism"},
	{"sokhcn", "Sở Khoa học và Công nghệ", "Department of Science and Technology"},
	{"sonnptnt", "Sở Nông nghiệp và Phát triển nông thôn", "Department of Agriculture and Rural Development"},
	{"sogtvt", "Sở Giao thông vận tải", "Department of Transport"},
	{"sokhdt", "Sở Kế hoạch và Đầu tư", "Department of Planning and Investment"},
	{"soldtbxh", "Sở Lao động - Thương binh và Xã hội", "Department of Labour, Invalids and Social Affairs"},
	{"tstcd", "Ban Tiếp công dân", "Office for Receiving Citizens"},
	{"kcn", "Ban Quản lý các Khu công nghiệp", "Industrial Zones Authority"},
	{"bandantoc", "Ban Dân tộc", "Committee for Ethnic Minority Affairs"},
	{"thanhtra", "Thanh tra tỉnh", "Provincial Inspectorate"},
	{"ubndx", "UBND xã, phường", "People's committees of communes and wards"},
}

// writeAgencies adds the agencies and corrects their names.
func writeAgencies(ctx context.Context, tx pgx.Tx) error {
	batch := &pgx.Batch{}
	for _, a := range agencies {
		batch.Queue(`INSERT INTO agency (code, name_vi, name_en) VALUES ($1, $2, $3)
			ON CONFLICT (code) DO UPDATE SET name_vi = excluded.name_vi, name_en = excluded.name_en
			WHERE (agency.name_vi, agency.name_en) IS DISTINCT FROM (excluded.name_vi, excluded.name_en)`, a[0], a[1], a[2])
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write agencies: %w", err)
	}
	return nil
}
