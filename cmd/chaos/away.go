package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"haidang/ingest/broker"
)

// postgresAway stops an external PostgreSQL under full load for ten minutes. What
// was acknowledged until then waits in the broker; once that is full, publishes are
// refused or held. When the database is back, all goes on by itself, and what was
// handed over and unacknowledged comes again at most once.
func (c *campaign) postgresAway(ctx context.Context, dir string) error {
	p := &ownPostgres{dir: filepath.Join(dir, "cluster", "postgres")}
	if err := p.start(ctx); err != nil {
		return err
	}
	s, err := c.found(ctx, dir, dir, "--database-url", p.cluster.URL())
	if err != nil {
		return errors.Join(err, p.stop())
	}
	return errors.Join(c.awayOn(ctx, s, p), s.close(), p.stop())
}

func (c *campaign) awayOn(ctx context.Context, s *site, p *ownPostgres) error {
	t, err := c.beginPaced(ctx, s, "postgres-away", "postgres", c.awayRate)
	if err != nil {
		return err
	}
	w := t.watching(ctx)
	defer w.end()
	if err := pause(ctx, loadBefore); err != nil {
		return err
	}
	books, err := s.administrate.books(ctx)
	if err != nil {
		return err
	}
	if err := t.stopPostgres(ctx, p); err != nil {
		return err
	}
	if t.recovery, err = t.committing(ctx, time.Now(), books.Accounted); err != nil {
		return err
	}
	if err := errors.Join(t.fleet.everybody(ctx), t.fleet.moreAcked(ctx, acksAfter)); err != nil {
		return err
	}
	return t.finishAway(ctx, w)
}

// stopPostgres keeps the server away and notes what the devices met meanwhile.
func (t *trial) stopPostgres(ctx context.Context, p *ownPostgres) error {
	before := t.fleet.status()
	t.at, t.ackedAtKill, t.inFlight = loadBefore, before.acked, before.inFlight()
	if err := p.stop(); err != nil {
		return err
	}
	progress("%s: PostgreSQL is away for %v", t.round, t.campaign.away)
	if err := pause(ctx, t.campaign.away); err != nil {
		return err
	}
	after := t.fleet.status()
	t.note("away=%.0fs acked_meanwhile=%d held=%d connected=%d refused_connections=%d", t.campaign.away.Seconds(),
		after.acked-before.acked, after.inFlight(), after.connected, after.denied-before.denied)
	return p.start(ctx)
}

func (t *trial) finishAway(ctx context.Context, w *watch) error {
	drain := time.Now()
	if _, err := t.fleet.finish(ctx, patience); err != nil {
		return err
	}
	end, err := t.site.administrate.drained(ctx, t.campaign.away+time.Hour)
	if err != nil {
		return err
	}
	t.note("drain=%.0fs %s", time.Since(drain).Seconds(), w)
	window := int64(broker.Window * max(1, len(end.Lanes)))
	_, err = t.finish(ctx, patience)
	if again := end.Redelivered - t.before.Redelivered; again > window {
		err = errors.Join(err, fmt.Errorf("%d messages came again; the windows hold %d", again, window))
	}
	return err
}
