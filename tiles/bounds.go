package tiles

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/project"
)

// widen lets the layer reach as far as what changed. After a change that may be
// anywhere it has to be measured anew.
func (l *ledger) widen(n *news) {
	b := l.bounds.Load()
	if b == nil || *b == (orb.Bound{}) || n.wide() {
		l.bounds.Store(nil)
		return
	}
	wider := *b
	for _, c := range n.changes {
		if !c.bound.IsEmpty() {
			wider = wider.Union(project.Bound(c.bound, project.Mercator.ToWGS84))
		}
	}
	l.bounds.Store(&wider)
}

// reach returns how far the layer reaches; one without rows, or not yet measured, reaches nowhere.
func (l *layer) reach() orb.Bound {
	if b := l.ledger.bounds.Load(); b != nil {
		return *b
	}
	return orb.Bound{}
}

// measure finds out how far layers reach, where it is not known.
func (s *Service) measure(ctx context.Context) {
	for _, l := range s.known() {
		if l.ledger.bounds.Load() != nil {
			continue
		}
		b, err := measure(ctx, s.config.Pool, l.Table)
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			slog.Warn("tiles: the extent of a layer is not known", "layer", l.Slug, "error", err)
			continue
		}
		l.ledger.bounds.Store(&b)
	}
}

func measure(ctx context.Context, pool *pgxpool.Pool, table string) (b orb.Bound, err error) {
	err = pool.QueryRow(ctx, `SELECT coalesce(ST_XMin(b), 0), coalesce(ST_YMin(b), 0), coalesce(ST_XMax(b), 0), coalesce(ST_YMax(b), 0)
		FROM (SELECT ST_Transform(ST_SetSRID(ST_Extent(geom_3857)::geometry, 3857), 4326) AS b FROM `+pgx.Identifier{table}.Sanitize()+`) e`).
		Scan(&b.Min[0], &b.Min[1], &b.Max[0], &b.Max[1])
	if err != nil {
		return b, fmt.Errorf("measure %s: %w", table, err)
	}
	return b, nil
}
