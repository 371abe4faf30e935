package catalogue

import "haidang"

// The colours of outlines that many templates share: greys of the room's map.
const (
	outlineDark  = "#6b737a"
	outlineLight = "#9aa2a8"
)

// landTemplates are what is drawn on land: units, parcels, plans.
func landTemplates() []Template {
	return []Template{administrativeUnit(), boundaryMarker(), placeName(), parcel(), landUsePlan(), landAllocation(),
		constructionPlan(), constructionZone(), controlPoint()}
}

func administrativeUnit() Template {
	return template("administrative_unit", haidang.SectorLand, "Đơn vị hành chính", "Administrative units", "MultiPolygon", 0, 16,
		textCol("code", "Mã đơn vị", "Official code", 0).needed(), textCol("name", "Tên", "Name", 0).needed(), textCol("name_km", "Tên Khmer", "Khmer name", 8),
		coded("kind", "unit_kind", "Loại", "Kind", 0).needed(), measure("area_km2", "Diện tích", "Area", "km2", never),
		col("population", Integer, "Dân số", "Population", never), decisionCol(), noteCol()).
		about("Ranh giới hành chính có hiệu lực theo thời gian.", "Administrative boundaries, each in force from a day on.", "khi có nghị quyết", "code").
		shown("", "name", []string{"code", "name", "name_km"}, Style{Line: "#59636a", Width: 1.2, Dash: []float64{9, 3, 2, 3}, LabelFrom: 9}).
		themed("boundary").dated().coverage("area_km2").reviewed()
}

func boundaryMarker() Template {
	return template("boundary_marker", haidang.SectorLand, "Mốc địa giới", "Boundary markers", "Point", 9, 18,
		codeCol(), coded("level", "unit_kind", "Cấp", "Level", 9), textCol("between_units", "Giữa các đơn vị", "Between", 14),
		coded("state", "marker_state", "Tình trạng mốc", "State", 12), col("checked_on", Date, "Ngày kiểm tra", "Checked on", never), noteCol()).
		about("Mốc địa giới hành chính các cấp.", "Markers of administrative boundaries.", "P1Y", "code").
		shown("", "code", []string{"code", "between_units"}, Style{Point: "#59636a", Radius: 3, LabelFrom: 15}).themed("boundary")
}

func placeName() Template {
	return template("place_name", haidang.SectorLand, "Địa danh", "Place names", "Point", 8, 18,
		textCol("name", "Tên", "Name", 8).needed(), textCol("name_km", "Tên Khmer", "Khmer name", 8), coded("kind", "place_kind", "Loại", "Kind", 8), unitCol(), noteCol()).
		about("Địa danh Việt và Khmer.", "Vietnamese and Khmer place names.", "P1Y", "name", "unit_code").
		shown("", "name", []string{"name", "name_km"}, Style{Point: "#545e65", Radius: 2, LabelFrom: 11}).themed("place")
}

func parcel() Template {
	return template("parcel", haidang.SectorLand, "Thửa đất", "Parcels", "Polygon", 6, 18,
		unitCol().needed(), col("sheet", Integer, "Tờ bản đồ", "Map sheet", 16).needed(), col("number", Integer, "Số thửa", "Parcel number", 16).needed(),
		coded("land_use", LandUseList, "Loại đất", "Land use", 0).needed(), measure("area_m2", "Diện tích đo", "Measured area", "m2", 15),
		measure("legal_area_m2", "Diện tích pháp lý", "Legal area", "m2", never), textCol("address", "Địa chỉ", "Address", never),
		col("measured_on", Date, "Ngày đo", "Measured on", never), noteCol()).
		about("Thửa đất theo bản đồ địa chính. Không chứa thông tin chủ sử dụng.", "Parcels of the cadastral map. It holds nothing about who uses them.", "P1D", "unit_code", "sheet", "number").
		shown("land_use", "number", []string{"sheet", "number", "address"}, Style{Fill: "#e9e7d8", Line: "#8a8f98", Width: 0.8, Opacity: 0.7, LabelFrom: 17}).
		themed("cadastre").coverage("legal_area_m2").reviewed()
}

func landUsePlan() Template {
	return template("land_use_plan", haidang.SectorLand, "Quy hoạch sử dụng đất", "Land-use plan", "MultiPolygon", 5, 17,
		codeCol(), coded("land_use", LandUseList, "Loại đất quy hoạch", "Planned land use", 0).needed(), textCol("project", "Công trình, dự án", "Project", 13),
		measure("area_ha", "Diện tích", "Area", "har", 14), unitCol(), decisionCol(), decidedCol(), noteCol()).
		about("Khu đất theo quy hoạch sử dụng đất của từng kỳ; thanh thời gian chọn kỳ.", "Areas of the land-use plan of each period; the time slider chooses one.", "P5Y", "code").
		shown("land_use", "project", []string{"code", "project"}, Style{Fill: "#e9e7d8", Line: outlineDark, Width: 0.8, Opacity: 0.6, LabelFrom: 14}).
		themed("planning").dated().coverage("area_ha").reviewed()
}

