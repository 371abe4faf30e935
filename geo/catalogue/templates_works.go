package catalogue

import "haidang"

// workTemplates are what people built.
func workTemplates() []Template {
	return []Template{road(), industrialZone(), historicSite(), telecomStation(), telecomLine(), irrigation(), corridor()}
}

func road() Template {
	return template("road", haidang.SectorTraffic, "Đường bộ", "Roads", "MultiLineString", 5, 18,
		codeCol(), textCol("name", "Tên đường", "Name", 10), coded("class", "road_class", "Cấp quản lý", "Class", 0).needed(),
		coded("surface", "road_surface", "Mặt đường", "Surface", 13), measure("width_m", "Bề rộng mặt đường", "Width", "m", 14),
		col("lanes", Integer, "Số làn", "Lanes", never), measure("load_t", "Tải trọng cho phép", "Load limit", "t", never),
		measure("length_km", "Chiều dài", "Length", "km", never), textCol("manager", "Đơn vị quản lý", "Managed by", never), noteCol()).
		about("Mạng lưới đường bộ theo cấp quản lý.", "The road network by who manages it.", "P3M", "code").
		shown("class", "name", []string{"code", "name"}, Style{Line: "#a7a29a", Width: 2, LabelFrom: 12}).themed("road")
}

func industrialZone() Template {
	return template("industrial_zone", haidang.SectorIndustry, "Khu, cụm công nghiệp", "Industrial zones", "MultiPolygon", 6, 17,
		codeCol(), textCol("name", "Tên", "Name", 8).needed(), coded("kind", "industrial_zone_kind", "Loại", "Kind", 0).needed(), statusCol(6),
		measure("area_ha", "Diện tích", "Area", "har", 12), measure("occupied", "Tỷ lệ lấp đầy", "Occupied", "%", 12),
		textCol("investor", "Chủ đầu tư hạ tầng", "Developer", never), col("founded_on", Date, "Ngày thành lập", "Founded on", never), decisionCol(), noteCol()).
		about("Khu công nghiệp, cụm công nghiệp, khu kinh tế.", "Industrial zones and clusters, economic zones.", "P3M", "code").
		shown("kind", "name", []string{"code", "name"}, Style{Fill: "#a098ab", Line: outlineDark, Opacity: 0.5, LabelFrom: 11}).themed("zone")
}

func historicSite() Template {
	return template("historic_site", haidang.SectorCulture, "Di tích, danh thắng", "Historic sites", "Point", 6, 18,
		codeCol(), textCol("name", "Tên", "Name", 8).needed(), textCol("name_km", "Tên Khmer", "Khmer name", 8), coded("rank", "heritage_rank", "Xếp hạng", "Rank", 0).needed(),
		coded("kind", "heritage_kind", "Loại hình", "Kind", 6), textCol("address", "Địa chỉ", "Address", never),
		decisionCol(), decidedCol(), col("restored_in", Integer, "Năm tu bổ gần nhất", "Last restored (year)", never), noteCol()).
		about("Di tích lịch sử, văn hóa, danh lam thắng cảnh đã xếp hạng hoặc kiểm kê.", "Ranked or inventoried historic, cultural and scenic sites.", "P1Y", "code").
		shown("rank", "name", []string{"code", "name", "name_km", "address"}, Style{Point: "#6b2a57", Radius: 4, LabelFrom: 11}).themed("heritage")
}

func telecomStation() Template {
	return template("telecom_station", haidang.SectorTelecom, "Trạm BTS, bưu chính, viễn thông", "Base stations, post and telecom", "Point", 7, 18,
		codeCol(), textCol("name", "Tên", "Name", 13), coded("kind", "telecom_kind", "Loại công trình", "Kind", 0).needed(), textCol("operator", "Doanh nghiệp", "Operator", 12),
		coded("technology", "mobile_technology", "Công nghệ mới nhất", "Newest technology", 7), coded("pole", "antenna_pole", "Loại cột ăng ten", "Antenna pole", 12),
		measure("height_m", "Chiều cao cột", "Height of the pole", "m", never), col("shared", Boolean, "Dùng chung hạ tầng", "Shared", never), statusCol(12),
		textCol("address", "Địa chỉ", "Address", never), noteCol()).
		about("Trạm thu phát sóng, nhà trạm, bưu cục.", "Base stations, exchanges, post offices.", "P3M", "code").
		shown("kind", "code", []string{"code", "name", "operator"}, Style{Point: "#5d666e", Radius: 3.5, LabelFrom: 14}).themed("telecom")
}

func telecomLine() Template {
	return template("telecom_line", haidang.SectorTelecom, "Tuyến cáp viễn thông", "Telecom cable routes", "MultiLineString", 9, 18,
		codeCol(), nameCol(), coded("kind", "telecom_line_kind", "Loại tuyến", "Kind", 0).needed(), textCol("operator", "Doanh nghiệp", "Operator", 12),
		measure("length_km", "Chiều dài", "Length", "km", never), col("shared", Boolean, "Dùng chung hạ tầng", "Shared", never), statusCol(12), noteCol()).
		about("Hạ tầng kỹ thuật viễn thông thụ động.", "Passive telecommunication infrastructure.", "P3M", "code").
		shown("kind", "name", []string{"code", "name", "operator"}, Style{Line: "#6a6f76", Width: 1.2, Dash: []float64{4, 2}, LabelFrom: 14}).themed("telecom")
}

func irrigation() Template {
	return template("irrigation", haidang.SectorSluice, "Thủy lợi", "Irrigation", "Geometry", 7, 17,
		codeCol(), nameCol(), coded("kind", "irrigation_work", "Loại công trình", "Kind", 0).needed(), col("grade", Integer, "Cấp", "Grade", 0),
		measure("width_m", "Bề rộng, khẩu độ", "Width", "m", 14), measure("bottom_m", "Cao trình đáy", "Level of the bottom", "m", never),
		measure("capacity_m3h", "Lưu lượng thiết kế", "Design flow", "m3/h", never), textCol("manager", "Đơn vị quản lý", "Managed by", never),
		col("built_in", Integer, "Năm xây dựng", "Built in", never), noteCol()).
		about("Kênh, cống, trạm bơm, đê và kè.", "Canals, sluices, pumping stations, dykes.", "P3M", "code").
		shown("kind", "name", []string{"code", "name"}, Style{Line: "#5b7f9e", Width: 1.5, Point: "#3f5d78", Radius: 4, LabelFrom: 12}).themed("water")
}

func corridor() Template {
	return template("corridor", haidang.SectorConstruction, "Hành lang an toàn công trình", "Safety corridors", "MultiPolygon", 10, 18,
		codeCol(), nameCol(), coded("kind", "corridor_kind", "Loại hành lang", "Kind", 0).needed(), measure("width_m", "Bề rộng mỗi bên", "Width on each side", "m", 13),
		textCol("protects", "Công trình được bảo vệ", "What it protects", 13), decisionCol(), decidedCol(), noteCol()).
		about("Hành lang bảo vệ đường bộ, đường thủy, lưới điện, đê, bờ biển.", "Protection corridors of roads, waterways, power lines, dykes and the coast.", "P1Y", "code").
		shown("kind", "name", []string{"code", "name", "protects"}, Style{Fill: "#b5ad9e", Line: outlineLight, Opacity: 0.3, Dash: []float64{3, 2}, LabelFrom: 14}).themed("protection")
}
