package overview

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/maptile"
)

// pyramid is the overviews of one layer being made or mended. Its lowest row is the
// first zoom that is live; tiles are drawn for the zooms above.
type pyramid struct {
	source
	pool    *pgxpool.Pool
	method  method
	bottom  maptile.Zoom
	all     bool // take all that is asked for as changed
	classes *classes
	cache   map[maptile.Tile]*unitData // what was read lately
	done    func(ctx context.Context, steps int)
}

// dirty is what has to be looked at again: which blocks of which tiles.
type dirty map[maptile.Tile]mask

// cached is how many units are kept in memory, each up to a megabyte.
const cached = 24

func newPyramid(ctx context.Context, pool *pgxpool.Pool, s source, liveFrom int) (*pyramid, error) {
	c, err := readClasses(ctx, pool, s)
	if err != nil {
		return nil, err
	}
	return &pyramid{source: s, pool: pool, method: newMethod(s, c), bottom: maptile.Zoom(liveFrom), classes: c,
		cache: map[maptile.Tile]*unitData{}, done: func(context.Context, int) {}}, nil
}

// top is the lowest zoom that has overviews.
func (p *pyramid) top() maptile.Zoom { return maptile.Zoom(max(0, min(p.minZoom, int(p.bottom)-1))) }

// refresh brings everything above the dirty blocks of the lowest row up to date and
// returns how many drawn tiles became different.
func (p *pyramid) refresh(ctx context.Context, base dirty) (different int, err error) {
	changed, err := p.readBase(ctx, base)
	if err != nil {
		return 0, err
	}
	for z := p.bottom; z > p.top(); {
		z--
		if changed, err = p.mergeRow(ctx, z, changed); err != nil {
			return different, err
		}
		n, err := p.drawRow(ctx, z, changed)
		different += n
		if err != nil {
			return different, err
		}
	}
	return different, nil
}

func (p *pyramid) readBase(ctx context.Context, base dirty) (dirty, error) {
	changed := dirty{}
	for _, t := range sorted(base) {
		was, err := p.unit(ctx, t)
		if err != nil {
			return nil, err
		}
		now, m, err := p.read(ctx, t, was, base[t])
		if err != nil {
			return nil, err
		}
		if err := p.keep(ctx, t, was, now, m, base[t], changed); err != nil {
			return nil, err
		}
		p.done(ctx, 1)
	}
	return changed, nil
}

// read reads once more when a class appeared that had no number.
func (p *pyramid) read(ctx context.Context, t maptile.Tile, was *unitData, m mask) (*unitData, mask, error) {
	now, changed, err := p.method.read(ctx, p.pool, t, was, m)
	if err != nil || !p.classes.strange {
		return now, changed, err
	}
	fresh, err := numbered(ctx, p.pool, p.source)
	if err != nil {
		return nil, 0, err
	}
	*p.classes = *fresh
	return p.method.read(ctx, p.pool, t, was, m)
}

// mergeRow makes the tiles of zoom z above the changed blocks of the next zoom anew.
func (p *pyramid) mergeRow(ctx context.Context, z maptile.Zoom, below dirty) (dirty, error) {
	todo := dirty{}
	for t, m := range below {
		up, qx, qy := parent(t)
		for by := range blocks {
			for bx := range blocks {
				if m.has(bx, by) {
					todo[up] |= blockBit((qx*blocks+bx)/2, (qy*blocks+by)/2)
				}
			}
		}
		todo[up] |= 0 // its account may be all that changed
	}
	changed := dirty{}
	for _, t := range sorted(todo) {
		was, err := p.unit(ctx, t)
		if err != nil {
			return nil, err
		}
		var four [4]*unitData
		for k := range four {
			if four[k], err = p.unit(ctx, maptile.New(2*t.X+uint32(k%2), 2*t.Y+uint32(k/2), z+1)); err != nil {
				return nil, err
			}
		}
		now, m := p.method.merge(t, was, four, todo[t])
		if err := p.keep(ctx, t, was, now, m, todo[t], changed); err != nil {
			return nil, err
		}
		p.done(ctx, 1)
	}
	return changed, nil
}

