package catalogue

import (
	"fmt"
	"strings"
	"time"

	"haidang"
)

// LandUseList is the code list of land uses.
const LandUseList = "land_use"

// landUse is the list of land uses with the colours of the land-use map. Names follow
// the land statistics of Circular 27/2018/TT-BTNMT. The colours are those on which two
// open projects of the country agree; the annex of the circular itself was not at
// hand. A code to which they give no colour has that of its group.
func landUse() CodeList {
	return CodeList{Slug: LandUseList, Version: 1, ValidFrom: day(2019, time.February, 1), RecordedBy: recordedBy,
		Title:  haidang.Text{VI: "Loại đất", EN: "Land use"},
		Source: "Thông tư 27/2018/TT-BTNMT",
		Note: "Tên và màu cần đối chiếu với phụ lục của thông tư; thông tư đã được thay bằng 08/2024/TT-BTNMT (hiện trạng) và 29/2024/TT-BTNMT (quy hoạch): " +
			"khi có phụ lục mới, hãy thêm phiên bản mới có hiệu lực từ ngày của nó. / Names and colours are to be checked against the circular's annex; " +
			"08/2024/TT-BTNMT and 29/2024/TT-BTNMT have superseded it: add a version from their day on.",
		Codes: codes(landUseCodes)}
}

