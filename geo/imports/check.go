package imports

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo/raster"
)

// Report says what checking and comparing gave.
type Report struct {
	Read     int64          `json:"read"`
	Fine     int64          `json:"fine" doc:"Features that can be applied, the mended among them"`
	Refused  int64          `json:"refused"`
	Mended   int64          `json:"mended"`
	Added    int64          `json:"added"`
	Changed  int64          `json:"changed"`
	Gone     int64          `json:"gone" doc:"In the layer, not in the file; what is refused in the file is not gone"`
	Origin   string         `json:"origin" doc:"Which layer of that code it was compared with: one made anew is another"`
	Unnamed  int64          `json:"unnamed" doc:"Refused features whose key cannot be read: some of what seems gone may be theirs, so deleteGone is refused"`
	Same     int64          `json:"same"`
	Columns  map[string]int `json:"columns" doc:"How many features change in each column; geom is the geometry"`
	Fresh    bool           `json:"fresh" doc:"The layer is new or empty"`
	Mapped   []Mapped       `json:"mapped"`
	Unused   []string       `json:"unused" doc:"Fields of the file that go nowhere"`
	CRS      string         `json:"crs"`
	Swapped  bool           `json:"swapped"`
	Encoding string         `json:"encoding"`
	Extent   []float64      `json:"extent" doc:"West, south, east, north in degrees of WGS 84"`
	Warnings []haidang.Text `json:"warnings"`

	Picture *raster.Report `json:"picture,omitempty" doc:"Of a GeoTIFF; its tiles are counted when it is applied"`
}

// Mapped is a column and the field that fills it.
type Mapped struct {
	Column string `json:"column"`
	Field  string `json:"field"`
}

// check stages the file, judges every feature, and compares with the layer.
func (im *Importer) check(ctx context.Context, id int64, r reader, p plan, tell Teller) (Report, error) {
	rep := p.report()
	if err := im.forget(ctx, id); err != nil {
		return rep, err
	}
	var err error
	if rep.Read, err = im.stage(ctx, id, r, p, tell); err != nil {
		return rep, err
	}
	err = im.patient(ctx, func(conn *pgxpool.Conn) error {
		for _, step := range []struct {
			name string
			do   func(context.Context, *pgxpool.Conn, int64, plan) error
		}{{"geometry", judgeGeometry}, {"keys", judgeKeys}, {"refused", setAside}} {
			tell(step.name, 0, 0)
			if err := step.do(ctx, conn, id, p); err != nil {
				return err
			}
		}
		tell("compare", 0, 0)
		return im.compare(ctx, conn, id, p, &rep)
	})
	return rep, err
}

func (p plan) report() Report {
	rep := Report{Columns: map[string]int{}, Mapped: []Mapped{}, Unused: []string{}, Warnings: []haidang.Text{}, Extent: []float64{},
		CRS: p.crs.String(), Swapped: p.swapped, Encoding: string(p.encoding)}
	used := map[int]bool{}
	for _, c := range p.into {
		used[c.source] = true
		rep.Mapped = append(rep.Mapped, Mapped{c.Name, p.source.Fields[c.source].Name})
	}
	if p.dated != nil && p.dated.whole == nil {
		for _, end := range p.dated.ends() {
			if end.field >= 0 {
				used[end.field] = true
				rep.Mapped = append(rep.Mapped, Mapped{end.name, p.source.Fields[end.field].Name})
			}
		}
	}
	for i, f := range p.source.Fields {
		if !used[i] {
			rep.Unused = append(rep.Unused, f.Name)
		}
	}
	return rep
}

// forget removes what an earlier check of the same file left.
func (im *Importer) forget(ctx context.Context, id int64) error {
	if err := im.clear(ctx, id, lockPatience); err != nil {
		return err
	}
	_, err := im.pool.Exec(ctx, `DELETE FROM layer_import_remark WHERE import = $1`, id)
	return err
}

// key is SQL for what names a staged feature.
func (p plan) keySQL(prefix string) string {
	if len(p.key) == 0 {
		return "''"
	}
	var parts []string
	for _, k := range p.key {
		parts = append(parts, prefix+pgx.Identifier{k}.Sanitize()+"::text")
	}
	return "left(concat_ws('/', " + strings.Join(parts, ", ") + "), 200)"
}

// mend is SQL that makes geometry valid and of the layer's type, or NULL.
func (p plan) mendSQL() string {
	multi := strings.HasPrefix(p.layer.Geometry, "Multi")
	kind := map[string]int{"Point": 1, "LineString": 2, "Polygon": 3}[strings.TrimPrefix(p.layer.Geometry, "Multi")]
	if kind == 0 {
		return "nullif(ST_MakeValid(geom), NULL)"
	}
	part := fmt.Sprintf("ST_CollectionExtract(ST_MakeValid(geom), %d)", kind)
	if multi {
		return fmt.Sprintf("(SELECT CASE WHEN ST_IsEmpty(g) THEN NULL ELSE ST_Multi(g) END FROM (SELECT %s AS g) made)", part)
	}
	return fmt.Sprintf("(SELECT CASE WHEN ST_NumGeometries(g) = 1 AND NOT ST_IsEmpty(g) THEN ST_GeometryN(g, 1) END FROM (SELECT %s AS g) made)", part)
}

// What is mended automatically: building a polygon anew takes memory with its vertices
// and time with the square of its rings.
const (
	mostMendedVertices = 200_000
	mostMendedRings    = 10_000
)

