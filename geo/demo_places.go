package geo

import (
	"fmt"
	"math"
	"math/rand/v2"
)

func point(lon, lat float64) string { return fmt.Sprintf("POINT(%.5f %.5f)", lon, lat) }

// patch is a polygon about a point: so many corners, so far in metres, turned a little.
func patch(lon, lat, east, north float64, corners int) string {
	const metresPerDegree = 111_320.0
	wkt := "POLYGON(("
	for i := range corners + 1 {
		a := 2*math.Pi*float64(i%corners)/float64(corners) + 0.4
		wkt += fmt.Sprintf("%.6f %.6f, ", lon+east*math.Cos(a)/metresPerDegree/math.Cos(lat*math.Pi/180), lat+north*math.Sin(a)/metresPerDegree)
	}
	return wkt[:len(wkt)-2] + "))"
}

// demoSites are places that people there know; where they lie is approximate, and
// what is said of them is for the demonstration.
func demoSites() (rows []drawn) {
	for i, s := range []struct {
		name, km, rank, kind string
		lon, lat             float64
	}{
		{"Chùa Dơi (Mahatup)", "", "national", "architecture", 105.9725, 9.5815},
		{"Chùa Kh'leang", "វត្តឃ្លាំង", "national", "architecture", 105.9765, 9.6055},
		{"Chùa Chén Kiểu (Sà Lôn)", "", "provincial", "architecture", 105.9060, 9.5235},
		{"Chùa Som Rong", "", "provincial", "architecture", 105.9810, 9.5925},
		{"Chùa Đất Sét (Bửu Sơn Tự)", "", "provincial", "architecture", 105.9755, 9.6110},
		{"Chùa Bốn Mặt", "", "listed", "architecture", 105.9420, 9.7050},
		{"Đền thờ Chủ tịch Hồ Chí Minh, Cù Lao Dung", "", "national", "history", 106.1600, 9.6760},
		{"Khu căn cứ Tỉnh ủy Sóc Trăng, Mỹ Phước", "", "national", "history", 105.7350, 9.5790},
		{"Đình Hòa Tú", "", "provincial", "history", 105.8890, 9.4180},
		{"Đình Vĩnh Châu", "", "listed", "history", 106.0250, 9.3340},
		{"Thiên Hậu cung", "", "listed", "architecture", 105.9745, 9.6035},
		{"Trường Taberd", "", "provincial", "history", 105.9735, 9.6045},
		{"Chợ nổi Ngã Năm", "", "listed", "scenic", 105.5990, 9.5680},
		{"Hồ Nước Ngọt", "", "listed", "scenic", 105.9665, 9.6080},
		{"Cồn Mỹ Phước", "", "listed", "scenic", 106.0200, 9.8220},
	} {
		rows = append(rows, drawn{point(s.lon, s.lat), map[string]any{"code": fmt.Sprintf("DT-%02d", i+1), "name": s.name, "name_km": s.km, "rank": s.rank, "kind": s.kind,
			"note": "vị trí gần đúng, mô phỏng"}})
	}
	return rows
}

// demoStations are base stations of three invented operators about the centres of communes.
func demoStations() (rows []drawn) {
	random := rand.New(rand.NewPCG(3, 3))
	for _, u := range demoUnits {
		for range 5 {
			n := len(rows) + 1
			rows = append(rows, drawn{point(u.lon+random.NormFloat64()*0.018, u.lat+random.NormFloat64()*0.014), map[string]any{
				"code": fmt.Sprintf("BTS-%04d", n), "name": fmt.Sprintf("Trạm %d, %s", n, u.name), "kind": "bts", "operator": "Doanh nghiệp " + string(rune('A'+n%3)),
				"technology": []string{"4G", "4G", "5G", "3G"}[random.IntN(4)], "pole": []string{"A2b", "A2b", "A2a", "A1"}[random.IntN(4)],
				"height_m": 18 + 3*random.IntN(9), "shared": random.IntN(3) == 0, "status": "operating", "note": "mô phỏng"}})
		}
		n := len(rows) + 1
		rows = append(rows, drawn{point(u.lon+0.002, u.lat-0.001), map[string]any{"code": fmt.Sprintf("BC-%04d", n), "name": "Bưu điện " + u.name, "kind": "post", "operator": "Doanh nghiệp A",
			"status": "operating", "note": "mô phỏng"}})
	}
	return rows
}

func demoZones() (rows []drawn) {
	for _, z := range []struct {
		code, name, kind, status string
		lon, lat, east, north    float64
		occupied                 int
	}{
		{"KCN-01", "Khu công nghiệp An Nghiệp", "zone", "operating", 105.922, 9.650, 900, 1000, 96},
		{"KCN-02", "Khu công nghiệp Trần Đề", "zone", "building", 106.165, 9.522, 850, 700, 12},
		{"KCN-03", "Khu công nghiệp Đại Ngãi", "zone", "planned", 106.062, 9.722, 700, 600, 0},
		{"KCN-04", "Khu công nghiệp Mỹ Thanh", "zone", "planned", 106.120, 9.410, 900, 700, 0},
		{"CCN-01", "Cụm công nghiệp Cái Côn", "cluster", "operating", 105.889, 9.912, 350, 300, 70},
		{"CCN-02", "Cụm công nghiệp Ngã Năm", "cluster", "planned", 105.620, 9.560, 350, 350, 0},
		{"CCN-03", "Cụm công nghiệp Vĩnh Châu", "cluster", "building", 106.010, 9.345, 300, 300, 20},
		{"CCN-04", "Cụm công nghiệp Phú Lộc", "cluster", "operating", 105.745, 9.438, 300, 260, 55},
	} {
		rows = append(rows, drawn{patch(z.lon, z.lat, z.east, z.north, 5), map[string]any{"code": z.code, "name": z.name, "kind": z.kind, "status": z.status, "occupied": z.occupied, "note": "ranh giới mô phỏng"}})
	}
	return rows
}

