package imports

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo/crs"
)

// compare finds out what applying would do, and counts it.
func (im *Importer) compare(ctx context.Context, conn *pgxpool.Conn, id int64, p plan, rep *Report) error {
	if err := im.count(ctx, conn, id, rep); err != nil {
		return err
	}
	fresh, err := isFresh(ctx, conn, p)
	if err != nil {
		return err
	}
	if rep.Fresh = fresh; fresh {
		rep.Added = rep.Fine
		return nil
	}
	if err := difference(ctx, conn, id, p); err != nil {
		return err
	}
	if err := countChanges(ctx, conn, id, rep); err != nil {
		return err
	}
	if err := countUnnamed(ctx, conn, id, p, rep); err != nil {
		return err
	}
	return displaced(ctx, conn, id, p, rep)
}

func (im *Importer) count(ctx context.Context, conn *pgxpool.Conn, id int64, rep *Report) error {
	var box []*float64
	err := conn.QueryRow(ctx, fmt.Sprintf(`WITH e AS (SELECT count(*) AS n, ST_Transform(ST_SetSRID(ST_Extent(geom)::geometry, (SELECT ST_SRID(geom) FROM %[1]s LIMIT 1)), 4326) AS g FROM %[1]s)
		SELECT n, ARRAY[ST_XMin(g), ST_YMin(g), ST_XMax(g), ST_YMax(g)],
			(SELECT count(DISTINCT feature) FROM layer_import_remark WHERE import = $1 AND kind = 'refused'),
			(SELECT count(*) FROM layer_import_remark r WHERE import = $1 AND kind = 'mended' AND EXISTS (SELECT FROM %[1]s WHERE n = r.feature)) FROM e`,
		stageTable(id)), id).Scan(&rep.Fine, &box, &rep.Refused, &rep.Mended)
	if err != nil {
		return fmt.Errorf("count: %w", err)
	}
	for _, v := range box {
		if v != nil {
			rep.Extent = append(rep.Extent, *v)
		}
	}
	return nil
}