// keep stores a unit that is not as it was and notes it as changed.
func (p *pyramid) keep(ctx context.Context, t maptile.Tile, was, now *unitData, m, asked mask, changed dirty) error {
	if now.empty() {
		now = nil
	}
	counted := was == nil && now != nil || was != nil && now == nil || now != nil && !(slices.Equal(was.Totals, now.Totals) && was.Shares.equal(now.Shares))
	if p.all {
		m |= asked
	} else if m == 0 && !counted {
		return nil
	}
	changed[t] |= m
	p.remember(t, now)
	return writeUnit(ctx, p.pool, p.slug, t, now)
}

// unit returns a tile of the pyramid, nil when nothing is there.
func (p *pyramid) unit(ctx context.Context, t maptile.Tile) (*unitData, error) {
	if u, known := p.cache[t]; known {
		return u, nil
	}
	u, err := readUnit(ctx, p.pool, p.slug, t)
	if err != nil {
		return nil, err
	}
	p.remember(t, u)
	return u, nil
}

func (p *pyramid) remember(t maptile.Tile, u *unitData) {
	if len(p.cache) >= cached {
		for old := range p.cache {
			delete(p.cache, old)
			if len(p.cache) < cached/2 {
				break
			}
		}
	}
	p.cache[t] = u
}

// drawRow draws the tiles of zoom z that the changed blocks can show on, and tells
// which became different.
func (p *pyramid) drawRow(ctx context.Context, z maptile.Zoom, changed dirty) (int, error) {
	var different []maptile.Tile
	for _, t := range sorted(p.touched(z, changed)) {
		raw, level, err := p.draw(ctx, t)
		if err != nil {
			return 0, err
		}
		if err := p.publish(ctx, t, raw, level, &different); err != nil {
			return len(different), err
		}
		p.done(ctx, 1)
	}
	return len(different), nil
}

// publish stores the tile and tells, in one transaction, if it is another.
func (p *pyramid) publish(ctx context.Context, t maptile.Tile, raw []byte, level int, different *[]maptile.Tile) error {
	return pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		is, err := writeTile(ctx, tx, p.slug, t, raw, level)
		if err != nil || !is {
			return err
		}
		*different = append(*different, t)
		return tell(ctx, tx, p.slug, t.Z, []maptile.Tile{t})
	})
}

// touched lists the tiles whose ground a changed block is part of.
func (p *pyramid) touched(z maptile.Zoom, changed dirty) dirty {
	todo := dirty{}
	last := 1<<z - 1
	for t, m := range changed {
		todo[t] |= 1
		for by := range blocks {
			for bx := range blocks {
				if !m.has(bx, by) {
					continue
				}
				x, y := int(t.X)*blocks+bx, int(t.Y)*blocks+by
				for ty := max(0, y-2) / blocks; ty <= min(last, (y+2)/blocks); ty++ {
					for tx := max(0, x-2) / blocks; tx <= min(last, (x+2)/blocks); tx++ {
						todo[maptile.New(uint32(tx), uint32(ty), z)] |= 1
					}
				}
			}
		}
	}
	return todo
}

// draw returns nil for a tile with nothing on it.
func (p *pyramid) draw(ctx context.Context, t maptile.Tile) (raw []byte, level int, err error) {
	var near [9]*unitData
	last := int64(1)<<t.Z - 1
	for k := range near {
		x, y := int64(t.X)+int64(k%3)-1, int64(t.Y)+int64(k/3)-1
		if x < 0 || y < 0 || x > last || y > last {
			continue
		}
		if near[k], err = p.unit(ctx, maptile.New(uint32(x), uint32(y), t.Z)); err != nil {
			return nil, 0, err
		}
	}
	if near[4] == nil {
		return nil, 0, nil
	}
	raw, level, err = encode(func(level int) mvt.Layers { return p.method.show(t, near, level) })
	if err != nil {
		return nil, 0, fmt.Errorf("draw %s %d/%d/%d: %w", p.slug, t.Z, t.X, t.Y, err)
	}
	return raw, level, nil
}

// sorted lists tiles so that neighbours follow one another.
func sorted(d dirty) []maptile.Tile {
	return slices.SortedFunc(maps.Keys(d), func(a, b maptile.Tile) int { return int(int64(a.Quadkey()) - int64(b.Quadkey())) })
}
