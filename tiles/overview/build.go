package overview

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"
)

// Build brings the overviews of every layer up to date with its rows, as far as
// they were committed when it began. It is what the service does by itself.
func Build(ctx context.Context, pool *pgxpool.Pool) error {
	list, err := sources(ctx, pool)
	if err != nil {
		return err
	}
	for _, s := range list {
		if err := update(ctx, pool, s); err != nil {
			return fmt.Errorf("overviews of %s: %w", s.slug, err)
		}
	}
	return nil
}

// update brings one layer's overviews up to date: from the beginning when there are
// none, or when anything may have changed; else where the outbox says.
func update(ctx context.Context, pool *pgxpool.Pool, s source) error {
	st, err := readState(ctx, pool, s.slug)
	if err != nil {
		return err
	}
	if st.built && st.version >= s.version {
		return nil
	}
	if !st.built || st.version < s.forgot || st.class != s.class || st.liveFrom > 0 && st.minZoom > s.minZoom {
		return rebuild(ctx, pool, s, st)
	}
	changes, err := changesSince(ctx, pool, s.slug, st)
	if err != nil {
		return err
	}
	switch {
	case st.liveFrom == 0 && changes.last > st.version && !st.rested:
		return nil // it was not dense a minute ago; to measure it again costs a look at all rows
	case changes.anywhere, st.liveFrom == 0 && changes.last > st.version:
		return rebuild(ctx, pool, s, st)
	case changes.last > st.version:
		return mend(ctx, pool, s, st, changes)
	}
	return st.mended(ctx, pool, s.version) // nothing but what we told ourselves
}

// rebuild makes all overviews anew. Tiles that come out as they were stay as they are.
func rebuild(ctx context.Context, pool *pgxpool.Pool, s source, st state) error {
	var from int
	err := patiently(ctx, pool, func(tx pgx.Tx) (err error) {
		from, err = plan(ctx, tx, s)
		return err
	})
	if err != nil {
		return err
	}
	if from <= s.minZoom {
		from = 0 // every tile that anybody asks for can be cut live
	}
	if err := st.begin(ctx, pool, s, from); err != nil {
		return err
	}
	if from > 0 {
		if err := buildAll(ctx, pool, s, st, from); err != nil {
			return err
		}
	}
	return st.finish(ctx, pool, s, from)
}

func buildAll(ctx context.Context, pool *pgxpool.Pool, s source, st state, from int) error {
	if _, err := numbered(ctx, pool, s); err != nil {
		return err
	}
	p, err := newPyramid(ctx, pool, s, from)
	if err != nil {
		return err
	}
	p.all = true
	base := dirty{}
	now, err := occupied(ctx, pool, s, p.bottom)
	if err != nil {
		return err
	}
	before, err := tilesOf(ctx, pool, "overview_unit", s.slug, p.bottom)
	if err != nil {
		return err
	}
	for _, t := range append(now, before...) {
		base[t] = allBlocks
	}
	p.done = st.progress(pool, p.steps(base))
	_, err = p.refresh(ctx, base)
	return err
}

// steps is about how much there is to do: units to read and merge, tiles to draw.
func (p *pyramid) steps(base dirty) (n int) {
	row := base
	n = len(row)
	for z := p.bottom; z > p.top(); z-- {
		above := dirty{}
		for t := range row {
			up, _, _ := parent(t)
			above[up] = allBlocks
		}
		row = above
		n += 2 * len(row)
	}
	return n
}

// mend makes anew what lies above the changes. After one that was cut short it looks at
// all that lies there: the bottom of the pyramid may be new already and its top old.
func mend(ctx context.Context, pool *pgxpool.Pool, s source, st state, c changes) error {
	p, err := newPyramid(ctx, pool, s, st.liveFrom)
	if err != nil {
		return err
	}
	p.all = st.mending
	if err := st.beginMend(ctx, pool); err != nil {
		return err
	}
	if _, err := p.refresh(ctx, c.blocks(p.bottom)); err != nil {
		return err
	}
	return st.mended(ctx, pool, max(c.last, s.version))
}

// changes is what the outbox holds beyond a version.
type changes struct {
	last     int64
	anywhere bool
	boxes    []orb.Bound // Web Mercator
}

// mostBoxes is how many changed shapes are looked at one by one.
const mostBoxes = 20_000

// changesSince reads what changed of the layer's own rows since its overviews were
// made. Rows of the outbox that stand for no row of the layer are of its entry, or ours.
func changesSince(ctx context.Context, db querier, slug string, st state) (c changes, err error) {
	c.last = st.version
	rows, err := db.Query(ctx, `SELECT version, geom IS NULL, ST_XMin(part), ST_YMin(part), ST_XMax(part), ST_YMax(part)
		FROM layer_change LEFT JOIN LATERAL (SELECT (ST_Dump(geom)).geom AS part) p ON true
		WHERE layer = $1 AND version > $2 AND rows > 0 ORDER BY version LIMIT $3`, slug, st.version, mostBoxes+1)
	if err != nil {
		return c, fmt.Errorf("read the changes of %s: %w", slug, err)
	}
	var version int64
	var anywhere bool
	var box [4]*float64
	n := 0
	_, err = pgx.ForEachRow(rows, []any{&version, &anywhere, &box[0], &box[1], &box[2], &box[3]}, func() error {
		n++
		c.last = version
		c.anywhere = c.anywhere || anywhere || n > mostBoxes
		if box[0] != nil {
			c.boxes = append(c.boxes, orb.Bound{Min: orb.Point{*box[0], *box[1]}, Max: orb.Point{*box[2], *box[3]}})
		}
		return nil
	})
	if err != nil {
		return c, fmt.Errorf("read the changes of %s: %w", slug, err)
	}
	return c, nil
}

// blocks are the blocks of zoom z that a changed shape's box touches.
func (c changes) blocks(z maptile.Zoom) dirty {
	d := dirty{}
	last := (1<<z)*blocks - 1
	at := func(v float64) int { return min(last, max(0, int(v)/block)) }
	for _, b := range c.boxes {
		for y := at(sampleY(b.Max[1], z) - 1); y <= at(sampleY(b.Min[1], z)+1); y++ {
			for x := at(sampleX(b.Min[0], z) - 1); x <= at(sampleX(b.Max[0], z)+1); x++ {
				d[maptile.New(uint32(x/blocks), uint32(y/blocks), z)] |= blockBit(x%blocks, y%blocks)
			}
		}
	}
	return d
}

// wholeLayer is how long a statement over all rows of a layer may take.
const wholeLayer = "10min"

// patiently runs do in a transaction whose statements may take that long.
func patiently(ctx context.Context, pool *pgxpool.Pool, do func(tx pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL statement_timeout = '"+wholeLayer+"'"); err != nil {
			return err
		}
		return do(tx)
	})
}

// pace is how often progress is written down.
const pace = time.Second
