package main

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"haidang/internal/mqttlink"
)

// pouring is a steady load: all devices together publish rate messages a second,
// each by its own turn.
type pouring struct {
	links   []*mqttlink.Link
	names   []string
	rate    float64
	payload func(t time.Time, seq int) []byte
	sent    func(device int, at time.Time) // told of each publish, before it is written; may be nil
}

// pour publishes until stop is closed, waits for the PUBACKs, and returns how many
// messages it were and how long it took.
func pour(ctx context.Context, p pouring, stop <-chan struct{}) (messages int, took time.Duration, err error) {
	counts := make([]int, len(p.links))
	begin := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	for i := range p.links {
		g.Go(func() (err error) {
			counts[i], err = p.one(ctx, i, begin, stop)
			return err
		})
	}
	err = g.Wait()
	for _, n := range counts {
		messages += n
	}
	return messages, time.Since(begin), err
}

// one publishes for a device: its turns are evenly spread, between those of the others.
func (p pouring) one(ctx context.Context, device int, begin time.Time, stop <-chan struct{}) (n int, err error) {
	every := time.Duration(float64(len(p.links)) / p.rate * float64(time.Second))
	begin = begin.Add(every * time.Duration(device) / time.Duration(len(p.links)))
	link, acked := p.links[device], 0
	var last time.Time
	for {
		select {
		case <-ctx.Done():
			return n, ctx.Err()
		case <-stop:
			return n, heard(link, n-acked, time.Now().Add(mqttlink.Patience))
		default:
		}
		due := begin.Add(every * time.Duration(n))
		if wait := time.Until(due); wait > 0 {
			got, err := listenUntil(link, due, n-acked)
			if acked += got; err != nil {
				return n, err
			}
			continue
		}
		if n-acked >= inFlight {
			if err := heard(link, 1, time.Now().Add(mqttlink.Patience)); err != nil {
				return n, err
			}
			acked++
			continue
		}
		at := time.Now().Truncate(time.Microsecond)
		if !at.After(last) {
			at = last.Add(time.Microsecond)
		}
		last = at
		if p.sent != nil {
			p.sent(device, at)
		}
		if err := link.Write(mqttlink.Publish(topicOf(p.names[device]), packetID(n), p.payload(at, n))); err != nil {
			return n, err
		}
		n++
	}
}

// listenUntil reads PUBACKs until a moment, at most as many as are missing.
func listenUntil(link *mqttlink.Link, until time.Time, missing int) (n int, err error) {
	for n < missing {
		_, err := link.Acked(until)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		n++
	}
	time.Sleep(time.Until(until))
	return n, nil
}

// heard reads n PUBACKs.
func heard(link *mqttlink.Link, n int, deadline time.Time) error {
	for range n {
		if _, err := link.Acked(deadline); err != nil {
			return err
		}
	}
	return nil
}

// pourFor pours for a while and returns the rate that was reached.
func pourFor(ctx context.Context, p pouring, length time.Duration) (messages int, rate float64, err error) {
	stop := make(chan struct{})
	time.AfterFunc(length, func() { close(stop) })
	messages, took, err := pour(ctx, p, stop)
	return messages, float64(messages) / took.Seconds(), err
}
