package raster

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo/crs"
)

// Northings and eastings of Vietnam in metres, with room for any zone.
const (
	southmost, northmost = 850_000, 2_650_000
	westmost, eastmost   = 150_000, 850_000
)

// unplaced refuses a file that does not say its system, with the systems that its
// coordinates would suit.
func unplaced(ctx context.Context, pool *pgxpool.Pool, p picture) error {
	x, y := p.centre()
	if x > southmost && x < northmost && y > westmost && y < eastmost {
		return refuse("crs", "Tệp không ghi hệ tọa độ, và X với Y có vẻ bị đổi chỗ (tâm ảnh ở %.0f, %.0f). Hãy sửa vị trí ảnh: X là hướng đông, Y là hướng bắc.",
			"The file does not say its coordinate system, and X and Y seem to be swapped (the centre is at %.0f, %.0f). Mend its position: X is east, Y is north.", x, y)
	}
	fits, err := fitting(ctx, pool, x, y)
	if err != nil {
		return err
	}
	if len(fits) == 0 {
		return refuse("crs", "Tệp không ghi hệ tọa độ, và tâm ảnh (%.2f, %.2f) không nằm trong vùng bản đồ với hệ nào được hỗ trợ. Hãy kiểm tra vị trí ảnh.",
			"The file does not say its coordinate system, and its centre (%.2f, %.2f) is in the mapped region by none of the supported ones. Check its position.", x, y)
	}
	var vi, en []string
	for _, c := range fits {
		vi, en = append(vi, c.Official()+" ("+c.Name.VI+")"), append(en, c.Official()+" ("+c.Name.EN+")")
	}
	return &haidang.Error{Code: haidang.ErrInvalid, Field: "crs", Text: haidang.Text{
		VI: "Tệp không ghi hệ tọa độ. Theo vị trí, ảnh có thể ở: " + strings.Join(vi, "; ") + ". Hãy chọn hệ đúng, ghi trên hồ sơ của ảnh.",
		EN: "The file does not say its coordinate system. By its position it may be: " + strings.Join(en, "; ") + ". Choose the right one, from the picture's papers."}}
}

func (p picture) centre() (x, y float64) {
	g := p.Transform
	w, h := float64(p.Size[0])/2, float64(p.Size[1])/2
	return g[0] + w*g[1] + h*g[2], g[3] + w*g[4] + h*g[5]
}

// fitting lists the systems by which the point lies among the communes, or in Vietnam when there are none.
func fitting(ctx context.Context, pool *pgxpool.Pool, x, y float64) ([]crs.CRS, error) {
	var region string
	err := pool.QueryRow(ctx, `SELECT coalesce(ST_AsText(ST_Expand(ST_Extent(geom)::box2d, 0.05)), 'POLYGON((102 8, 110 8, 110 24, 102 24, 102 8))')
		FROM administrative_unit`).Scan(&region)
	if err != nil {
		return nil, fmt.Errorf("read the region of the communes: %w", err)
	}
	var fits []crs.CRS
	for _, c := range slices.Concat([]crs.CRS{crs.Province()}, crs.All()) { // the likeliest first
		if slices.Contains(fits, c) || c.Official() == "EPSG:4326" && c != crs.WGS84 || c.Geographic != (x < 360) {
			continue
		}
		var lon, lat float64
		var inside bool
		err := pool.QueryRow(ctx, `SELECT ST_X(g), ST_Y(g), ST_Intersects(g, ST_GeomFromText($4, 4326)) FROM
			(SELECT ST_Transform(ST_SetSRID(ST_MakePoint($1, $2), $3::int), 4326) AS g) t`, x, y, c.SRID, region).Scan(&lon, &lat, &inside)
		if err == nil && inside && c.Covers(lon, lat) {
			fits = append(fits, c)
		}
	}
	return fits, ctx.Err()
}
