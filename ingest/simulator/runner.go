package simulator

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"haidang"
)

// RunnerConfig is what a Runner needs to play a province to a broker.
type RunnerConfig struct {
	Province *Province
	Broker   string                     // such as tcp://127.0.0.1:1883
	Secrets  map[haidang.ThingID]string // devices without a secret stay silent

	// History is how much of the past each device tells first, as fast as it is
	// acknowledged; TideHistory the same for devices on the water, whose series
	// show themselves in a fortnight only. Acknowledged is how far an earlier
	// run came, and shortens both; zero when there was none.
	History, TideHistory time.Duration
	Acknowledged         time.Time
}

// atOnce is how many devices connect or tell their past at the same time.
const atOnce = 16

// Runner plays a province: one MQTT client for each device.
type Runner struct {
	clients []*client
	cancel  context.CancelFunc
	running sync.WaitGroup
}

// NewRunner makes a Runner that is not running yet.
func NewRunner(config RunnerConfig) *Runner {
	r := &Runner{}
	gate := make(chan struct{}, atOnce)
	now := time.Now()
	for _, d := range config.Province.Devices() {
		secret, ok := config.Secrets[d.ID]
		if !ok {
			continue
		}
		c := &client{province: config.Province, device: d, broker: config.Broker, secret: secret, gate: gate}
		c.acknowledged(config.first(d, now))
		r.clients = append(r.clients, c)
	}
	return r
}

// first is the moment of the first reading that a device sends.
func (config RunnerConfig) first(d Device, now time.Time) time.Time {
	past := config.History
	if d.Type == tideGauge.code || d.Type == salinityStation.code {
		past = max(past, config.TideHistory)
	}
	start := now.Add(-past)
	if config.Acknowledged.After(start) {
		start = config.Acknowledged
	}
	if now.Sub(start) > fineHistory {
		return d.nextOf(start, historyStep)
	}
	return d.Next(start)
}

// Start sets the devices going and returns; they connect by and by, and again
// whenever the broker was away.
func (r *Runner) Start(context.Context) error {
	if len(r.clients) == 0 {
		return errors.New("no device of the province has a secret")
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	for _, c := range r.clients {
		r.running.Go(func() { c.run(ctx) })
	}
	slog.Info("simulated devices set going", "devices", len(r.clients))
	return nil
}

// Stop signs every device off and waits for them, at most until ctx ends.
func (r *Runner) Stop(ctx context.Context) error {
	if r.cancel == nil {
		return nil
	}
	r.cancel()
	gone := make(chan struct{})
	go func() { r.running.Wait(); close(gone) }()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Acknowledged is the moment up to which every device's readings are acknowledged.
func (r *Runner) Acknowledged() time.Time {
	var least int64
	for i, c := range r.clients {
		if at := c.done.Load(); i == 0 || at < least {
			least = at
		}
	}
	return time.Unix(least, 0).UTC()
}
