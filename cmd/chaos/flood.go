package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// floodAll lets all devices publish as fast as they can for minutes.
func (c *campaign) floodAll(ctx context.Context, dir string) error {
	s, err := c.found(ctx, dir, dir)
	if err != nil {
		return err
	}
	return errors.Join(c.floodOn(ctx, s), s.close())
}

func (c *campaign) floodOn(ctx context.Context, s *site) error {
	t, err := c.begin(ctx, s, "flood", "none")
	if err != nil {
		return err
	}
	pid := s.house.pid()
	w := t.watching(ctx)
	if err := pause(ctx, c.flood); err != nil {
		return err
	}
	t.at, t.ackedAtKill, t.inFlight = c.flood, t.fleet.status().acked, t.fleet.status().inFlight()
	drain := time.Now()
	if _, err := t.fleet.finish(ctx, patience); err != nil {
		return err
	}
	if _, err := s.administrate.drained(ctx, time.Hour); err != nil {
		return err
	}
	w.end()
	t.note("rate=%.0f/s drain=%.1fs %s", float64(t.ackedAtKill)/c.flood.Seconds(), time.Since(drain).Seconds(), w)
	if _, err := t.finish(ctx, patience); err != nil {
		return err
	}
	if !s.house.running() || s.house.pid() != pid {
		return fmt.Errorf("the program did not live through it; its words are in %s", s.house.log)
	}
	return nil
}
