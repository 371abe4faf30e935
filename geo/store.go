package geo

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb/encoding/wkb"

	"haidang"
)

// importLock lets one transaction at a time change which units are in force. The
// audit log and the accounts have locks "haidang1" and "haidang2".
const importLock = 0x6861_6964_616e_6733 // "haidang3"

func lockUnits(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(importLock)); err != nil {
		return fmt.Errorf("wait for another import: %w", err)
	}
	return nil
}

// stageAreas puts the areas into a table of this transaction.
func stageAreas(ctx context.Context, tx pgx.Tx, areas []area) error {
	if err := lockUnits(ctx, tx); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `CREATE TEMPORARY TABLE staged_area (feature integer, code text, name text, shape bytea,
		geom geometry(Geometry, 4326), why text) ON COMMIT DROP`)
	if err != nil {
		return fmt.Errorf("stage areas: %w", err)
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"staged_area"}, []string{"feature", "code", "name", "shape"},
		pgx.CopyFromSlice(len(areas), func(i int) ([]any, error) {
			a := areas[i]
			shape, err := wkb.Marshal(a.shape)
			return []any{int32(a.feature), string(a.code), a.name, shape}, err
		}))
	if err != nil {
		return fmt.Errorf("stage areas: %w", err)
	}
	return nil
}

// repairAreas makes every staged geometry a valid MultiPolygon and says which
// needed it; one that holds no area at all is refused.
func repairAreas(ctx context.Context, tx pgx.Tx, report *ImportReport) error {
	rows, err := tx.Query(ctx, `
		WITH parsed AS (SELECT feature, ST_GeomFromWKB(shape, 4326) AS raw FROM staged_area),
		judged AS (SELECT feature, raw, CASE WHEN ST_IsValid(raw) THEN '' ELSE ST_IsValidReason(raw) END AS why FROM parsed)
		UPDATE staged_area s SET why = j.why,
			geom = CASE WHEN j.why = '' THEN j.raw ELSE ST_Multi(ST_CollectionExtract(ST_MakeValid(j.raw), 3)) END
		FROM judged j WHERE j.feature = s.feature
		RETURNING s.feature, s.code, s.why, ST_Area(s.geom) > 0, ST_NPoints(s.geom)`)
	if err != nil {
		return fmt.Errorf("repair areas: %w", err)
	}
	var m Remark
	var why string
	var hasArea bool
	var vertices int
	_, err = pgx.ForEachRow(rows, []any{&m.Feature, &m.Code, &why, &hasArea, &vertices}, func() error {
		report.Vertices += vertices
		switch {
		case !hasArea:
			m.Text = *textf("Hình không có diện tích (%s).", "The geometry encloses no area (%s).", cmp.Or(why, "empty"))
			report.Refused = append(report.Refused, m)
		case why != "":
			m.Text = *textf("Hình không hợp lệ, đã được sửa (%s).", "The geometry was invalid and has been repaired (%s).", why)
			report.Repaired = append(report.Repaired, m)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("repair areas: %w", err)
	}
	byFeature := func(a, b Remark) int { return a.Feature - b.Feature }
	slices.SortFunc(report.Refused, byFeature)
	slices.SortFunc(report.Repaired, byFeature)
	return nil
}

// recordAreas ends what the staged areas replace and puts them in force.
func recordAreas(ctx context.Context, tx pgx.Tx, o ImportOptions, report *ImportReport) error {
	from, by := o.ValidFrom.Format(time.DateOnly), cmp.Or(o.By, haidang.AccountName("system"))
	tag, err := tx.Exec(ctx, `WITH`+inForce+`
		DELETE FROM staged_area s USING force f
		WHERE f.code = s.code AND f.level = $1 AND f.period = daterange($2::date, NULL) AND NOT f.approximate
		  AND f.name_vi = s.name AND ST_OrderingEquals(f.geom, s.geom)`, o.Level, from)
	if err != nil {
		return fmt.Errorf("compare with units in force: %w", err)
	}
	report.Unchanged = int(tag.RowsAffected())
	tag, err = tx.Exec(ctx, `WITH`+inForce+`
		INSERT INTO unit_validity (unit_id, period, recorded_by, reason)
		SELECT f.id, CASE WHEN lower(f.period) >= $2::date THEN 'empty' ELSE daterange(lower(f.period), $2::date) END, $3, 'replaced by ' || $4
		FROM force f WHERE f.level = $1 AND (upper(f.period) IS NULL OR upper(f.period) > $2::date)
		  AND (f.code IN (SELECT code FROM staged_area) OR f.approximate AND `+mostlyCovered+`)`, o.Level, from, by, o.Source)
	if err != nil {
		return fmt.Errorf("end units in force: %w", err)
	}
	report.Superseded = int(tag.RowsAffected())
	tag, err = tx.Exec(ctx, `
		WITH drawn AS (
			INSERT INTO administrative_unit (code, level, name_vi, name_km, source, geom)
			SELECT s.code, $1, s.name, coalesce((SELECT u.name_km FROM administrative_unit u
				WHERE u.code = s.code AND u.level = $1 AND u.name_km <> '' ORDER BY u.id DESC LIMIT 1), ''), $4, s.geom
			FROM staged_area s ORDER BY s.feature RETURNING id)
		INSERT INTO unit_validity (unit_id, period, recorded_by, reason)
		SELECT id, daterange($2::date, NULL), $3, 'import of ' || $4 FROM drawn`, o.Level, from, by, o.Source)
	if err != nil {
		return fmt.Errorf("record units: %w", err)
	}
	report.Imported = int(tag.RowsAffected())
	err = tx.QueryRow(ctx, `WITH`+inForce+`
		SELECT count(*) FROM force f WHERE f.approximate AND f.level = $1 AND (upper(f.period) IS NULL OR upper(f.period) > $2::date)`,
		o.Level, from).Scan(&report.Approximate)
	if err != nil {
		return fmt.Errorf("count approximate units: %w", err)
	}
	return nil
}

// mostlyCovered is true of a unit f in force when the file draws more than half of
// it anew. A file of one district so leaves the rest of the province drawn.
const mostlyCovered = `ST_Area(f.geom) < 2 * (SELECT coalesce(sum(ST_Area(ST_Intersection(f.geom, s.geom))), 0) FROM staged_area s WHERE s.geom && f.geom)`
