package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/clip"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/encoding/wkb"
	"github.com/paulmach/orb/maptile"
	"github.com/paulmach/orb/maptile/tilecover"
	"github.com/paulmach/orb/planar"
)

// lastProved is the last zoom of which every tile is decoded.
const lastProved = 15

// proof is what all tiles of one zoom show together, against the layer's rows.
type proof struct {
	z       maptile.Zoom
	tiles   int
	largest int                // bytes, gzipped
	areas   map[string]float64 // by class, in square tile units
	cells   map[[2]int]bool    // of 64 pixels, in which something is shown
	faces   []orb.Polygon      // in tile units, tiles far apart
}

// prove decodes every tile of the zooms and returns a line for each.
func (b *randomBench) prove(ctx context.Context, box orb.Bound) (string, error) {
	var lines []string
	truth, err := b.truth(ctx)
	if err != nil {
		return "", err
	}
	err = b.serve(ctx, func(url string) error {
		for z := maptile.Zoom(firstRandom); z <= lastProved; z++ {
			p := &proof{z: z, areas: map[string]float64{}, cells: map[[2]int]bool{}}
			if err := b.decode(ctx, url, box, p); err != nil {
				return err
			}
			line, err := b.judge(ctx, p, truth)
			if err != nil {
				return err
			}
			lines = append(lines, line)
		}
		return nil
	})
	return "\n" + strings.Join(lines, "\n"), err
}

// truth is how much ground each class has, in square metres of Web Mercator: the sum of
// its rows, and what of them no smaller row lies on.
type truth struct{ rows, top map[string]float64 }

func (b *randomBench) truth(ctx context.Context) (t truth, err error) {
	if t.rows, err = b.areas(ctx, "ST_Area(r.geom_3857)"); err != nil {
		return t, err
	}
	t.top, err = b.areas(ctx, fmt.Sprintf(`ST_Area(r.geom_3857) - coalesce((SELECT ST_Area(ST_Intersection(r.geom_3857, ST_Union(s.geom_3857))) FROM %s s
		WHERE s.geom_3857 && r.geom_3857 AND ST_Dimension(r.geom_3857) = 2 AND (ST_Area(s.geom_3857), s.fid) < (ST_Area(r.geom_3857), r.fid)
			AND ST_Relate(s.geom_3857, r.geom_3857, '2********')), 0)`, b.table))
	return t, err
}

func (b *randomBench) areas(ctx context.Context, area string) (map[string]float64, error) {
	rows, err := b.bare.Query(ctx, fmt.Sprintf(`SELECT coalesce(%s::text, ''), sum(%s) FROM %s r GROUP BY 1`, b.class, area, b.table))
	if err != nil {
		return nil, err
	}
	areas := map[string]float64{}
	var class string
	var size float64
	_, err = pgx.ForEachRow(rows, []any{&class, &size}, func() error { areas[class] = size; return nil })
	return areas, err
}

func (b *randomBench) decode(ctx context.Context, url string, box orb.Bound, p *proof) error {
	client := newTileClient(1)
	defer client.CloseIdleConnections()
	for t := range tilecover.Bound(box, p.z) {
		body, err := read(ctx, client, fmt.Sprintf("%s/tiles/%s/%d/%d/%d", url, b.layer, t.Z, t.X, t.Y))
		if err != nil {
			return err
		}
		if len(body) == 0 {
			continue
		}
		p.tiles++
		p.largest = max(p.largest, len(body))
		unzip, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return err
		}
		raw, err := io.ReadAll(unzip)
		if err != nil {
			return err
		}
		layers, err := mvt.Unmarshal(raw)
		if err != nil {
			return err
		}
		for _, l := range layers {
			if l.Name == b.layer {
				p.take(t, l, b.class)
			}
		}
	}
	return nil
}

// take adds areas and cells of what lies on the tile itself, and all faces as they
// come, with the buffer: a cut would need rounding, and to leave out the faces that
// lie in the buffer alone would leave holes between those that reach into it.
func (p *proof) take(t maptile.Tile, l *mvt.Layer, class string) {
	whole := orb.Bound{Max: orb.Point{4096, 4096}}
	for _, f := range l.Features {
		if g := clip.Geometry(whole, orb.Clone(f.Geometry)); g != nil {
			name, _ := f.Properties[class].(string)
			p.areas[name] += math.Abs(planar.Area(g))
			p.mark(t, g)
		}
		for _, polygon := range polygonsOf(f.Geometry) {
			for _, ring := range polygon {
				for i := range ring {
					ring[i][0] += float64(t.X) * 8192
					ring[i][1] += float64(t.Y) * 8192
				}
			}
			p.faces = append(p.faces, polygon)
		}
	}
}

