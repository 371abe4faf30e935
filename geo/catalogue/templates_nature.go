package catalogue

import "haidang"

// natureTemplates are water, minerals and the sea.
func natureTemplates() []Template {
	return []Template{waterResource(), mineral(), seaArea()}
}

func waterResource() Template {
	return template("water_resource", haidang.SectorEnvironment, "Tài nguyên nước", "Water resources", "Point", 7, 18,
		codeCol(), nameCol(), coded("kind", "water_work", "Loại công trình", "Kind", 0).needed(), coded("source", "water_source", "Nguồn nước", "Source", 10),
		measure("licensed_m3d", "Lưu lượng cấp phép", "Licensed flow", "m3/d", 12), measure("depth_m", "Chiều sâu", "Depth", "m", never),
		textCol("licence_no", "Số giấy phép", "Licence", never), col("expires_on", Date, "Hết hạn", "Expires on", never), noteCol()).
		about("Công trình khai thác, quan trắc, xả thải vào nguồn nước.", "Works that take, watch or discharge into water.", "P1M", "code").
		shown("kind", "code", []string{"code", "name", "licence_no"}, Style{Point: "#4f7d8f", Radius: 3.5, LabelFrom: 14}).themed("water")
}

func mineral() Template {
	return template("mineral", haidang.SectorEnvironment, "Khoáng sản", "Minerals", "MultiPolygon", 7, 17,
		codeCol(), textCol("name", "Tên khu vực", "Name", 9), coded("kind", "mineral_kind", "Loại khoáng sản", "Kind", 0).needed(), coded("status", "mineral_status", "Tình trạng", "Status", 7),
		measure("area_ha", "Diện tích", "Area", "har", 12), measure("reserve_m3", "Trữ lượng", "Reserve", "m3", never), measure("depth_m", "Độ sâu khai thác", "Depth", "m", never),
		textCol("licence_no", "Số giấy phép", "Licence", never), col("expires_on", Date, "Hết hạn", "Expires on", never), noteCol()).
		about("Khu vực thăm dò, khai thác, dự trữ và cấm hoạt động khoáng sản.", "Areas where minerals are explored, dug, kept, or must not be.", "P3M", "code").
		shown("kind", "name", []string{"code", "name", "licence_no"}, Style{Fill: "#b5a58a", Line: outlineDark, Opacity: 0.45, LabelFrom: 12}).themed("mineral")
}

func seaArea() Template {
	return template("sea_area", haidang.SectorEnvironment, "Khu vực biển", "Sea areas", "MultiPolygon", 5, 16,
		codeCol(), textCol("name", "Tên khu vực", "Name", 7), coded("use", "sea_use", "Mục đích sử dụng", "Use", 0).needed(), measure("area_km2", "Diện tích", "Area", "km2", 10),
		textCol("holder", "Tổ chức được giao", "Organisation", never), col("expires_on", Date, "Hết hạn", "Expires on", never), decisionCol(), decidedCol(), noteCol()).
		about("Khu vực biển được giao, luồng tàu, khu bảo tồn.", "Sea areas in use, shipping lanes, conservation.", "P1Y", "code").
		shown("use", "name", []string{"code", "name"}, Style{Fill: "#a9b9c9", Line: "#6f8496", Opacity: 0.35, Dash: []float64{6, 3}, LabelFrom: 9}).themed("sea").reviewed()
}
