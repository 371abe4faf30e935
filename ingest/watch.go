package ingest

import (
	"context"
	"errors"
	"time"
)

const (
	// watchInterval is how often idle lanes are held against the broker's account.
	watchInterval = 5 * time.Second

	// idleLooks in a row with nothing to do while the broker has messages for the
	// lane say that the two misunderstand each other.
	idleLooks = 6
)

var errStalled = errors.New("the broker has messages for this lane and hands none over")

// watch cuts the connection of a lane that has nothing to do while the broker says
// that its messages wait: on a new one it hands them over again.
func (s *Service) watch(ctx context.Context) {
	idle := map[int]int{}       // looks in a row, by lane
	progress := map[int]int64{} // messages taken, at the last look
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		waiting := s.waiting(ctx)
		for _, l := range s.ownership.carried() {
			c := l.current()
			taken := l.taken.Load()
			if c == nil || waiting[l.partition] == 0 || c.unacked() > 0 || taken != progress[l.partition] {
				idle[l.partition], progress[l.partition] = 0, taken
				continue
			}
			if idle[l.partition]++; idle[l.partition] >= idleLooks {
				idle[l.partition] = 0
				c.lose(errStalled)
			}
		}
	}
}

// waiting is how many messages the broker has for each lane; none when it does not say.
func (s *Service) waiting(ctx context.Context) map[int]int {
	limited, cancel := context.WithTimeout(ctx, watchInterval)
	defer cancel()
	account, err := s.config.Broker.Account(limited)
	if err != nil {
		return nil
	}
	waiting := map[int]int{}
	for _, l := range account.Lanes {
		waiting[l.Partition] = l.Waiting
	}
	return waiting
}
