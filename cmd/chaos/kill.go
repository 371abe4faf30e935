package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"
)

// victims are killed in turn.
var victims = []string{"haidang", "postgres", "both", "ingester"}

const (
	tries     = 3     // of a round whose load was too small
	acksAfter = 2_000 // PUBACKs that a round waits for after the kill, with everybody back
)

// killRounds ends processes with kill -9 under load, one round after the other in
// the same house.
func (c *campaign) killRounds(ctx context.Context, dir string) error {
	s, err := c.found(ctx, dir, dir)
	if err != nil {
		return err
	}
	for round := 1; round <= c.rounds; round++ {
		if err := c.killRound(ctx, s, round); err != nil {
			return errors.Join(err, s.close())
		}
	}
	return s.close()
}

// killRound repeats a round that had too little load. What is lost counts in any case.
func (c *campaign) killRound(ctx context.Context, s *site, round int) error {
	var void string
	for try := range tries {
		var err error
		if void, err = c.killOnce(ctx, s, round, try); void == "" || err != nil {
			return err
		}
	}
	return fmt.Errorf("round %d never had the load it needs: %s", round, void)
}

func (c *campaign) killOnce(ctx context.Context, s *site, round, try int) (void string, err error) {
	victim := victims[(round-1)%len(victims)]
	if victim == "ingester" {
		if err := s.split(ctx); err != nil {
			return "", err
		}
		defer func() { err = errors.Join(err, s.unite(ctx)) }()
	}
	t, err := c.begin(ctx, s, fmt.Sprint(round), victim)
	if err != nil {
		return "", err
	}
	t.drawn, t.at = true, c.moment(round, try)
	t.fleet.forget()
	if err := pause(ctx, t.at); err != nil {
		return "", err
	}
	if err := t.strike(ctx, victim); err != nil {
		return "", err
	}
	if err := errors.Join(t.fleet.everybody(ctx), t.fleet.moreAcked(ctx, acksAfter)); err != nil {
		return "", err
	}
	return t.finish(ctx, patience)
}

// strike kills, starts again what does not start by itself, and waits until
// messages are committed again.
func (t *trial) strike(ctx context.Context, victim string) error {
	books, err := t.site.administrate.books(ctx)
	if err != nil {
		return err
	}
	now := t.fleet.status()
	t.ackedAtKill, t.inFlight = now.acked, now.inFlight()
	moment := time.Now()
	switch victim {
	case "haidang":
		t.site.house.kill()
	case "postgres":
		err = killPostgres(t.site)
	case "both":
		err = killPostgres(t.site)
		t.site.house.kill()
	case "ingester":
		t.site.ingester.kill()
	}
	if err == nil && !t.site.house.running() {
		err = t.reopen(ctx)
	}
	if err != nil {
		return err
	}
	t.recovery, err = t.committing(ctx, moment, books.Accounted)
	return err
}

// reopen starts haidang again once every device has seen it go: then it is known
// exactly how much was unacknowledged.
func (t *trial) reopen(ctx context.Context) error {
	err := t.fleet.await(ctx, "every device has lost its connection", func(s status) bool { return s.connected == 0 })
	if err != nil {
		return err
	}
	t.inFlight = t.fleet.status().lost
	return t.site.open(ctx)
}

// killPostgres kills the server itself, and it must be gone.
func killPostgres(s *site) error {
	pid, err := postmaster(s.data)
	if err != nil {
		return err
	}
	return syscall.Kill(pid, syscall.SIGKILL)
}
