package topology

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkb"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/crs"
	"haidang/geo/tangle"
)

const (
	// harmless is how many pairs of edges two shapes may have without being looked at:
	// if all of them cross it takes PostGIS a second. Parcels have a hundred.
	harmless = 100_000
	// mostCrossings is in how many places the shapes that one check puts together may cross.
	// Old surveys of the same border cross in thousands; at a million PostGIS takes
	// twenty seconds and a gigabyte for one pair, and cannot be interrupted.
	mostCrossings = 200_000
	// mostKnots is in how many places one line may cross itself, which no drawn line does.
	mostKnots = 20_000
	// mostEdges are held in memory to be counted: 160 MB.
	mostEdges = 5_000_000
)

// strand is the outline of a shape that may cross others.
type strand struct {
	fid    int64 // 0: a commune
	edited bool
	tangle.Outline
}

// untangled refuses a changeset whose shapes cross each other, their neighbours or the
// communes so often that PostGIS must not see them together.
func (k look) untangled(ctx context.Context, tx pgx.Tx) error {
	all, err := k.neighbours(ctx, tx)
	if err == nil {
		_, gap := k.layer.Topology.Rule(catalogue.Gap)
		err = count(all, func(a, b strand) bool { return gap || a.edited || b.edited })
	}
	if err != nil {
		return err
	}
	if all, err = k.communes(ctx, tx); err != nil {
		return err
	}
	return count(all, func(a, b strand) bool { return a.edited != b.edited })
}

// neighbours are the polygons that are put together, where they have enough vertices to
// cross in many places: any two for overlaps, all there are for gaps.
func (k look) neighbours(ctx context.Context, tx pgx.Tx) ([]strand, error) {
	_, gap := k.layer.Topology.Rule(catalogue.Gap)
	_, overlap := k.layer.Topology.Rule(catalogue.Overlap)
	if !gap && !overlap {
		return nil, nil
	}
	var all, most, edited int64
	err := tx.QueryRow(ctx, `SELECT coalesce(sum(n), 0), coalesce(max(n), 0), coalesce(max(n) FILTER (WHERE edited), 0) FROM (
			SELECT ST_NPoints(shape) AS n, edited FROM topology_place UNION ALL SELECT ST_NPoints(was), false FROM topology_edit WHERE $1) v`, gap).Scan(&all, &most, &edited)
	if err != nil {
		return nil, fmt.Errorf("count the vertices: %w", err)
	}
	switch {
	case gap && all*all/2 > harmless:
		return k.strands(ctx, tx, `SELECT fid, edited, shape FROM topology_place WHERE sound AND ST_Dimension(shape) = 2
			UNION ALL SELECT fid, true, was FROM topology_edit WHERE ST_Dimension(was) = 2 AND ST_IsValid(was)`)
	case most*edited > harmless:
		return k.strands(ctx, tx, `SELECT fid, edited, shape FROM topology_place WHERE sound AND ST_Dimension(shape) = 2 AND ST_NPoints(shape) > $1`, harmless/most)
	}
	return nil, nil
}

// communes are the borders of communes, and the edited shapes that have enough vertices
// to cross them, or as lines themselves, in many places.
func (k look) communes(ctx context.Context, tx pgx.Tx) ([]strand, error) {
	if _, outside := k.layer.Topology.Rule(catalogue.Outside); !outside {
		return nil, nil
	}
	return k.strands(ctx, tx, fmt.Sprintf(`WITH unit AS MATERIALIZED (
			SELECT geom, ST_NPoints(geom) AS n FROM units_on((now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date) WHERE level = 3),
		large AS MATERIALIZED (
			SELECT fid, shape FROM topology_place, ST_Dimension(shape) dimension, ST_NPoints(shape) n
			WHERE edited AND sound AND dimension > 0 AND n * greatest((SELECT max(n)::bigint FROM unit), CASE dimension WHEN 1 THEN n END) > $1)
		SELECT fid, true, shape FROM large
		UNION ALL SELECT 0, false, ST_Transform(geom, %d) FROM unit WHERE EXISTS (SELECT FROM large)`, crs.Province().SRID), harmless)
}

// strands reads outlines: fid, edited, shape. It refuses lines that cross themselves too often.
func (k look) strands(ctx context.Context, tx pgx.Tx, sql string, args ...any) (all []strand, err error) {
	if err := k.hurry(ctx, tx); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `SELECT fid, edited, ST_AsBinary(ST_Force2D(shape)) FROM (`+sql+`) s (fid, edited, shape)`, args...)
	if err != nil {
		return nil, fmt.Errorf("read outlines: %w", err)
	}
	var s strand
	var shape []byte
	edges := 0
	_, err = pgx.ForEachRow(rows, []any{&s.fid, &s.edited, &shape}, func() error {
		g, err := wkb.Unmarshal(shape)
		if err != nil {
			return err
		}
		s.Outline = tangle.NewOutline()
		outline(g, &s.Outline)
		if edges += len(s.Edges); edges > mostEdges {
			return tooLong()
		}
		all = append(all, s)
		if g.Dimensions() == 1 && tangle.More(s.Edges, tangle.Cross, mostKnots) {
			return tooTangled(s.fid)
		}
		return nil
	})
	if _, ours := errors.AsType[*haidang.Error](err); err != nil && !ours {
		err = fmt.Errorf("read outlines: %w", err)
	}
	return all, err
}

// outline adds the edges of a shape.
func outline(g orb.Geometry, o *tangle.Outline) {
	switch g := g.(type) {
	case orb.LineString:
		for i := 1; i < len(g); i++ {
			o.Add(g[i-1][0], g[i-1][1], g[i][0], g[i][1])
		}
	case orb.MultiLineString:
		for _, line := range g {
			outline(line, o)
		}
	case orb.Polygon:
		for _, ring := range g {
			outline(orb.LineString(ring), o)
		}
	case orb.MultiPolygon:
		for _, part := range g {
			outline(part, o)
		}
	case orb.Collection:
		for _, part := range g {
			outline(part, o)
		}
	}
}

// count refuses outlines of which those that meet cross too often.
func count(all []strand, meet func(a, b strand) bool) error {
	slices.SortFunc(all, func(a, b strand) int { return cmp.Compare(a.West, b.West) })
	crossings := tangle.Count{Most: mostCrossings}
	for i, a := range all {
		for _, b := range all[i+1:] {
			if b.West > a.East {
				break
			}
			if meet(a, b) {
				crossings.Between(a.Outline, b.Outline)
			}
			if crossings.Over() {
				return tooTangled(max(a.fid, b.fid))
			}
		}
	}
	return nil
}

func tooTangled(fid int64) *haidang.Error {
	return haidang.RefuseField("geometry", fmt.Sprintf("Đối tượng %d và các hình quanh nó cắt ngang ranh của nhau ở quá nhiều chỗ nên máy chủ không kiểm tra được. Hãy vẽ lại ranh cho đơn giản, hoặc chia bộ thay đổi này thành nhiều bộ nhỏ.", fid),
		fmt.Sprintf("Feature %d and the shapes about it cross each other's borders in too many places to be checked. Draw it with a simpler border, or divide the changeset into smaller ones.", fid))
}
