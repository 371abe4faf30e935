package main

import (
	"context"
	"errors"
	"time"
)

// loadBefore is how long devices publish before something is taken away whose
// moment is not drawn.
const loadBefore = 10 * time.Second

// sigterm stops the program under load as an operator does: what it holds is
// written and acknowledged, so nothing needs to come again.
func (c *campaign) sigterm(ctx context.Context, dir string) error {
	s, err := c.found(ctx, dir, dir)
	if err != nil {
		return err
	}
	return errors.Join(c.sigtermOn(ctx, s), s.close())
}

func (c *campaign) sigtermOn(ctx context.Context, s *site) error {
	t, err := c.begin(ctx, s, "sigterm", "none")
	if err != nil {
		return err
	}
	t.fleet.forget()
	if err := pause(ctx, loadBefore); err != nil {
		return err
	}
	t.at, t.ackedAtKill = loadBefore, t.fleet.status().acked
	books, err := s.administrate.books(ctx)
	if err != nil {
		return err
	}
	moment := time.Now()
	if err := s.house.terminate(stopPatience); err != nil {
		return err
	}
	t.note("stopped=%.1fs", time.Since(moment).Seconds())
	if err := t.reopen(ctx); err != nil {
		return err
	}
	if t.recovery, err = t.committing(ctx, moment, books.Accounted); err != nil {
		return err
	}
	if err := errors.Join(t.fleet.everybody(ctx), t.fleet.moreAcked(ctx, acksAfter)); err != nil {
		return err
	}
	_, err = t.finish(ctx, patience)
	return err
}