func landAllocation() Template {
	return template("land_allocation", haidang.SectorLand, "Giao đất, cho thuê đất", "Land allocation and lease", "MultiPolygon", 9, 18,
		codeCol(), textCol("holder", "Tổ chức được giao, thuê", "Organisation", 14), coded("form", "land_allocation_form", "Hình thức", "Form", 0).needed(),
		coded("land_use", LandUseList, "Loại đất", "Land use", 12), measure("area_m2", "Diện tích", "Area", "m2", 15),
		col("expires_on", Date, "Hết hạn", "Expires on", 14), decisionCol(), decidedCol(), noteCol()).
		about("Đất đã giao hoặc cho tổ chức thuê. Chỉ ghi tổ chức, không ghi cá nhân.", "Land allocated or leased to organisations; no private persons.", "P1M", "code").
		shown("form", "holder", []string{"code", "holder"}, Style{Fill: "#c4c0b4", Line: outlineDark, Opacity: 0.55, LabelFrom: 15}).themed("cadastre").reviewed()
}

func constructionPlan() Template {
	return template("construction_plan", haidang.SectorConstruction, "Quy hoạch xây dựng", "Construction plans", "MultiPolygon", 7, 18,
		codeCol(), textCol("name", "Tên đồ án", "Name of the plan", 9).needed(), coded("kind", "construction_plan_kind", "Loại quy hoạch", "Kind", 0).needed(),
		coded("status", "construction_plan_status", "Tình trạng", "Status", 7), measure("area_ha", "Diện tích", "Area", "har", 11),
		col("population", Integer, "Dân số dự kiến", "Planned population", never), col("horizon", Integer, "Năm quy hoạch", "Planned until (year)", never),
		decisionCol(), decidedCol(), noteCol()).
		about("Ranh giới các đồ án quy hoạch chung, phân khu, chi tiết.", "Extents of general, zoning and detailed plans.", "khi có quyết định", "code").
		shown("kind", "name", []string{"code", "name"}, Style{Fill: "#b9b3aa", Line: "#59636a", Width: 1.4, Dash: []float64{6, 3}, Opacity: 0.25, LabelFrom: 12}).themed("planning").reviewed()
}

func constructionZone() Template {
	return template("construction_zone", haidang.SectorConstruction, "Ô đất quy hoạch xây dựng", "Building zones", "Polygon", 11, 18,
		codeCol(), textCol("plan_code", "Mã đồ án", "Code of the plan", 14), coded("function", "construction_function", "Chức năng", "Function", 0).needed(),
		measure("area_ha", "Diện tích", "Area", "har", 15), measure("density", "Mật độ xây dựng", "Building density", "%", never),
		measure("floor_ratio", "Hệ số sử dụng đất", "Floor area ratio", "1", never), col("floors", Integer, "Tầng cao tối đa", "Most floors", never), noteCol()).
		about("Ô chức năng của đồ án chi tiết với chỉ tiêu xây dựng.", "Functional zones of detailed plans, with what may be built.", "khi có quyết định", "plan_code", "code").
		shown("function", "code", []string{"code", "plan_code"}, Style{Fill: "#dcdcd4", Line: outlineLight, Opacity: 0.6, LabelFrom: 15}).themed("planning").coverage("area_ha").reviewed()
}

func controlPoint() Template {
	return template("control_point", haidang.SectorLand, "Điểm khống chế tọa độ, độ cao", "Control points", "Point", 7, 20,
		codeCol(), textCol("name", "Tên điểm", "Name", 12), coded("class", "control_point_class", "Cấp hạng", "Class", 0).needed(),
		measure("height_m", "Độ cao thủy chuẩn", "Levelled height", "m", never), textCol("marker", "Loại mốc", "Kind of marker", never),
		coded("state", "marker_state", "Tình trạng mốc", "State", 12), col("built_on", Date, "Ngày chôn mốc", "Built on", never), noteCol()).
		about("Điểm tọa độ và độ cao nhà nước, điểm địa chính.", "National horizontal and levelling points, and cadastral ones.", "P1Y", "code").
		shown("class", "code", []string{"code", "name"}, Style{Point: "#4e575f", Radius: 4, LabelFrom: 13}).themed("geodesy")
}
