package topology

import (
	"fmt"

	"haidang/geo/crs"
)

// outsides are edited shapes that reach further than the tolerance out of the commune,
// of those in force today, that has most of them; of those in none, out of the nearest.
// Where no communes are known nothing is outside.
func outsides(k look) (string, []any) {
	return fmt.Sprintf(`WITH unit AS MATERIALIZED (
			SELECT shape, ST_Boundary(shape) AS border FROM units_on((now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date) u, ST_Transform(u.geom, %d) shape WHERE u.level = 3 AND ST_IsValid(shape)),
		held AS MATERIALIZED (
			SELECT fid FROM unit u CROSS JOIN LATERAL (
				SELECT fid FROM topology_place p WHERE edited AND sound AND p.shape && u.shape
					AND ST_Intersects(u.shape, ST_PointOnSurface(p.shape)) AND NOT ST_Intersects(u.border, p.shape) OFFSET 0) p)
		SELECT fid, NULL::bigint, rest, far FROM topology_place p
			CROSS JOIN LATERAL (
				SELECT u.shape FROM unit u LEFT JOIN LATERAL (
					SELECT CASE ST_Dimension(p.shape) WHEN 2 THEN ST_Area(part) WHEN 1 THEN ST_Length(part) ELSE ST_NPoints(part) END AS share
					FROM ST_Intersection(u.shape, p.shape) part) i ON u.shape && p.shape
				ORDER BY CASE WHEN share > 0 THEN -share WHEN share = 0 THEN ST_Distance(u.shape, p.shape) ELSE 1e6 + (u.shape <#> p.shape) END LIMIT 1) u
			CROSS JOIN LATERAL ST_Difference(p.shape, u.shape) rest
			CROSS JOIN LATERAL (SELECT max(ST_Distance(d.geom, u.shape)) AS far FROM ST_DumpPoints(rest) d) d
		WHERE edited AND sound AND fid NOT IN (SELECT fid FROM held) AND far > $1
		ORDER BY far DESC`, crs.Province().SRID), []any{k.rule.Tolerance}
}
