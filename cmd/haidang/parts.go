package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// stopPatience is how long one part may take to stop before the next is asked.
const stopPatience = 30 * time.Second

// part is one thing that starts and stops. stop may be nil.
type part struct {
	name  string
	start func(context.Context) error
	stop  func(context.Context) error
}

// parts are started in order and stopped in reverse.
type parts struct{ running []part }

// start starts one after the other and returns the first error, with the parts
// before it still running.
func (p *parts) start(ctx context.Context, all []part) error {
	for _, next := range all {
		begin := time.Now()
		if err := next.start(ctx); err != nil {
			return fmt.Errorf("%s: %w", next.name, err)
		}
		p.running = append(p.running, next)
		slog.Info("started", "part", next.name, "took", time.Since(begin).Round(time.Millisecond))
	}
	return nil
}

// stop stops what runs, last first. One that fails or hangs does not keep the others.
func (p *parts) stop() {
	for len(p.running) > 0 {
		last := p.running[len(p.running)-1]
		p.running = p.running[:len(p.running)-1]
		if last.stop != nil {
			stopOne(last)
		}
	}
}

func stopOne(p part) {
	ctx, cancel := context.WithTimeout(context.Background(), stopPatience)
	defer cancel()
	begin := time.Now()
	if err := p.stop(ctx); err != nil {
		slog.Error("did not stop cleanly", "part", p.name, "error", err)
		return
	}
	slog.Info("stopped", "part", p.name, "took", time.Since(begin).Round(time.Millisecond))
}