// demoPlans are eight general plans and seventeen detailed ones, as the province has.
func demoPlans() (rows []drawn) {
	for i := range 25 {
		u := demoUnits[i*len(demoUnits)/25]
		p := map[string]any{"code": fmt.Sprintf("QHC-%02d", i+1), "name": "Quy hoạch chung đô thị " + u.name, "kind": "general", "status": "approved", "horizon": 2035, "note": "mô phỏng"}
		wkt := patch(u.lon, u.lat, 1900, 1700, 9)
		if i >= 8 {
			p["code"], p["name"], p["kind"] = fmt.Sprintf("QHCT-%02d", i-7), "Quy hoạch chi tiết khu trung tâm "+u.name, "detailed"
			p["status"] = []string{"approved", "published", "review", "adjusting"}[i%4]
			wkt = patch(u.lon+0.004, u.lat-0.003, 420, 360, 6)
		}
		rows = append(rows, drawn{wkt, p})
	}
	return rows
}

func demoWells() (rows []drawn) {
	random := rand.New(rand.NewPCG(4, 4))
	kinds := []string{"well", "well", "supply", "monitoring", "intake", "discharge"}
	for i, u := range demoUnits {
		for range 2 {
			n := len(rows) + 1
			kind := kinds[(i+n)%len(kinds)]
			source, depth := "ground", 90+10*random.IntN(40)
			if kind == "intake" || kind == "discharge" {
				source, depth = "surface", 0
			}
			rows = append(rows, drawn{point(u.lon+random.NormFloat64()*0.015, u.lat+random.NormFloat64()*0.012), map[string]any{"code": fmt.Sprintf("TNN-%03d", n),
				"name": fmt.Sprintf("Công trình %d, %s", n, u.name), "kind": kind, "source": source, "depth_m": depth, "licensed_m3d": 200 + 100*random.IntN(40), "note": "mô phỏng"}})
		}
	}
	return rows
}

func demoMinerals() (rows []drawn) {
	for i, m := range []struct {
		name, kind, status    string
		lon, lat, east, north float64
	}{
		{"Mỏ cát sông Hậu số 1", "fill_sand", "licensed", 106.010, 9.842, 700, 350},
		{"Mỏ cát sông Hậu số 2", "fill_sand", "exploring", 106.090, 9.752, 500, 450},
		{"Mỏ cát sông Hậu số 3", "fill_sand", "planned", 106.205, 9.540, 450, 800},
		{"Cát biển tiểu khu B1", "fill_sand", "exploring", 106.420, 9.330, 4500, 3500},
		{"Sét gạch ngói Mỹ Tú", "clay", "closed", 105.812, 9.632, 350, 300},
		{"Khu vực cấm hoạt động khoáng sản, bãi bồi Cù Lao Dung", "fill_sand", "forbidden", 106.300, 9.500, 900, 700},
	} {
		rows = append(rows, drawn{patch(m.lon, m.lat, m.east, m.north, 8), map[string]any{"code": fmt.Sprintf("KS-%02d", i+1), "name": m.name, "kind": m.kind, "status": m.status, "note": "mô phỏng"}})
	}
	return rows
}

func demoSeaAreas() (rows []drawn) {
	for i, s := range []struct {
		name, use             string
		lon, lat, east, north float64
	}{
		{"Luồng Định An", "shipping", 106.400, 9.510, 6000, 900},
		{"Điện gió Vĩnh Châu", "wind", 106.080, 9.255, 7000, 2500},
		{"Điện gió Lai Hòa", "wind", 105.860, 9.195, 5000, 2200},
		{"Nuôi nghêu Vĩnh Hải", "aquaculture", 106.215, 9.335, 2200, 1300},
		{"Rừng ngập mặn Cù Lao Dung", "conservation", 106.285, 9.470, 2000, 1200},
		{"Vùng khai thác ven bờ", "fishing", 106.330, 9.250, 9000, 5000},
	} {
		rows = append(rows, drawn{patch(s.lon, s.lat, s.east, s.north, 10), map[string]any{"code": fmt.Sprintf("KVB-%02d", i+1), "name": s.name, "use": s.use, "note": "mô phỏng"}})
	}
	return rows
}

// demoControlPoints stand on an uneven lattice, the better the rarer.
func demoControlPoints() (rows []drawn) {
	random := rand.New(rand.NewPCG(5, 5))
	classes := []string{"DC", "DC", "DCCS", "DC", "C3", "DCCS", "H4", "DC", "H3", "C2"}
	for i, u := range demoUnits {
		for j := range 3 {
			n := i*3 + j
			class := classes[n%len(classes)]
			rows = append(rows, drawn{point(u.lon+(random.Float64()-0.5)*0.05, u.lat+(random.Float64()-0.5)*0.04), map[string]any{"code": fmt.Sprintf("MP-%s-%03d", class, n+1),
				"name": fmt.Sprintf("Điểm mô phỏng %d", n+1), "class": class, "height_m": math.Round((0.6+random.Float64()*1.6)*1000) / 1000,
				"state": []string{"good", "good", "good", "damaged", "unknown"}[random.IntN(5)], "note": "mô phỏng"}})
		}
	}
	return rows
}
