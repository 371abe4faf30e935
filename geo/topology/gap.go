package topology

import "fmt"

const (
	// grid is what the borders of the ground are rounded to, in metres: slits that are
	// thinner close and open no gap to the outside.
	grid = 0.001
	// near is how far what was rounded may lie from where it was, and how much of a border
	// is none, in metres.
	near = 0.002
	// reach is how far about an edited shape neighbours are looked for, in metres: a gap
	// that is wider is seen only where ground was given up.
	reach = 5
)

// gaps are holes in the ground about what was edited, if ground was given up there or a
// border of an edited shape stands where none did. A hole that was there before and is
// as it was is nobody's fault now. A hole that goes on beyond the neighbours is the outside.
//
// Ground is put together by lots, each one heap of edits that lie close together and are
// in force in the same period. Two shapes that touch in points only may enclose a hole,
// so holes are what is left of the faces that all borders together make.
func gaps(k look) (string, []any) {
	return fmt.Sprintf(`WITH ground AS MATERIALIZED (
			SELECT box, period, ST_ClusterDBSCAN(box, %[3]d * 2, 1) OVER (PARTITION BY period) AS lot FROM topology_ground),
		around AS (
			SELECT DISTINCT ON (lot, g.period, fid) lot, g.period, p.shape
			FROM ground g JOIN topology_place p ON p.shape && ST_Expand(g.box, %[3]d) AND p.period && g.period AND p.sound AND ST_Dimension(p.shape) = 2),
		covered AS MATERIALIZED (SELECT period, ST_UnaryUnion(ST_Collect(shape)) AS shape FROM around GROUP BY lot, period),
		hole AS (
			SELECT period, face.geom AS shape
			FROM covered c, ST_Dump(ST_Polygonize(ARRAY[ST_UnaryUnion(ST_Boundary(c.shape), %[1]g)])) face
			WHERE ST_Area(face.geom) > $1 AND NOT ST_Intersects(c.shape, ST_PointOnSurface(face.geom)))
		SELECT DISTINCT ON (ST_AsBinary(ST_Envelope(shape))) fid, NULL::bigint, shape, ST_Area(shape)
		FROM hole h CROSS JOIN LATERAL (SELECT coalesce(
			(SELECT fid FROM topology_edit, ST_Area(ST_Intersection(h.shape, was)) given_up
			WHERE was && h.shape AND period_was && h.period AND ST_IsValid(was) AND ST_Dimension(was) = 2 AND given_up > $1
			ORDER BY given_up DESC, fid LIMIT 1),
			(SELECT p.fid FROM topology_place p CROSS JOIN (
					SELECT ST_Union(was, %[1]g) AS was FROM topology_edit e
					WHERE e.was && ST_Expand(h.shape, %[2]g) AND period_was && h.period AND ST_IsValid(was) AND ST_Dimension(was) = 2) before
				CROSS JOIN LATERAL ST_Intersection(ST_Boundary(h.shape), ST_Boundary(p.shape), %[1]g) border
			WHERE edited AND sound AND p.period && h.period AND p.shape && ST_Expand(h.shape, %[2]g) AND ST_Dimension(p.shape) = 2
				AND ST_Length(coalesce(ST_Difference(border, before.was, %[1]g), border)) > %[2]g
			ORDER BY fid LIMIT 1)) AS fid) cause
		WHERE fid IS NOT NULL AND NOT EXISTS (SELECT FROM topology_place p LEFT JOIN topology_edit e USING (fid) WHERE NOT p.sound AND (p.shape && h.shape OR e.was && h.shape))`, grid, near, reach), []any{k.rule.Tolerance}
}