// landUseCodes: code, wider code, colour, name, English name.
const landUseCodes = `
NNP||#ffff64|Đất nông nghiệp|Agricultural land
SXN|NNP|#fffc6e|Đất sản xuất nông nghiệp|Agricultural production land
CHN|SXN|#fffc78|Đất trồng cây hằng năm|Annual crops
LUA|CHN|#fffc82|Đất trồng lúa|Rice
LUC|LUA|#fffc8c|Đất chuyên trồng lúa nước|Wet rice only
LUK|LUA|#fffc96|Đất trồng lúa nước còn lại|Other wet rice
LUN|LUA|#fffcb4|Đất trồng lúa nương|Upland rice
HNK|CHN|#fff0b4|Đất trồng cây hằng năm khác|Other annual crops
BHK|HNK|#fff0b4|Đất bằng trồng cây hằng năm khác|Other annual crops on flat land
NHK|HNK|#fff0b4|Đất nương rẫy trồng cây hằng năm khác|Other annual crops on slopes
CLN|SXN|#ffd2a0|Đất trồng cây lâu năm|Perennial crops
LNP|NNP|#aaff32|Đất lâm nghiệp|Forest land
RSX|LNP|#b4ffb4|Đất rừng sản xuất|Production forest
RPH|LNP|#beff1e|Đất rừng phòng hộ|Protection forest
RDD|LNP|#6eff64|Đất rừng đặc dụng|Special-use forest
NTS|NNP|#aaffff|Đất nuôi trồng thủy sản|Aquaculture
LMU|NNP|#fffffe|Đất làm muối|Salt making
NKH|NNP|#f5ffb4|Đất nông nghiệp khác|Other agricultural land
PNN||#ffff64|Đất phi nông nghiệp|Non-agricultural land
OCT|PNN|#ffb4ff|Đất ở|Residential land
OTC|PNN|#ffb4ff|Đất ở (mã cũ)|Residential land (older code)
ONT|OCT|#ffd0ff|Đất ở tại nông thôn|Rural residential land
ODT|OCT|#ffa0ff|Đất ở tại đô thị|Urban residential land
CDG|PNN|#ffa0aa|Đất chuyên dùng|Special-purpose land
TSC|CDG|#ffaaa0|Đất xây dựng trụ sở cơ quan|Offices of the state
CQP|CDG|#ff6450|Đất quốc phòng|National defence
CAN|CDG|#ff5046|Đất an ninh|Public security
DSN|CDG|#ffa0aa|Đất xây dựng công trình sự nghiệp|Public service works
DTS|DSN|#faaaa0|Đất xây dựng trụ sở của tổ chức sự nghiệp|Offices of public service bodies
DVH|DSN|#ffaaa0|Đất xây dựng cơ sở văn hóa|Culture
DXH|DSN|#ffaaa0|Đất xây dựng cơ sở dịch vụ xã hội|Social services
DYT|DSN|#ffaaa0|Đất xây dựng cơ sở y tế|Health
DGD|DSN|#ffaaa0|Đất xây dựng cơ sở giáo dục và đào tạo|Education and training
DTT|DSN|#ffaaa0|Đất xây dựng cơ sở thể dục thể thao|Sports
DKH|DSN|#ffaaa0|Đất xây dựng cơ sở khoa học và công nghệ|Science and technology
DNG|DSN|#ffaaa0|Đất xây dựng cơ sở ngoại giao|Diplomacy
DSK|DSN|#ffaaa0|Đất xây dựng công trình sự nghiệp khác|Other public service works
CSK|CDG|#ffa0aa|Đất sản xuất, kinh doanh phi nông nghiệp|Production and business
SKK|CSK|#faaaa0|Đất khu công nghiệp|Industrial zones
SKN|CSK|#faaaa0|Đất cụm công nghiệp|Industrial clusters
SKT|CSK|#faaaa0|Đất khu chế xuất|Export processing zones
TMD|CSK|#faaaa0|Đất thương mại, dịch vụ|Trade and services
SKC|CSK|#faaaa0|Đất cơ sở sản xuất phi nông nghiệp|Non-agricultural production
SKS|CSK|#cdaacd|Đất sử dụng cho hoạt động khoáng sản|Mining
SKX|CSK|#cdaacd|Đất sản xuất vật liệu xây dựng, làm đồ gốm|Building materials and pottery
CCC|CDG|#ffaaa0|Đất có mục đích công cộng|Public purposes
DGT|CCC|#ffaa32|Đất giao thông|Transport
DTL|CCC|#aaffff|Đất thủy lợi|Irrigation
DDT|CCC|#ffaaa0|Đất có di tích lịch sử - văn hóa|Historic and cultural sites
DDL|CCC|#ffaaa0|Đất danh lam thắng cảnh|Scenic sites
DSH|CCC|#ffaaa0|Đất sinh hoạt cộng đồng|Community use
DKV|CCC|#ffaaa0|Đất khu vui chơi, giải trí công cộng|Public recreation
DNL|CCC|#ffaaa0|Đất công trình năng lượng|Energy works
DBV|CCC|#ffaaa0|Đất công trình bưu chính, viễn thông|Post and telecommunications
DCH|CCC|#ffaaa0|Đất chợ|Markets
DRA|CCC|#cdaacd|Đất bãi thải, xử lý chất thải|Waste
DCK|CCC|#ffaaa0|Đất công trình công cộng khác|Other public works
TON|PNN|#faaaa0|Đất cơ sở tôn giáo|Religious establishments
TIN|PNN|#ffaaa0|Đất cơ sở tín ngưỡng|Places of worship
NTD|PNN|#d2d2d2|Đất nghĩa trang, nhà tang lễ, nhà hỏa táng|Cemeteries, funeral homes, crematoria
SON|PNN|#a0ffff|Đất sông, ngòi, kênh, rạch, suối|Rivers, canals, streams
MNC|PNN|#b4ffff|Đất có mặt nước chuyên dùng|Special-purpose water surface
PNK|PNN|#ffaaa0|Đất phi nông nghiệp khác|Other non-agricultural land
CSD||#fffffe|Đất chưa sử dụng|Unused land
BCS|CSD|#fffffe|Đất bằng chưa sử dụng|Unused flat land
DCS|CSD|#fffffe|Đất đồi núi chưa sử dụng|Unused hills
NCS|CSD|#e6e6c8|Núi đá không có rừng cây|Bare rock
MVB||#b4ffff|Đất có mặt nước ven biển|Coastal water surface
MVT|MVB|#b4ffff|Đất mặt nước ven biển nuôi trồng thủy sản|Coastal aquaculture
MVR|MVB|#b4ffff|Đất mặt nước ven biển có rừng|Coastal mangrove
MVK|MVB|#b4ffff|Đất mặt nước ven biển có mục đích khác|Coastal water of other use`

// codes reads a table of code, wider code, colour, name and English name.
func codes(table string) []Code {
	lines := strings.Split(strings.TrimSpace(table), "\n")
	list := make([]Code, 0, len(lines))
	for _, line := range lines {
		f := strings.Split(line, "|")
		if len(f) != 5 {
			panic(fmt.Sprintf("a code has five fields: %q", line))
		}
		list = append(list, Code{Code: f[0], Parent: f[1], Colour: f[2], Label: haidang.Text{VI: f[3], EN: f[4]}})
	}
	return list
}

func day(year int, month time.Month, d int) time.Time {
	return time.Date(year, month, d, 0, 0, 0, 0, time.UTC)
}
