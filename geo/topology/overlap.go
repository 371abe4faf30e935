package topology

// overlaps are pairs of polygons in force on the same day of which one is edited and
// that share more ground than the tolerance. Nothing sorts out first those that only touch:
// what ST_Relate and ST_Intersects do fails where borders nearly fall together, which
// ST_Intersection does not.
func overlaps(k look) (string, []any) {
	return `SELECT fid, other_fid, ground, area FROM (
			SELECT e.fid, n.fid AS other_fid, ST_CollectionExtract(ST_Intersection(e.shape, n.shape), 3) AS ground
			FROM topology_place e JOIN topology_place n ON n.shape && e.shape AND n.fid <> e.fid
			WHERE e.edited AND e.sound AND n.sound AND (NOT n.edited OR n.fid > e.fid) AND e.period && n.period
				AND ST_Dimension(e.shape) = 2 AND ST_Dimension(n.shape) = 2 OFFSET 0) pair, ST_Area(ground) area
		WHERE area > $1 ORDER BY area DESC`, []any{k.rule.Tolerance}
}
