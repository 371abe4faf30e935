package simulator

// place is a ward or commune with a point inside it, near where people live
// rather than at its centre (those are in geo's demo). Names are public facts as of
// 1 July 2025; weights say how built-up it is.
type place struct {
	name     string
	lon, lat float64
	town     float64 // 0 fields and shrimp ponds … 1 city centre
}

var places = []place{
	{"Sóc Trăng", 105.975, 9.605, 1}, {"Phú Lợi", 105.985, 9.592, 1}, {"Mỹ Xuyên", 105.985, 9.560, .7},
	{"Vĩnh Châu", 105.981, 9.327, .7}, {"Ngã Năm", 105.612, 9.566, .6}, {"Khánh Hoà", 106.011, 9.401, .3},
	{"Vĩnh Phước", 105.912, 9.320, .3}, {"Mỹ Quới", 105.580, 9.487, .3}, {"Kế Sách", 105.985, 9.767, .5},
	{"An Lạc Thôn", 105.912, 9.874, .3}, {"Phong Nẫm", 105.953, 9.897, .1}, {"Thới An Hội", 105.979, 9.826, .2},
	{"Nhơn Mỹ", 106.025, 9.762, .2}, {"Đại Hải", 105.881, 9.799, .3}, {"Mỹ Tú", 105.800, 9.600, .4},
	{"Phú Tâm", 105.944, 9.714, .4}, {"Hồ Đắc Kiện", 105.857, 9.707, .2}, {"Long Hưng", 105.765, 9.674, .2},
	{"Thuận Hoà", 105.934, 9.676, .2}, {"Mỹ Hương", 105.861, 9.590, .2}, {"An Ninh", 105.911, 9.631, .3},
	{"Mỹ Phước", 105.721, 9.588, .1}, {"An Thạnh", 106.148, 9.685, .3}, {"Cù Lao Dung", 106.205, 9.585, .2},
	{"Long Phú", 106.123, 9.606, .5}, {"Đại Ngãi", 106.075, 9.715, .4}, {"Trường Khánh", 106.029, 9.688, .3},
	{"Tân Thạnh", 106.064, 9.623, .2}, {"Trần Đề", 106.176, 9.524, .5}, {"Liêu Tú", 106.100, 9.481, .2},
	{"Lịch Hội Thượng", 106.148, 9.475, .4}, {"Tài Văn", 106.049, 9.543, .2}, {"Thạnh Thới An", 106.007, 9.483, .1},
	{"Nhu Gia", 105.855, 9.470, .2}, {"Hoà Tú", 105.888, 9.416, .1}, {"Ngọc Tố", 105.939, 9.477, .2},
	{"Gia Hoà", 105.800, 9.432, .1}, {"Tân Long", 105.669, 9.522, .2}, {"Phú Lộc", 105.741, 9.435, .5},
	{"Lâm Tân", 105.773, 9.507, .1}, {"Vĩnh Lợi", 105.643, 9.438, .2}, {"Vĩnh Hải", 106.134, 9.373, .2},
	{"Lai Hoà", 105.844, 9.298, .2},
}

// waterSite is a place on a river or a canal. km is the way by water to the sea,
// along which the tide is delayed and damped and the salt thins out.
type waterSite struct {
	name     string
	lon, lat float64
	km       float64
	gauge    bool // carries a tide gauge beside the salinity station
}

// The first six stand where the hydrological service has stations of that name
// (positions as published); the others are invented. Distances are estimates.
var waterSites = []waterSite{
	{"Trần Đề", 106.2049, 9.5285, 5, true}, {"Long Phú", 106.1514, 9.6134, 17, true},
	{"Đại Ngãi", 106.0779, 9.7339, 32, true}, {"An Lạc Tây", 105.9790, 9.8536, 48, true},
	{"Sóc Trăng", 105.9684, 9.6061, 52, true}, {"Thạnh Phú", 105.8579, 9.4989, 46, true},
	{"Mỹ Thanh", 106.168, 9.424, 3, true}, {"Cái Côn", 105.902, 9.917, 60, true},
	{"Nhơn Mỹ", 106.040, 9.785, 38, true}, {"An Thạnh", 106.115, 9.700, 27, true},
	{"Dù Tho", 105.975, 9.528, 30, true}, {"Chàng Ré", 105.790, 9.470, 56, true},
	{"Ngã Năm", 105.602, 9.566, 88, true}, {"Vĩnh Châu", 105.990, 9.305, 2, true},
	{"Cống Bà Xẩm", 106.135, 9.640, 21, false}, {"Cống Cái Oanh", 106.108, 9.672, 25, false},
	{"Cống Cái Xe", 106.060, 9.690, 34, false}, {"Cống Rạch Mọp", 106.048, 9.752, 36, false},
	{"Cống Cái Trâm", 106.004, 9.808, 42, false}, {"Cống Phụng An", 106.017, 9.793, 40, false},
	{"Cống Bến Bạ", 106.196, 9.612, 10, false}, {"Cống Trà Niên", 106.050, 9.395, 12, false},
	{"Cống Saintard", 106.045, 9.672, 37, false}, {"Cống Kế Sách", 105.992, 9.765, 47, false},
}

// streets name lighting circuits and counters; every town of Vietnam has them.
var streets = []string{
	"Trần Hưng Đạo", "Lê Hồng Phong", "Nguyễn Trãi", "Hai Bà Trưng", "Phú Lợi", "Lý Thường Kiệt", "Nguyễn Huệ",
	"Lê Duẩn", "Mạc Đĩnh Chi", "Dương Minh Quan", "30 tháng 4", "Tôn Đức Thắng", "Võ Văn Kiệt", "Phạm Ngũ Lão",
	"Ngô Gia Tự", "Xô Viết Nghệ Tĩnh", "Cách Mạng Tháng Tám", "Nguyễn Thị Minh Khai", "Lê Lợi", "Phan Chu Trinh",
}

var junctions = []string{"Ngã tư", "Ngã ba", "Vòng xoay", "Cầu", "Cửa ngõ"}
