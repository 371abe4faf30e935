package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// trial is one round under way: devices publish to a site.
type trial struct {
	campaign      *campaign
	site          *site
	round, killed string
	fleet         *fleet
	since         time.Time // no message of this round is older
	before        *books

	drawn       bool          // a kill round: it counts only with enough load
	at          time.Duration // load before something was taken away
	ackedAtKill int
	inFlight    int // without PUBACK at that moment
	recovery    time.Duration
	more        []string // further fields of the line
}

// begin starts full load. Everything before is committed.
func (c *campaign) begin(ctx context.Context, s *site, round, killed string) (*trial, error) {
	return c.beginPaced(ctx, s, round, killed, 0)
}

// beginPaced starts a load of so many messages a second; 0 is as fast as it can.
func (c *campaign) beginPaced(ctx context.Context, s *site, round, killed string, perSecond int) (*trial, error) {
	before, err := s.administrate.drained(ctx, patience)
	if err != nil {
		return nil, err
	}
	t := &trial{campaign: c, site: s, round: round, killed: killed, since: time.Now().Truncate(time.Microsecond), before: before}
	p := pacing{window: c.window}
	if perSecond > 0 {
		p.pace = time.Second * time.Duration(s.clients) / time.Duration(perSecond)
	}
	t.fleet, err = s.load(ctx, s.secrets, p)
	return t, err
}

// note adds a field to the line.
func (t *trial) note(format string, args ...any) {
	t.more = append(t.more, fmt.Sprintf(format, args...))
}

// finish ends the load, waits until all is committed, counts, prints the line and
// says what does not hold. void tells why the round does not count.
func (t *trial) finish(ctx context.Context, drain time.Duration) (void string, err error) {
	sent, err := t.fleet.finish(ctx, patience)
	if err != nil {
		return "", err
	}
	end, err := t.site.administrate.drained(ctx, drain)
	if err != nil {
		return "", err
	}
	c, err := t.site.countOf(ctx, "kill-%", t.fleet.acks, t.since)
	if err != nil {
		return "", err
	}
	void = t.void()
	redelivered := end.Redelivered - t.before.Redelivered
	line := fmt.Sprintf("round=%s killed=%s sent=%d acknowledged=%d stored=%d duplicates=%d dead=%d lost=%d at=%.1fs at_kill=%d inflight=%d again=%d redelivered=%d unaccounted=%d recovery=%.1fs",
		t.round, t.killed, sent.sent, c.acknowledged, c.stored, c.duplicates, c.dead, c.lost,
		t.at.Seconds(), t.ackedAtKill, t.inFlight, sent.again, redelivered, *end.Unaccounted, t.recovery.Seconds())
	if void != "" {
		t.note("void=%q", void)
	}
	fmt.Println(strings.Join(append([]string{line}, t.more...), " "))
	return void, t.judge(c, sent, *end.Unaccounted)
}

func (t *trial) judge(c count, s status, unaccounted int64) error {
	var errs []error
	complain := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	complain(c.lost != 0, "%d acknowledged messages are lost", c.lost)
	complain(c.duplicates != 0, "%d rows are there twice", c.duplicates)
	complain(c.dead != 0, "%d dead letters", c.dead)
	complain(unaccounted != 0, "%d messages are not accounted for", unaccounted)
	complain(c.acknowledged != s.acked, "the log has %d PUBACKs, the devices heard %d", c.acknowledged, s.acked)
	complain(c.stored != c.acknowledged, "%d rows for %d messages", c.stored, c.acknowledged)
	if len(errs) > 0 {
		return fmt.Errorf("round %s: %w", t.round, errors.Join(errs...))
	}
	return nil
}

// void says why there was too little load when something was taken away.
func (t *trial) void() string {
	switch {
	case !t.drawn:
		return ""
	case t.ackedAtKill < t.campaign.acks:
		return fmt.Sprintf("only %d PUBACKs before", t.ackedAtKill)
	case t.inFlight < t.campaign.flight:
		return fmt.Sprintf("only %d messages unacknowledged", t.inFlight)
	}
	return ""
}

// committing waits until messages are committed again and returns how long that took.
func (t *trial) committing(ctx context.Context, from time.Time, accounted int64) (time.Duration, error) {
	err := await(ctx, patience, "messages are committed again", func() (bool, error) {
		b, err := t.site.administrate.books(ctx)
		return err == nil && b.Accounted > accounted, nil
	})
	return time.Since(from), err
}