// judgeGeometry mends what is invalid, where that is wanted and possible, and refuses the rest.
func judgeGeometry(ctx context.Context, conn *pgxpool.Conn, id int64, p plan) error {
	mend := fmt.Sprintf("CASE WHEN NOT large THEN %s END", p.mendSQL())
	if p.KeepInvalid {
		mend = "NULL::geometry"
	}
	_, err := conn.Exec(ctx, fmt.Sprintf(`
		WITH bad AS MATERIALIZED (SELECT n, geom, ST_IsValidReason(geom) AS why, %[2]s AS key, ST_NPoints(geom) > %[4]d OR ST_NRings(geom) > %[5]d AS large FROM %[1]s WHERE NOT ST_IsValid(geom)),
		made AS MATERIALIZED (SELECT n, why, key, large, ST_Area(geom) AS before, %[3]s AS geom FROM bad),
		mended AS (UPDATE %[1]s s SET geom = made.geom FROM made WHERE s.n = made.n AND made.geom IS NOT NULL RETURNING s.n)
		INSERT INTO layer_import_remark (import, feature, kind, key, text_vi, text_en)
		SELECT $1, n, CASE WHEN geom IS NULL THEN 'refused' ELSE 'mended' END, key,
			'Hình học không hợp lệ (' || why || ')' || CASE WHEN geom IS NOT NULL THEN ', đã sửa; diện tích từ ' || round(before::numeric, 2) || ' thành ' || round(ST_Area(geom)::numeric, 2) || '.'
				WHEN large THEN ', quá nhiều đỉnh hoặc vòng để tự sửa. Hãy sửa bằng phần mềm đã vẽ nó.' ELSE ', không sửa được.' END,
			'The geometry is invalid (' || why || ')' || CASE WHEN geom IS NOT NULL THEN ' and was mended; its area goes from ' || round(before::numeric, 2) || ' to ' || round(ST_Area(geom)::numeric, 2) || '.'
				WHEN large THEN ' and has too many vertices or rings to be mended here. Mend it in the program that drew it.' ELSE ' and cannot be mended.' END
		FROM made`, stageTable(id), p.keySQL(""), mend, mostMendedVertices, mostMendedRings), id)
	if err != nil {
		return fmt.Errorf("judge geometry: %w", err)
	}
	return nil
}

// missingKey is SQL for a staged feature that lacks a part of its key.
func missingKey(p plan) string {
	var missing []string
	for _, k := range p.key {
		missing = append(missing, pgx.Identifier{k}.Sanitize()+" IS NULL")
	}
	if p.dated != nil {
		missing = append(missing, "period IS NULL")
	}
	return strings.Join(missing, " OR ")
}

// judgeKeys refuses features without a key and all that share one.
func judgeKeys(ctx context.Context, conn *pgxpool.Conn, id int64, p plan) error {
	if len(p.key) == 0 {
		return nil
	}
	var columns []string
	for _, k := range p.key {
		columns = append(columns, pgx.Identifier{k}.Sanitize())
	}
	if p.dated != nil {
		columns = append(columns, "lower(period)")
	}
	_, err := conn.Exec(ctx, fmt.Sprintf(`
		INSERT INTO layer_import_remark (import, feature, kind, field, key, text_vi, text_en)
		SELECT $1, n, 'refused', $2, %[4]s,
			CASE WHEN _lacks THEN 'Thiếu khóa.' ELSE 'Khóa trùng: ' || _times || ' đối tượng trong tệp có cùng khóa, đối tượng đầu là số ' || _earliest || '.' END,
			CASE WHEN _lacks THEN 'The key is missing.' ELSE 'The key is there ' || _times || ' times in the file, first in feature ' || _earliest || '.' END
		FROM (SELECT n%[5]s, %[3]s AS _lacks, count(*) OVER w AS _times, min(n) OVER w AS _earliest FROM %[1]s WHERE geom IS NOT NULL WINDOW w AS (PARTITION BY %[2]s)) f
		WHERE _lacks OR _times > 1`, stageTable(id), strings.Join(columns, ", "), missingKey(p), p.keySQL(""), names(p, "")), id, strings.Join(p.key, ","))
	if err != nil {
		return fmt.Errorf("judge keys: %w", err)
	}
	return nil
}

// setAside leaves in the stage what can be applied. The keys of the refused go into a
// table of their own: what the file has, if only in a broken state, is not gone. Those
// that were refused while reading came without geometry.
func setAside(ctx context.Context, conn *pgxpool.Conn, id int64, p plan) error {
	stage := stageTable(id)
	keys := ""
	for _, k := range p.key {
		keys += ", " + pgx.Identifier{k}.Sanitize()
	}
	if p.dated != nil {
		keys += ", period"
	}
	for _, sql := range []string{
		fmt.Sprintf(`CREATE UNLOGGED TABLE %s AS SELECT n%s FROM %s s WHERE geom IS NULL OR EXISTS (
			SELECT FROM layer_import_remark r WHERE r.import = %d AND r.kind = 'refused' AND r.feature = s.n)`, asideTable(id), keys, stage, id),
		fmt.Sprintf(`DELETE FROM %s s USING %s a WHERE a.n = s.n`, stage, asideTable(id)),
		fmt.Sprintf(`ALTER TABLE %s ADD PRIMARY KEY (n)`, stage),
		fmt.Sprintf(`ANALYZE %s, %s`, stage, asideTable(id)),
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("set the refused aside: %w", err)
		}
	}
	return nil
}
