package topology

import "github.com/jackc/pgx/v5"

// areas are polygons whose drawn area differs from the legal one by more than the
// percentage, where the changeset says either anew.
func areas(k look) (string, []any) {
	column, _ := k.layer.Column(k.rule.Column)
	return `SELECT fid, NULL::bigint, shape, percent FROM (
			SELECT e.fid, s.shape, 100 * (ST_Area(s.shape) / ($2 * nullif(s.legal, 0)) - 1) AS percent
			FROM changeset_edit e LEFT JOIN «layer» t USING (fid), LATERAL (SELECT ` + k.metres("coalesce(e.geom, t.geom)") + ` AS shape,
				CASE WHEN e.attributes ? $1 THEN (e.attributes ->> $1)::float8 ELSE t.` + pgx.Identifier{column.Name}.Sanitize() + ` END AS legal) s
			WHERE e.changeset = $3 AND e.op <> 'delete' AND (e.geom IS NOT NULL OR e.attributes ? $1)
				AND ST_Dimension(s.shape) = 2 AND ST_IsValid(s.shape)) drawn
		WHERE abs(percent) > $4 ORDER BY abs(percent) DESC`, []any{column.Name, column.SquareMetres(), k.changeset, k.rule.Percent}
}
