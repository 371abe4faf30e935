package catalogue

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
)

// recordedBy marks the versions of lists that come with the program.
const recordedBy = "system"

// Reference writes the shared code lists that the templates name. A version that is
// there already stays as it is, and so do those that people added. Owner: geo.
func Reference(ctx context.Context, tx pgx.Tx) error {
	for _, l := range append([]CodeList{landUse()}, commonLists()...) {
		if err := WriteCodeList(ctx, tx, l); err != nil {
			return err
		}
	}
	return nil
}

// commonLists are the lists that no circular at hand fixes: first versions, for the
// agencies to replace.
func commonLists() []CodeList {
	lists := make([]CodeList, 0, len(commonCodes))
	for _, c := range commonCodes {
		lists = append(lists, CodeList{Slug: c.slug, Version: 1, ValidFrom: day(2020, time.January, 1), RecordedBy: recordedBy,
			Title: haidang.Text{VI: c.vi, EN: c.en}, Source: "Hải Đăng", Codes: codes(c.table),
			Note: "Bản đầu đi kèm chương trình; cơ quan chủ quản thay bằng danh mục của mình. / A first version that comes with the program, for the agency in charge to replace."})
	}
	return lists
}

// commonCodes: code, wider code, colour, name, English name. Colours are muted, after
// the map of the room: saturated ones are left to alarms.
var commonCodes = []struct{ slug, vi, en, table string }{
	{"unit_kind", "Loại đơn vị hành chính", "Kinds of administrative units", `
province|||Tỉnh, thành phố|Province or city
district|||Huyện, thị xã (trước 01/07/2025)|District (before 1 July 2025)
ward|||Phường|Ward
commune|||Xã|Commune
zone|||Đặc khu|Special zone`},
	{"road_class", "Cấp quản lý đường bộ", "Classes of roads", `
expressway||#8a6f4d|Đường cao tốc|Expressway
national||#a98a5c|Quốc lộ|National road
provincial||#b9a276|Đường tỉnh|Provincial road
district||#c4b594|Đường huyện|District road
commune||#cfc8b6|Đường xã|Commune road
urban||#b4b0aa|Đường đô thị|Urban street
special||#a3a0a8|Đường chuyên dùng|Special-purpose road`},
	{"road_surface", "Mặt đường", "Road surfaces", `
asphalt|||Bê tông nhựa, láng nhựa|Asphalt
concrete|||Bê tông xi măng|Concrete
gravel|||Đá dăm, cấp phối|Gravel
earth|||Đất|Earth`},
	{"construction_plan_kind", "Loại quy hoạch xây dựng", "Kinds of construction plans", `
general||#b9a9a0|Quy hoạch chung|General plan
zoning||#a8b0a0|Quy hoạch phân khu|Zoning plan
detailed||#9aa8b4|Quy hoạch chi tiết|Detailed plan
rural||#b8b89a|Quy hoạch chung xã|Commune plan`},
	{"construction_plan_status", "Tình trạng quy hoạch", "Status of plans", `
drafting|||Đang lập|Being drafted
review|||Đang thẩm định|Under review
approved|||Đã phê duyệt|Approved
published|||Đã công bố|Published
adjusting|||Đang điều chỉnh|Being adjusted
expired|||Hết hiệu lực|No longer in force`},
	{"construction_function", "Chức năng khu đất", "Functions of building land", `
residential||#dcc7cf|Đất ở|Housing
mixed||#d3bdb4|Hỗn hợp|Mixed use
public||#d6b9b4|Công trình công cộng|Public buildings
commerce||#cfae9f|Thương mại, dịch vụ|Trade and services
green||#b9cbb0|Cây xanh, mặt nước|Green space and water
transport||#c6c2b9|Giao thông, bãi xe|Transport and parking
industry||#b7b0bd|Công nghiệp, kho tàng|Industry and storage
technical||#aeb6bd|Hạ tầng kỹ thuật|Technical infrastructure
reserve||#dcdcd4|Dự trữ|Reserve`},
	{"industrial_zone_kind", "Loại khu công nghiệp", "Kinds of industrial zones", `
zone||#8f86a0|Khu công nghiệp|Industrial zone
cluster||#a89fb3|Cụm công nghiệp|Industrial cluster
economic||#7f8a9c|Khu kinh tế|Economic zone
export||#9c8f94|Khu chế xuất|Export processing zone`},
	{"project_status", "Tình trạng", "Status of works", `
planned|||Quy hoạch|Planned
building|||Đang xây dựng|Under construction
operating|||Đang hoạt động|In operation
suspended|||Tạm ngừng|Suspended
closed|||Đã đóng|Closed`},
	{"heritage_rank", "Xếp hạng di tích", "Ranks of heritage", `
special||#6b2a57|Quốc gia đặc biệt|Special national
national||#7f4f70|Quốc gia|National
provincial||#96788c|Cấp tỉnh|Provincial
listed||#a9a0a6|Trong danh mục kiểm kê|Inventoried`},
	{"heritage_kind", "Loại di tích", "Kinds of heritage", `
history|||Lịch sử|Historic
architecture|||Kiến trúc nghệ thuật|Architecture and art
archaeology|||Khảo cổ|Archaeological
scenic|||Danh lam thắng cảnh|Scenic`},
	{"telecom_kind", "Loại công trình viễn thông", "Kinds of telecommunication works", `
bts||#5d666e|Trạm thu phát sóng (BTS)|Base station (BTS)
exchange||#4a5f73|Nhà trạm, tổng đài|Exchange
post||#7a6a55|Bưu cục, điểm bưu điện|Post office
public_point||#6b7a5e|Điểm truy nhập công cộng|Public access point`},
	{"telecom_line_kind", "Loại tuyến cáp", "Kinds of cable routes", `
duct||#6a6f76|Cống bể cáp|Ducts
buried||#7d7468|Cáp chôn|Buried cable
aerial||#8d94a0|Cáp treo|Aerial cable
submarine||#5f7f8f|Cáp qua sông, biển|Underwater cable`},
	{"antenna_pole", "Loại cột ăng ten", "Kinds of antenna poles", `
A1|||Không cồng kềnh (A1)|Not bulky (A1)
A2a|||Cồng kềnh trên công trình (A2a)|Bulky, on a building (A2a)
A2b|||Cồng kềnh trên mặt đất (A2b)|Bulky, on the ground (A2b)`},
	{"mobile_technology", "Công nghệ di động", "Mobile technology", `
2G|||2G|2G
3G|||3G|3G
4G|||4G|4G
5G|||5G|5G`},
	{"irrigation_work", "Loại công trình thủy lợi", "Kinds of irrigation works", `
canal||#5b7f9e|Kênh, rạch|Canal
sluice||#3f5d78|Cống|Sluice
pump||#4d6b62|Trạm bơm|Pumping station
dyke||#8a7a5c|Đê, bờ bao|Dyke
embankment||#9a8f80|Kè|Embankment
reservoir||#7fa0ae|Hồ chứa|Reservoir
bridge||#8c8c8c|Cầu, cống qua đường|Culvert or bridge`},
	{"water_work", "Loại công trình tài nguyên nước", "Kinds of water works", `
well||#4f7d8f|Giếng khai thác|Production well
intake||#3f6a86|Công trình khai thác nước mặt|Surface water intake
monitoring||#7a8f6a|Công trình quan trắc|Monitoring point
discharge||#8f6f5f|Điểm xả nước thải|Discharge point
supply||#5f7fa8|Trạm cấp nước|Water supply station`},
	{"water_source", "Loại nguồn nước", "Kinds of water sources", `
surface|||Nước mặt|Surface water
ground|||Nước dưới đất|Groundwater
rain|||Nước mưa|Rain water
sea|||Nước biển|Sea water`},
	{"mineral_kind", "Loại khoáng sản", "Kinds of minerals", `
fill_sand||#cbb98f|Cát san lấp|Sand for filling
building_sand||#bfa775|Cát xây dựng|Sand for building
clay||#b58f76|Sét gạch ngói|Clay for bricks and tiles
peat||#86745f|Than bùn|Peat
mineral_water||#8fb1bb|Nước khoáng|Mineral water
ilmenite||#6f6f78|Sa khoáng ven biển|Coastal placer`},
	{"mineral_status", "Tình trạng khoáng sản", "Status of mineral areas", `
planned|||Quy hoạch thăm dò, khai thác|Planned
exploring|||Đang thăm dò|Being explored
licensed|||Đã cấp phép khai thác|Licensed
closed|||Đã đóng cửa mỏ|Closed
reserve|||Dự trữ quốc gia|National reserve
forbidden|||Cấm, tạm cấm hoạt động khoáng sản|Mining forbidden`},
	{"sea_use", "Mục đích sử dụng khu vực biển", "Uses of sea areas", `
aquaculture||#9fc0bd|Nuôi trồng thủy sản|Aquaculture
fishing||#a9b9c9|Khai thác thủy sản|Fishing
shipping||#8fa3b5|Luồng hàng hải|Shipping lane
conservation||#a3bfa0|Bảo tồn, rừng ngập mặn|Conservation
wind||#b3b3c6|Điện gió|Wind power
tourism||#c6b7a3|Du lịch|Tourism
dumping||#a59a92|Nhận chìm|Dumping
defence||#b59a9a|Quốc phòng, an ninh|Defence`},
	{"land_allocation_form", "Hình thức giao đất, cho thuê đất", "Forms of land allocation", `
free||#b9c4a8|Giao đất không thu tiền|Allocated without payment
paid||#c9b99a|Giao đất có thu tiền|Allocated for payment
lease_once||#b5a8bf|Cho thuê trả tiền một lần|Leased, paid at once
lease_yearly||#a8b8c4|Cho thuê trả tiền hằng năm|Leased, paid yearly`},
	{"control_point_class", "Cấp hạng điểm khống chế", "Classes of control points", `
C0||#1b2126|Tọa độ cấp 0|Horizontal, order 0
C1||#333b42|Tọa độ hạng I|Horizontal, order I
C2||#4e575f|Tọa độ hạng II|Horizontal, order II
C3||#6b737a|Tọa độ hạng III|Horizontal, order III
DCCS||#7f888f|Địa chính cơ sở|Cadastral base
DC||#9aa2a8|Lưới địa chính|Cadastral network
H1||#2f4f6b|Độ cao hạng I|Levelling, order I
H2||#46647f|Độ cao hạng II|Levelling, order II
H3||#5f7a93|Độ cao hạng III|Levelling, order III
H4||#7d93a8|Độ cao hạng IV|Levelling, order IV`},
	{"marker_state", "Tình trạng mốc", "State of markers", `
good|||Còn tốt|Good
damaged|||Hư hỏng|Damaged
lost|||Mất|Lost
unknown|||Chưa kiểm tra|Not checked`},
	{"corridor_kind", "Loại hành lang an toàn", "Kinds of safety corridors", `
road||#bfb39a|Đường bộ|Road
waterway||#9ab0bf|Đường thủy|Waterway
power||#b0a3bd|Lưới điện|Power line
dyke||#b3a58c|Đê điều|Dyke
irrigation||#93a9b5|Công trình thủy lợi|Irrigation work
coast||#a3b8ad|Hành lang bảo vệ bờ biển|Coastal protection
pipeline||#b59f94|Đường ống|Pipeline`},
	{"place_kind", "Loại địa danh", "Kinds of place names", `
settlement|||Dân cư|Settlement
water|||Thủy văn|Water
terrain|||Sơn văn, địa hình|Terrain
work|||Công trình|Structure
religion|||Tôn giáo, tín ngưỡng|Religious place
coast|||Biển, cửa sông|Coast and river mouth`},
}
