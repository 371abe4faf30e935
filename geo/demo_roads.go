package geo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// mainRoads follow the province's real roads to about a kilometre.
var mainRoads = []struct {
	code, name, class string
	width             float64
	path              string
}{
	{"QL1", "Quốc lộ 1", "national", 20, "105.848 9.800, 105.870 9.745, 105.893 9.705, 105.930 9.660, 105.968 9.610, 105.950 9.570, 105.905 9.525, 105.860 9.480, 105.790 9.445, 105.735 9.430, 105.670 9.405, 105.605 9.388"},
	{"QL91B", "Quốc lộ Nam Sông Hậu", "national", 12, "105.893 9.922, 105.950 9.850, 106.005 9.795, 106.055 9.742, 106.085 9.690, 106.112 9.640, 106.135 9.595, 106.160 9.545, 106.158 9.490, 106.135 9.450, 106.120 9.405, 106.085 9.365, 106.040 9.340, 105.970 9.330, 105.912 9.315, 105.850 9.290"},
	{"QL60", "Quốc lộ 60", "national", 12, "106.072 9.738, 106.030 9.690, 105.995 9.640, 105.976 9.606"},
	{"QLPH", "Quốc lộ Quản Lộ - Phụng Hiệp", "national", 12, "105.825 9.806, 105.757 9.726, 105.687 9.646, 105.602 9.572, 105.556 9.522"},
	{"QL61B", "Quốc lộ 61B", "national", 9, "105.612 9.574, 105.655 9.528, 105.702 9.482, 105.735 9.430"},
	{"DT932", "Đường tỉnh 932", "provincial", 7, "105.930 9.660, 105.940 9.710, 105.944 9.768, 105.950 9.850"},
	{"DT933", "Đường tỉnh 933", "provincial", 9, "105.990 9.600, 106.040 9.602, 106.085 9.600, 106.122 9.598"},
	{"DT933B", "Đường tỉnh 933B", "provincial", 7, "106.140 9.700, 106.152 9.680, 106.185 9.630, 106.212 9.585, 106.236 9.545"},
	{"DT934", "Đường tỉnh 934", "provincial", 12, "105.985 9.590, 106.030 9.556, 106.085 9.532, 106.130 9.520, 106.172 9.514"},
	{"DT935", "Đường tỉnh 935", "provincial", 9, "105.962 9.570, 105.985 9.505, 106.000 9.445, 106.022 9.385, 106.034 9.338"},
	{"DT936", "Đường tỉnh 936", "provincial", 7, "105.855 9.470, 105.888 9.420, 105.940 9.478, 106.005 9.484, 106.095 9.482"},
	{"DT938", "Đường tỉnh 938", "provincial", 7, "105.955 9.618, 105.905 9.612, 105.850 9.600, 105.792 9.604"},
	{"DT939", "Đường tỉnh 939", "provincial", 7, "105.792 9.604, 105.760 9.640, 105.752 9.690, 105.760 9.724"},
	{"DT940", "Đường tỉnh 940", "provincial", 7, "105.792 9.604, 105.786 9.545, 105.795 9.450, 105.850 9.395, 105.890 9.350, 105.912 9.320"},
}

// demoRoads are the main roads, a road between each commune and its two nearest, and
// the streets of the town.
func demoRoads() []drawn {
	var rows []drawn
	for _, r := range mainRoads {
		rows = append(rows, road(r.code, r.name, r.class, r.width, "LINESTRING("+r.path+")"))
	}
	return append(append(rows, communeRoads()...), townStreets()...)
}

func road(code, name, class string, width float64, wkt string) drawn {
	lanes, surface := 2, "asphalt"
	switch {
	case width >= 12:
		lanes = 4
	case width < 5:
		lanes, surface = 1, "concrete"
	}
	return drawn{wkt, map[string]any{"code": code, "name": name, "class": class, "width_m": width, "lanes": lanes, "surface": surface, "note": "mô phỏng"}}
}

func communeRoads() (rows []drawn) {
	random := rand.New(rand.NewPCG(1, 1))
	done := map[[2]int]bool{}
	for i, from := range demoUnits {
		for _, j := range nearestUnits(i, 2) {
			pair := [2]int{min(i, j), max(i, j)}
			if done[pair] {
				continue
			}
			done[pair] = true
			to := demoUnits[j]
			bend := func() float64 { return (random.Float64() - 0.5) * 0.012 }
			wkt := fmt.Sprintf("LINESTRING(%.5f %.5f, %.5f %.5f, %.5f %.5f)", from.lon, from.lat, (from.lon+to.lon)/2+bend(), (from.lat+to.lat)/2+bend(), to.lon, to.lat)
			n := len(rows) + 1
			rows = append(rows, road(fmt.Sprintf("DH%02d", n), fmt.Sprintf("Đường liên xã %d", n), "district", 3.5+float64(n%3), wkt))
		}
	}
	return rows
}

// nearestUnits returns the n communes whose centres are nearest to that of commune i.
func nearestUnits(i, n int) []int {
	var others []int
	far := func(j int) float64 {
		return math.Hypot(demoUnits[i].lon-demoUnits[j].lon, demoUnits[i].lat-demoUnits[j].lat)
	}
	for j := range demoUnits {
		if j != i {
			others = append(others, j)
		}
	}
	slices.SortFunc(others, func(a, b int) int {
		if far(a) < far(b) {
			return -1
		}
		return 1
	})
	return others[:n]
}

// townStreets is a slanted grid of streets 200 m apart about the centre of the town.
func townStreets() (rows []drawn) {
	const lon, lat, step, half = 105.975, 9.603, 0.0018, 6
	at := func(u, v float64) string { return fmt.Sprintf("%.5f %.5f", lon+step*(u+0.3*v), lat+step*(v-0.3*u)) }
	for i := -half; i <= half; i++ {
		n := i + half + 1
		along := fmt.Sprintf("LINESTRING(%s, %s, %s)", at(-half, float64(i)), at(0, float64(i)), at(half, float64(i)))
		across := fmt.Sprintf("LINESTRING(%s, %s, %s)", at(float64(i), -half), at(float64(i), 0), at(float64(i), half))
		rows = append(rows, road(fmt.Sprintf("PD%02d", n), fmt.Sprintf("Đường dọc số %d", n), "urban", 8, along),
			road(fmt.Sprintf("PN%02d", n), fmt.Sprintf("Đường ngang số %d", n), "urban", 6, across))
	}
	return rows
}
