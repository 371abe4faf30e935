package replay

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"haidang"
)

// Options say how series are played.
type Options struct {
	Broker string                     // such as tcp://127.0.0.1:1883
	Secret map[haidang.ThingID]string // each device's
	Shift  bool                       // move the times so that the last row is now; else as recorded
	Real   bool                       // wait between rows as long as it was; else as fast as acknowledged
	Sent   func(rows int64)           // told about once a second; may be nil
}

// Report is what was acknowledged.
type Report struct {
	Rows  int64
	Shift time.Duration // added to the recorded times
	Took  time.Duration
}

// Play sends every row and returns when the broker has acknowledged all, or with
// the first error. What was acknowledged stays.
func Play(ctx context.Context, series []*Series, o Options) (Report, error) {
	c := newClock(series, o, time.Now())
	var acked atomic.Int64
	watch, stop := context.WithCancel(ctx)
	defer stop()
	go tell(watch, &acked, o.Sent)
	g, ctx := errgroup.WithContext(ctx)
	for _, s := range series {
		g.Go(func() error { return playOne(ctx, s, o, c, &acked) })
	}
	err := g.Wait()
	return Report{Rows: acked.Load(), Shift: c.shift, Took: time.Since(c.begin)}, err
}

func tell(ctx context.Context, acked *atomic.Int64, sent func(int64)) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for sent != nil {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			sent(acked.Load())
		}
	}
}

func playOne(ctx context.Context, s *Series, o Options, c clock, acked *atomic.Int64) error {
	d := &device{thing: s.Thing, broker: o.Broker, secret: o.Secret[s.Thing], acked: acked}
	defer d.close()
	seq := 0
	err := s.each(func(r row) error {
		if err := c.wait(ctx, r.time); err != nil {
			return err
		}
		seq++
		payload, err := c.payload(r, seq)
		if err != nil {
			return err
		}
		return d.send(ctx, payload)
	})
	if err == nil {
		err = d.flush(ctx)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.Thing, err)
	}
	return nil
}

// clock moves recorded times to those that are sent.
type clock struct {
	begin time.Time
	first time.Time // of all series
	shift time.Duration
	real  bool
}

// newClock shifts by one amount for all series, so that they stay beside each
// other. At true pace it is the first row that is now: each row is now when it
// is sent, and so is the last.
func newClock(series []*Series, o Options, now time.Time) clock {
	first, last := series[0].First, series[0].Last
	for _, s := range series[1:] {
		if s.First.Before(first) {
			first = s.First
		}
		if s.Last.After(last) {
			last = s.Last
		}
	}
	c := clock{begin: now, first: first, real: o.Real}
	switch {
	case o.Shift && o.Real:
		c.shift = now.Sub(first).Truncate(time.Second)
	case o.Shift:
		c.shift = now.Sub(last).Truncate(time.Second)
	}
	return c
}

// wait returns when a row of time t is due.
func (c clock) wait(ctx context.Context, t time.Time) error {
	if !c.real {
		return ctx.Err()
	}
	due := time.NewTimer(time.Until(c.begin.Add(t.Sub(c.first))))
	defer due.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-due.C:
		return nil
	}
}

func (c clock) payload(r row, seq int) ([]byte, error) {
	return json.Marshal(struct {
		Time   string                            `json:"time"`
		Seq    int                               `json:"seq"`
		Values map[haidang.PropertyCode]*float64 `json:"values"`
		Flags  map[haidang.PropertyCode]said     `json:"flags,omitempty"`
	}{r.time.Add(c.shift).Format(time.RFC3339), seq, r.values, r.flags})
}
