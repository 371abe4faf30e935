package ingest

import (
	"context"
	"sync"
	"time"
)

// Queue says what waits between the broker and the database.
type Queue struct {
	Pending        int      `json:"pending"`        // messages not yet committed and acknowledged
	OldestAgeS     float64  `json:"oldestAgeS"`     // age of the oldest of them, seconds; 0 when unknown
	Unacked        int      `json:"unacked"`        // of them handed over to a lane
	OldestUnackedS float64  `json:"oldestUnackedS"` // age of the oldest of those, seconds
	RatePerS       float64  `json:"ratePerS"`       // messages acknowledged a second, over the last seconds
	DrainS         *float64 `json:"drainS"`         // until none waits, at the pace of the last seconds; nil: it does not shrink
}

// Queue returns the present backlog. Of an external broker only what it has
// handed over is known.
func (s *Service) Queue(ctx context.Context) Queue {
	q := Queue{Pending: s.ownership.pending()}
	q.Unacked = q.Pending
	if s.config.Broker != nil {
		account, err := s.config.Broker.Account(ctx)
		if err != nil {
			return q // its state says what is wrong
		}
		q = Queue{Pending: account.Waiting, OldestAgeS: ageOf(account.OldestAt)}
		for _, l := range account.Lanes {
			q.Unacked += l.Unacked
			q.OldestUnackedS = max(q.OldestUnackedS, ageOf(l.OldestUnackedAt))
		}
	}
	q.RatePerS, q.DrainS = s.pulse.drain(q.Pending)
	return q
}

// pulse remembers how the queue stood at each of the last seconds.
type pulse struct {
	mu    sync.Mutex
	beats []beat // oldest first
}

type beat struct {
	at      time.Time
	done    int64 // messages acknowledged so far
	waiting int
}

const (
	pulseEvery = time.Second
	pulseBeats = 10
)

// measure takes the pulse until ctx ends.
func (s *Service) measure(ctx context.Context) {
	tick := time.NewTicker(pulseEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			if b, ok := s.beat(ctx, now); ok {
				s.pulse.add(b)
			}
		}
	}
}

func (s *Service) beat(ctx context.Context, now time.Time) (b beat, ok bool) {
	if s.config.Broker == nil {
		return beat{now, s.metrics.acknowledged.Load(), s.ownership.pending()}, true
	}
	account, err := s.config.Broker.Account(ctx)
	return beat{now, int64(account.Acked), account.Waiting}, err == nil
}

func (p *pulse) add(b beat) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.beats = append(p.beats, b)
	p.beats = p.beats[max(0, len(p.beats)-pulseBeats):]
}

// drain returns messages acknowledged a second, and how long so many will take:
// the difference between what goes and what comes decides, nil when it is not positive.
func (p *pulse) drain(pending int) (perS float64, drainS *float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if pending == 0 {
		drainS = new(float64)
	}
	if len(p.beats) < 2 {
		return 0, drainS
	}
	first, last := p.beats[0], p.beats[len(p.beats)-1]
	seconds := last.at.Sub(first.at).Seconds()
	perS = float64(last.done-first.done) / seconds
	if shrinks := float64(first.waiting-last.waiting) / seconds; pending > 0 && shrinks > 0 {
		takes := float64(pending) / shrinks
		drainS = &takes
	}
	return perS, drainS
}
