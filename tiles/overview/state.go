package overview

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// state is what overview_state says of a layer.
type state struct {
	slug     string
	class    string // the column that its tiles keep apart
	minZoom  int    // first zoom that has overviews
	liveFrom int    // first zoom cut from the layer itself
	built    bool   // complete as of version
	version  int64
	rested   bool // looked at a while ago
	mending  bool // a mend was begun and did not end
}

func readState(ctx context.Context, db querier, slug string) (state, error) {
	st := state{slug: slug}
	err := db.QueryRow(ctx, `SELECT class_column, min_zoom, live_from, built_version IS NOT NULL, coalesce(built_version, 0),
			coalesce(finished_at < now() - interval '1 minute', true), mending FROM overview_state WHERE layer = $1`, slug).
		Scan(&st.class, &st.minZoom, &st.liveFrom, &st.built, &st.version, &st.rested, &st.mending)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return st, fmt.Errorf("read how far the overviews of %s are: %w", slug, err)
	}
	return st, nil
}

// begin notes that the layer is being built. Overviews that are there are still
// served, if they are of the same zooms and classes.
func (st state) begin(ctx context.Context, pool *pgxpool.Pool, s source, from int) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		stays := st.built && st.liveFrom == from && st.class == s.class && st.minZoom <= s.minZoom
		_, err := tx.Exec(ctx, `INSERT INTO overview_state (layer, method, class_column, live_from, min_zoom, started_at) VALUES ($1, $2, $3, $4, $6, now())
			ON CONFLICT (layer) DO UPDATE SET method = excluded.method, class_column = excluded.class_column, live_from = excluded.live_from, min_zoom = excluded.min_zoom,
				started_at = now(), finished_at = NULL, steps_done = 0, steps = 0,
				built_version = CASE WHEN $5 THEN overview_state.built_version END`,
			s.slug, methodOf(s.geometry), s.class, from, stays, s.minZoom)
		if err != nil {
			return fmt.Errorf("begin overviews of %s: %w", s.slug, err)
		}
		if stays {
			return nil
		}
		if _, err := tx.Exec(ctx, `DELETE FROM overview_unit WHERE layer = $1`, s.slug); err != nil {
			return fmt.Errorf("begin overviews of %s: %w", s.slug, err)
		}
		if _, err := tx.Exec(ctx, `DELETE FROM overview_tile WHERE layer = $1`, s.slug); err != nil {
			return fmt.Errorf("begin overviews of %s: %w", s.slug, err)
		}
		return tellAll(ctx, tx, s.slug, max(st.liveFrom, from))
	})
}

// finish says that the overviews hold what was committed when the work began.
func (st state) finish(ctx context.Context, pool *pgxpool.Pool, s source, from int) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE overview_state SET built_version = $2, finished_at = now(), steps_done = steps, mending = false WHERE layer = $1`, s.slug, s.version)
		if err != nil {
			return fmt.Errorf("finish overviews of %s: %w", s.slug, err)
		}
		if st.built {
			return nil
		}
		return tellAll(ctx, tx, s.slug, from)
	})
}

// tellAll says that every tile below a zoom may be another.
func tellAll(ctx context.Context, tx pgx.Tx, slug string, liveFrom int) error {
	if liveFrom == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `INSERT INTO layer_change (layer, rows, from_zoom, to_zoom) VALUES ($1, 0, 0, $2)`, slug, liveFrom-1)
	if err != nil {
		return fmt.Errorf("tell of the overviews of %s: %w", slug, err)
	}
	return nil
}

// beginMend notes that a mend is on its way.
func (st state) beginMend(ctx context.Context, db querier) error {
	if _, err := db.Exec(ctx, `UPDATE overview_state SET mending = true WHERE layer = $1 AND NOT mending`, st.slug); err != nil {
		return fmt.Errorf("begin to mend the overviews of %s: %w", st.slug, err)
	}
	return nil
}

func (st state) mended(ctx context.Context, db querier, version int64) error {
	_, err := db.Exec(ctx, `UPDATE overview_state SET built_version = $2, finished_at = now(), mending = false WHERE layer = $1`, st.slug, version)
	if err != nil {
		return fmt.Errorf("finish overviews of %s: %w", st.slug, err)
	}
	return nil
}

// progress returns a function that counts steps and writes the sum down now and then.
func (st state) progress(pool *pgxpool.Pool, steps int) func(context.Context, int) {
	done, last := 0, time.Time{}
	return func(ctx context.Context, n int) {
		done += n
		if time.Since(last) < pace {
			return
		}
		last = time.Now()
		// Only for people to look at: a failure shows elsewhere.
		_, _ = pool.Exec(ctx, `UPDATE overview_state SET steps_done = least($2, $3), steps = $3 WHERE layer = $1`, st.slug, done, steps)
	}
}