// mark notes the cells of 64 pixels that the shape reaches.
func (p *proof) mark(t maptile.Tile, g orb.Geometry) {
	const cell = 512
	b := g.Bound()
	for y := int(b.Min[1]) / cell; y <= min(7, int(b.Max[1])/cell); y++ {
		for x := int(b.Min[0]) / cell; x <= min(7, int(b.Max[0])/cell); x++ {
			at := [2]int{int(t.X)*8 + x, int(t.Y)*8 + y}
			box := orb.Bound{Min: orb.Point{float64(x * cell), float64(y * cell)}, Max: orb.Point{float64((x + 1) * cell), float64((y + 1) * cell)}}
			if !p.cells[at] && clip.Geometry(box, orb.Clone(g)) != nil {
				p.cells[at] = true
			}
		}
	}
}

func polygonsOf(g orb.Geometry) []orb.Polygon {
	switch g := g.(type) {
	case orb.Polygon:
		return []orb.Polygon{g}
	case orb.MultiPolygon:
		return g
	}
	return nil
}

// judge writes the line of a zoom.
func (b *randomBench) judge(ctx context.Context, p *proof, t truth) (string, error) {
	size := 40075016.685578488 / math.Pow(2, float64(p.z))
	missing, occupied, err := b.missing(ctx, p, size/8)
	if err != nil {
		return "", err
	}
	class, worst, all := p.off(t.rows, size/4096)
	onTop, worstOnTop, allOnTop := p.off(t.top, size/4096)
	line := fmt.Sprintf("   z%-2d %4d tiles, largest %3.0f kB; worst class %s %.2f %%, all %+.2f %% (of what lies on top %s %.2f %%, %+.2f %%); %d of %d occupied cells empty",
		p.z, p.tiles, float64(p.largest)/1000, class, 100*worst, 100*all, onTop, 100*worstOnTop, 100*allOnTop, missing, occupied)
	if all == -1 || p.z > 13 {
		return line, nil
	}
	overlap, holes, err := b.overlap(ctx, p)
	return fmt.Sprintf("%s; overlap %.1e, holes %.1e", line, overlap, holes), err
}

// off is by how much what is shown differs from the truth: the class that is furthest
// off, of those with a thousandth of the ground, and all together. unit is that of the
// tile in metres.
func (p *proof) off(truth map[string]float64, unit float64) (worstClass string, worst, sum float64) {
	var all, shown float64
	for _, area := range truth {
		all += area
	}
	for class, area := range truth {
		got := p.areas[class] * unit * unit
		shown += got
		if off := math.Abs(got-area) / area; area > all/1000 && off > worst {
			worst, worstClass = off, class
		}
	}
	return worstClass, worst, shown/max(all, 1) - 1
}

// missing counts the cells of 64 pixels that hold the middle of a row but show nothing.
func (b *randomBench) missing(ctx context.Context, p *proof, cell float64) (missing, occupied int, err error) {
	rows, err := b.bare.Query(ctx, `SELECT DISTINCT floor((ST_X(c) + 20037508.342789244) / $1)::int, floor((20037508.342789244 - ST_Y(c)) / $1)::int
		FROM (SELECT ST_PointOnSurface(geom_3857) AS c FROM `+b.table+`) p`, cell)
	if err != nil {
		return 0, 0, err
	}
	var x, y int
	_, err = pgx.ForEachRow(rows, []any{&x, &y}, func() error {
		occupied++
		if !p.cells[[2]int{x, y}] {
			missing++
		}
		return nil
	})
	return missing, occupied, err
}

// overlap asks PostGIS how much the surfaces overlap, and what their union encloses
// without covering, as shares of their area.
func (b *randomBench) overlap(ctx context.Context, p *proof) (overlap, holes float64, err error) {
	shapes := make([][]byte, len(p.faces))
	for i, g := range p.faces {
		if shapes[i], err = wkb.Marshal(g); err != nil {
			return 0, 0, err
		}
	}
	err = b.bare.QueryRow(ctx, `WITH face AS (SELECT ST_GeomFromWKB(s) AS g FROM unnest($1::bytea[]) s),
			one AS (SELECT (ST_Dump(ST_Union(g))).geom AS g FROM face)
		SELECT (SELECT sum(ST_Area(g)) FROM face) / sum(ST_Area(g)) - 1, 1 - sum(ST_Area(g)) / sum(ST_Area(ST_MakePolygon(ST_ExteriorRing(g)))) FROM one`, shapes).
		Scan(&overlap, &holes)
	return overlap, holes, err
}
