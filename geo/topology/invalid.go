package topology

// invalids are edited shapes that are none, with the spot that the database names. An
// empty one has no spot.
func invalids(look) (string, []any) {
	return `SELECT fid, NULL::bigint, coalesce((ST_IsValidDetail(shape)).location, ST_Centroid(ST_Envelope(shape))), 0::float8
		FROM topology_place WHERE edited AND NOT sound ORDER BY fid`, nil
}
