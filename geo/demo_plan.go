package geo

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/jackc/pgx/v5"

	"haidang/geo/catalogue"
)

// The simulated land-use plan: cells about the points of an uneven lattice, closer
// together near the centres of communes, in two periods.
const (
	planStep   = 0.016 // degrees between points
	planPerHub = 9     // further points about each commune's centre
)

// planSeed is the middle of one area and its use in both periods.
type planSeed struct {
	lon, lat   float64
	use, later string
	project    string // of the later period, where the use changes
}

// fillLandUsePlan draws the plan of 2021 to 2025 and that of 2026 to 2030. Cells of
// one period share their borders: vertices are snapped to the millimetre.
func fillLandUsePlan(ctx context.Context, tx pgx.Tx, _ catalogue.Layer) error {
	var lon, lat []float64
	var use, later, project []string
	for _, s := range planSeeds() {
		lon, lat, use, later, project = append(lon, s.lon), append(lat, s.lat), append(use, s.use), append(later, s.later), append(project, s.project)
	}
	if err := cutPlanCells(ctx, tx, lon, lat); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `
		WITH cell AS (
			SELECT s.*, ST_Multi(ST_CollectionExtract(ST_SnapToGrid(
				CASE WHEN ST_CoveredBy(c.geom, o.geom) THEN c.geom ELSE ST_Intersection(c.geom, o.geom) END, 0.001), 3)) AS geom
			FROM unnest($1::float8[], $2::float8[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY AS s (lon, lat, use, later, project, n)
			JOIN plan_cell c ON ST_Contains(c.geom, `+planPoint+`) CROSS JOIN plan_outline o),
		plan (short, use, project, period, decision, n, geom) AS (
			SELECT 'QH25-', use, '', '[2021-01-01,2026-01-01)'::daterange, 'QĐ 01/MP-2021', n, geom FROM cell
			UNION ALL SELECT 'QH30-', later, project, '[2026-01-01,2031-01-01)', 'QĐ 02/MP-2026', n, geom FROM cell)
		INSERT INTO layer_land_use_plan (code, land_use, project, area_ha, decision, note, period, geom)
		SELECT short || lpad(n::text, 4, '0'), use, nullif(project, ''), round((ST_Area(geom) / 10000)::numeric, 2), decision, 'mô phỏng', period, geom
		FROM plan WHERE NOT ST_IsEmpty(geom) ORDER BY period, n`, lon, lat, use, later, project)
	return err
}

const planPoint = `ST_Transform(ST_SetSRID(ST_MakePoint(lon, lat), 4326), 959209)`

// cutPlanCells gives each point the ground that is nearest to it, in a table with an
// index: without one every point is held against every cell.
func cutPlanCells(ctx context.Context, tx pgx.Tx, lon, lat []float64) error {
	_, err := tx.Exec(ctx, `CREATE TEMPORARY TABLE plan_outline ON COMMIT DROP AS SELECT ST_Transform(ST_GeomFromText('`+outlineOfProvince+`', 4326), 959209) AS geom`)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `CREATE TEMPORARY TABLE plan_cell (geom geometry(Polygon, 959209)) ON COMMIT DROP;
		CREATE INDEX ON plan_cell USING gist (geom)`)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO plan_cell SELECT (ST_Dump(ST_VoronoiPolygons(ST_Collect(`+planPoint+`), 0, (SELECT geom FROM plan_outline)))).geom
		FROM unnest($1::float8[], $2::float8[]) AS s (lon, lat)`, lon, lat)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `ANALYZE plan_cell`)
	return err
}

func planSeeds() []planSeed {
	random := rand.New(rand.NewPCG(2, 2))
	jitter := func(by float64) float64 { return (random.Float64() - 0.5) * by }
	var seeds []planSeed
	for lon := 105.54; lon < 106.34; lon += planStep {
		for lat := 9.23; lat < 9.96; lat += planStep {
			seeds = append(seeds, newPlanSeed(random, lon+jitter(planStep*0.8), lat+jitter(planStep*0.8)))
		}
	}
	for _, u := range demoUnits {
		for range planPerHub {
			seeds = append(seeds, newPlanSeed(random, u.lon+jitter(0.016), u.lat+jitter(0.016)))
		}
	}
	return seeds
}

func newPlanSeed(random *rand.Rand, lon, lat float64) planSeed {
	s := planSeed{lon: lon, lat: lat, use: useAt(random, lon, lat)}
	s.later = s.use
	if random.Float64() < 0.06 && (s.use == "LUC" || s.use == "NTS" || s.use == "CLN") {
		changes := [][2]string{{"SKK", "Mở rộng khu công nghiệp"}, {"ODT", "Khu dân cư mới"}, {"DNL", "Điện gió, điện mặt trời"}, {"DGT", "Nút giao cao tốc"}, {"NTS", "Nuôi trồng thủy sản công nghệ cao"}}
		to := changes[random.IntN(len(changes))]
		s.later, s.project = to[0], to[1]+" (mô phỏng)"
	}
	return s
}

// useAt is a likely use of the land: towns, salt and shrimp by the sea, fruit on the
// river's banks and islands, rice elsewhere.
func useAt(random *rand.Rand, lon, lat float64) string {
	town := math.Hypot(lon-105.978, lat-9.603)
	hub := nearestHub(lon, lat)
	coast := lat < 9.36+0.35*math.Max(0, lon-106.05) // the south, and the river mouth
	bank := lon > 105.9 && lat > 9.95-0.9*(lon-105.88)
	pick := func(uses ...string) string { return uses[random.IntN(len(uses))] }
	switch {
	case town < 0.022:
		return pick("ODT", "ODT", "ODT", "TMD", "TSC", "DGD", "DKV", "DYT")
	case hub < 0.008:
		return pick("ONT", "ONT", "TSC", "DGD", "DCH", "CLN")
	case coast:
		return pick("NTS", "NTS", "NTS", "LMU", "RPH", "BHK")
	case bank:
		return pick("CLN", "CLN", "LUC", "BHK", "SON")
	case lon < 105.66:
		return pick("LUC", "LUC", "LUK", "CLN", "RSX")
	}
	return pick("LUC", "LUC", "LUC", "LUC", "LUK", "CLN", "ONT", "NTD")
}

func nearestHub(lon, lat float64) float64 {
	nearest := math.Inf(1)
	for _, u := range demoUnits {
		nearest = min(nearest, math.Hypot(lon-u.lon, lat-u.lat))
	}
	return nearest
}
