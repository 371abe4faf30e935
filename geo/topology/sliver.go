package topology

// mostThin is 4π·area/perimeter² of the roundest shape that still counts as thin: a
// rectangle fifteen times as long as wide.
const mostThin = 0.18

// slivers are parts of edited polygons that are thin and, on the average, narrower than
// the tolerance.
func slivers(k look) (string, []any) {
	return `SELECT fid, NULL::bigint, part, width FROM (
			SELECT fid, d.geom AS part, 2 * ST_Area(d.geom) / ST_Perimeter(d.geom) AS width,
				4 * pi() * ST_Area(d.geom) / ST_Perimeter(d.geom) ^ 2 AS round
			FROM topology_place, ST_Dump(shape) d WHERE edited AND sound AND ST_Dimension(d.geom) = 2) thin
		WHERE width < $1 AND round < $2 ORDER BY width`, []any{k.rule.Tolerance, mostThin}
}