func isFresh(ctx context.Context, conn *pgxpool.Conn, p plan) (bool, error) {
	if !p.exists {
		return true, nil
	}
	var some bool
	err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM `+pgx.Identifier{p.layer.Table}.Sanitize()+`)`).Scan(&some)
	return !some, err
}

// difference fills the change table: n of the stage, fid of the layer, and which
// columns differ.
func difference(ctx context.Context, conn *pgxpool.Conn, id int64, p plan) error {
	sql := keyedDifference(id, p)
	if len(p.key) == 0 {
		sql = wholeDifference(id, p)
	}
	if _, err := conn.Exec(ctx, fmt.Sprintf("CREATE UNLOGGED TABLE %s AS %s", changeTable(id), sql)); err != nil {
		return fmt.Errorf("compare with the layer: %w", err)
	}
	_, err := conn.Exec(ctx, fmt.Sprintf("CREATE INDEX ON %s (kind, n); ANALYZE %[1]s", changeTable(id)))
	return err
}

// pairs is SQL for the keys of two tables being the same.
func (p plan) pairs(a, b string) string {
	var all []string
	for _, k := range p.key {
		all = append(all, fmt.Sprintf("%[1]s.%[3]s = %[2]s.%[3]s", a, b, pgx.Identifier{k}.Sanitize()))
	}
	if p.dated != nil {
		all = append(all, startSQL(a)+" = "+startSQL(b))
	}
	return strings.Join(all, " AND ")
}

// keyedDifference pairs features by their key. Geometry differs when any coordinate
// does. What the file has but was refused is neither gone nor anything else; nor are
// features of other times than the file's.
func keyedDifference(id int64, p plan) string {
	var differs, list []string
	for _, c := range p.into {
		name := pgx.Identifier{c.Name}.Sanitize()
		differ := fmt.Sprintf("s.%s IS DISTINCT FROM l.%[1]s", name)
		differs = append(differs, differ)
		list = append(list, fmt.Sprintf("CASE WHEN %s THEN '%s' END", differ, c.Name)) // the catalogue's names are plain
	}
	gone := ""
	if p.dated != nil {
		differs, list = append(differs, "s.period <> l.period"), append(list, "CASE WHEN s.period <> l.period THEN 'period' END")
		gone = fmt.Sprintf(" AND %s IN (SELECT %s FROM %s f UNION SELECT %[2]s FROM %[4]s f)", startSQL("l"), startSQL("f"), stageTable(id), asideTable(id))
	}
	differs, list = append(differs, "NOT s.geom = l.geom"), append(list, "CASE WHEN NOT s.geom = l.geom THEN 'geom' END")
	return fmt.Sprintf(`SELECT s.n, l.fid, l.row_version, CASE WHEN l.fid IS NULL THEN 'added' WHEN s.n IS NULL THEN 'gone' ELSE 'changed' END AS kind,
			CASE WHEN l.fid IS NULL OR s.n IS NULL THEN '{}' ELSE array_remove(ARRAY[%[4]s], NULL) END AS columns
		FROM %[1]s s FULL JOIN %[2]s l ON %[3]s
		WHERE s.n IS NULL AND NOT EXISTS (SELECT FROM %[6]s a WHERE %[7]s)%[8]s OR s.n IS NOT NULL AND (l.fid IS NULL OR %[5]s)`,
		stageTable(id), pgx.Identifier{p.layer.Table}.Sanitize(), p.pairs("s", "l"), strings.Join(list, ", "), strings.Join(differs, " OR "),
		asideTable(id), p.pairs("a", "l"), gone)
}

// wholeDifference has no key to go by: what is alike in every column and coordinate
// is the same, as often as it is there.
func wholeDifference(id int64, p plan) string {
	side := func(table, number string) string {
		return fmt.Sprintf(`SELECT %s AS number, %s _h AS h, row_number() OVER (PARTITION BY _h ORDER BY %[1]s) AS turn
			FROM (SELECT *, md5(ROW(NULL%[4]s)::text || ST_AsBinary(geom)::text) AS _h FROM %[3]s) f`,
			number, map[string]string{"n": "0 AS row_version,", "fid": "row_version,"}[number], table, names(p, ""))
	}
	layer := pgx.Identifier{p.layer.Table}.Sanitize()
	if p.dated != nil {
		layer = fmt.Sprintf("(SELECT * FROM %s l WHERE %s IN (SELECT %s FROM %s f)) in_time", layer, startSQL("l"), startSQL("f"), stageTable(id))
	}
	return fmt.Sprintf(`SELECT s.number AS n, l.number AS fid, l.row_version, CASE WHEN l.number IS NULL THEN 'added' ELSE 'gone' END AS kind, '{}'::text[] AS columns
		FROM (%s) s FULL JOIN (%s) l ON s.h = l.h AND s.turn = l.turn WHERE s.number IS NULL OR l.number IS NULL`,
		side(stageTable(id), "n"), side(layer, "fid"))
}

func countChanges(ctx context.Context, conn *pgxpool.Conn, id int64, rep *Report) error {
	err := conn.QueryRow(ctx, fmt.Sprintf(`SELECT count(*) FILTER (WHERE kind = 'added'), count(*) FILTER (WHERE kind = 'changed'), count(*) FILTER (WHERE kind = 'gone'),
		coalesce((SELECT jsonb_object_agg(c, k) FROM (SELECT c, count(*) AS k FROM %[1]s, unnest(columns) AS c GROUP BY c) per), '{}') FROM %[1]s`, changeTable(id))).
		Scan(&rep.Added, &rep.Changed, &rep.Gone, &rep.Columns)
	rep.Same = rep.Fine - rep.Added - rep.Changed
	return err
}

// countUnnamed counts the refused that cannot be told from what is gone: without a key
// all of them, else those whose key was not readable.
func countUnnamed(ctx context.Context, conn *pgxpool.Conn, id int64, p plan, rep *Report) error {
	unread := "true"
	if len(p.key) > 0 {
		unread = missingKey(p)
	}
	err := conn.QueryRow(ctx, fmt.Sprintf(`SELECT count(*) FROM %s WHERE %s`, asideTable(id), unread)).Scan(&rep.Unnamed)
	if err == nil && rep.Unnamed > 0 && rep.Gone > 0 && p.DeleteGone {
		rep.Warnings = append(rep.Warnings, *unnamedGone(rep.Unnamed))
	}
	return err
}

// unnamedGone says why nothing is deleted.
func unnamedGone(n int64) *haidang.Text {
	return sentence("%d đối tượng bị từ chối không có khóa đọc được, nên không biết chắc đối tượng nào của lớp không còn trong tệp. Hãy sửa tệp, hoặc bỏ chọn xoá.",
		"%d refused features have no readable key, so it is not certain what of the layer is gone from the file. Mend the file, or do not choose to delete.", n)
}

// What a displacement looks like that one wrong parameter made: most shapes moved,
// all alike.
const (
	fewMoved  = 5
	mostMoved = 0.6
)

// displaced warns when what is in both has moved as a whole: a wrong datum shift
// moves everything by the same metre.
func displaced(ctx context.Context, conn *pgxpool.Conn, id int64, p plan, rep *Report) error {
	var n int64
	var dx, dy, spread float64
	err := conn.QueryRow(ctx, fmt.Sprintf(`
		WITH moved AS (SELECT ST_Transform(ST_Centroid(s.geom), $1::integer) AS a, ST_Transform(ST_Centroid(l.geom), $1::integer) AS b
			FROM %s c JOIN %s s ON s.n = c.n JOIN %s l ON l.fid = c.fid WHERE c.kind = 'changed' AND 'geom' = ANY (c.columns) AND ST_NPoints(s.geom) = ST_NPoints(l.geom) LIMIT 20000),
		d AS (SELECT ST_X(a) - ST_X(b) AS x, ST_Y(a) - ST_Y(b) AS y FROM moved),
		m AS (SELECT count(*) AS n, percentile_cont(0.5) WITHIN GROUP (ORDER BY x) AS x, percentile_cont(0.5) WITHIN GROUP (ORDER BY y) AS y FROM d)
		SELECT m.n, coalesce(m.x, 0), coalesce(m.y, 0), coalesce((SELECT percentile_cont(0.9) WITHIN GROUP (ORDER BY sqrt((d.x - m.x)^2 + (d.y - m.y)^2)) FROM d), 0) FROM m`,
		changeTable(id), stageTable(id), pgx.Identifier{p.layer.Table}.Sanitize()), crs.Province().SRID).Scan(&n, &dx, &dy, &spread)
	if err != nil {
		return fmt.Errorf("look for a displacement: %w", err)
	}
	far := math.Hypot(dx, dy)
	if n < fewMoved || float64(n) < mostMoved*float64(min(rep.Changed+rep.Same, 20000)) || far < 0.05 || far > 1000 || spread > 0.05+0.1*far {
		return nil
	}
	vi, en := likely(far)
	rep.Warnings = append(rep.Warnings, haidang.Text{
		VI: fmt.Sprintf("%d hình cùng lệch %.2f m (đông %+.2f, bắc %+.2f) so với lớp hiện có. %s", n, far, dx, dy, vi),
		EN: fmt.Sprintf("%d shapes are all moved by %.2f m (east %+.2f, north %+.2f) from what the layer holds. %s", n, far, dx, dy, en)})
	return nil
}

// likely says which mistake moves things that far here.
func likely(far float64) (vi, en string) {
	switch {
	case far > 0.7 && far < 0.95:
		return "Giống tệp đã bị phần mềm chuyển bằng tham số EPSG:5194 thay vì tham số chính thức; hãy lấy lại tệp gốc VN-2000.",
			"It looks as if a program had transformed the file by EPSG:5194 instead of the official parameters; get the original in VN-2000."
	case far > 0.4 && far < 0.65:
		return "Giống tham số VN-2000 bị đảo dấu góc xoay; hãy lấy lại tệp gốc VN-2000.",
			"It looks like VN-2000 parameters with the signs of the rotations exchanged; get the original in VN-2000."
	case far > 150 && far < 260:
		return "Giống một lần chuyển giữa VN-2000 và WGS 84 không dùng tham số; hãy chọn lại hệ toạ độ.",
			"It looks like a change between VN-2000 and WGS 84 without parameters; choose the coordinate system anew."
	}
	return "Có thể sai hệ toạ độ hoặc tham số chuyển; hãy so với mốc khống chế trước khi ghi.",
		"The coordinate system or the parameters may be wrong; compare with control points before it is applied."
}
