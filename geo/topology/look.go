package topology

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkb"

	"haidang/geo/catalogue"
	"haidang/geo/crs"
)

// metresPerDegree is less than a degree of longitude has anywhere in Vietnam.
const metresPerDegree = 100_000.0

// look is one check under way.
type look struct {
	layer     catalogue.Layer
	changeset int64
	end       time.Time              // when it has taken too long
	rule      catalogue.TopologyRule // of the kind that is looked for
	flat      bool                   // the layer's coordinates are metres on the ground
	words     *strings.Replacer
}

func newLook(l catalogue.Layer, changeset int64, end time.Time) look {
	system, _ := crs.BySRID(l.SRID)
	k := look{layer: l, changeset: changeset, end: end, flat: system.Projected() && system.SRID != crs.WebMercator.SRID}
	expand, period := strconv.Itoa(reach), "'(,)'::daterange"
	if system.Geographic {
		expand = fmt.Sprint(reach / metresPerDegree)
	}
	if l.Dated {
		period = "t.period"
	}
	k.words = strings.NewReplacer("«layer»", pgx.Identifier{l.Table}.Sanitize(), "«reach»", expand, "«period»", period)
	return k
}

// gather puts the edits, and the layer around them as it will be, into tables of this
// transaction, in metres and with an index. Every kind of problem is looked for there.
//
// edit has the features whose shape or time the changeset changes or ends, as they were
// (was NULL: new), ground the boxes about them before and after, place has them as they
// will be, and those near them that stay. What
// is not sound has no shape that can be computed with: it is passed over, not mended,
// for mending a tangle takes hours and cannot be interrupted.
func (k look) gather(ctx context.Context, tx pgx.Tx) error {
	for _, sql := range []string{
		`CREATE TEMPORARY TABLE topology_edit ON COMMIT DROP AS
			SELECT e.fid, ` + k.metres("t.geom") + ` AS was, CASE WHEN e.op <> 'delete' THEN ` + k.metres("coalesce(e.geom, t.geom)") + ` END AS shape,
				«period» AS period_was, coalesce((e.attributes ->> 'period')::daterange, «period», '(,)') AS period
			FROM changeset_edit e LEFT JOIN «layer» t USING (fid)
			WHERE e.changeset = ` + strconv.FormatInt(k.changeset, 10) + ` AND (e.geom IS NOT NULL OR e.op = 'delete' OR e.attributes ? 'period')`,
		`CREATE UNIQUE INDEX ON topology_edit (fid)`,
		`CREATE INDEX ON topology_edit USING gist (was)`,
		`CREATE TEMPORARY TABLE topology_ground ON COMMIT DROP AS
			SELECT ST_Envelope(ST_Collect(was, shape)) AS box, period FROM topology_edit WHERE was && shape AND period = period_was
			UNION ALL SELECT ST_Envelope(was), period_was FROM topology_edit WHERE was IS NOT NULL AND (was && shape AND period = period_was) IS NOT TRUE
			UNION ALL SELECT ST_Envelope(shape), period FROM topology_edit WHERE shape IS NOT NULL AND (was && shape AND period = period_was) IS NOT TRUE`,
		`ANALYZE topology_edit, topology_ground`,
		`CREATE TEMPORARY TABLE topology_place ON COMMIT DROP AS
			SELECT fid, true AS edited, shape, period, NOT ST_IsEmpty(shape) AND ST_IsValid(shape) AS sound FROM topology_edit WHERE shape IS NOT NULL
			UNION ALL
			SELECT fid, false, shape, period, ST_IsValid(shape) FROM (
				SELECT DISTINCT ON (t.fid) t.fid, ` + k.metres("t.geom") + `, «period»
				FROM topology_ground g JOIN «layer» t ON t.geom && ST_Expand(` + k.stored("g.box") + `, «reach»)
				WHERE NOT EXISTS (SELECT FROM topology_edit e WHERE e.fid = t.fid)) stays (fid, shape, period)`,
		`CREATE INDEX ON topology_place USING gist (shape)`,
		`ANALYZE topology_place`,
	} {
		if err := k.hurry(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, k.words.Replace(sql)); err != nil {
			return fmt.Errorf("gather the shapes: %w", err)
		}
	}
	return nil
}

// hurry gives the next statement what is left of the check's time.
func (k look) hurry(ctx context.Context, tx pgx.Tx) error {
	left := max(time.Until(k.end), time.Millisecond)
	if _, err := tx.Exec(ctx, `SELECT set_config('statement_timeout', $1, true)`, strconv.FormatInt(left.Milliseconds(), 10)); err != nil {
		return fmt.Errorf("limit the time: %w", err)
	}
	return nil
}

// metres is SQL for a shape of the layer in metres on the ground.
func (k look) metres(shape string) string {
	if k.flat {
		return shape
	}
	return fmt.Sprintf("ST_Transform(%s, %d)", shape, crs.Province().SRID)
}

// stored is SQL for a shape in metres as the layer keeps it.
func (k look) stored(shape string) string {
	if k.flat {
		return shape
	}
	return fmt.Sprintf("ST_Transform(%s, %d)", shape, k.layer.SRID)
}

// find returns the problems that the SQL names: fid, other_fid, shape in metres, measure.
func (k look) find(ctx context.Context, tx pgx.Tx, kind catalogue.ProblemKind, sql func(look) (string, []any), most int) ([]Problem, error) {
	inner, args := sql(k)
	text := fmt.Sprintf(`SELECT fid, coalesce(other_fid, 0), ST_AsBinary(%s), measure FROM (%s LIMIT %d) found (fid, other_fid, shape, measure)`, k.stored("shape"), inner, most)
	if err := k.hurry(ctx, tx); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, k.words.Replace(text), args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (Problem, error) {
		p, shape := Problem{Kind: kind, Severity: k.rule.Severity}, []byte(nil)
		if err := row.Scan(&p.FID, &p.OtherFID, &shape, &p.Measure); err != nil || shape == nil {
			return p, err
		}
		g, err := wkb.Unmarshal(shape)
		if err == nil && finite(g.Bound()) {
			p.Geometry, p.At = g, g.Bound().Center()
		}
		return p, err
	})
}

// finite reports whether all of a shape lies somewhere.
func finite(b orb.Bound) bool {
	for _, v := range []float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]} {
		if v-v != 0 { // NaN or infinite
			return false
		}
	}
	return true
}
