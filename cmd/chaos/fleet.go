package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// patience is for whatever must happen in the end on a busy machine.
const patience = 5 * time.Minute

// fleet is the devices' process, seen from the campaign.
type fleet struct {
	acks     string // file of the PUBACKs, whole once finish has returned
	size     int
	abandons bool
	stdin    io.WriteCloser
	ended    <-chan struct{}

	mu  sync.Mutex
	now status
}

// status is how the devices stand, in messages since they began.
type status struct {
	sent      int // publishes, those again included
	again     int
	acked     int
	connected int // devices
	lost      int // unacknowledged on connections that ended since forget
	denied    int // connections that were refused
	trouble   string
}

func (s status) inFlight() int { return s.sent - s.again - s.acked }

// pacing is how devices publish.
type pacing struct {
	window  int           // messages of one device without PUBACK
	pace    time.Duration // between two messages of one device; 0: as fast as it can
	abandon bool          // at the end what is unacknowledged is given up
}

// launch starts a device for each line "name,secret" of a file.
func launch(addr, secrets, acks string, p pacing) (*fleet, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	lines, err := os.ReadFile(secrets)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, crowdWord, "-addr", addr, "-secrets", secrets, "-acks", acks,
		"-window", fmt.Sprint(p.window), "-pace", p.pace.String(), fmt.Sprint("-abandon=", p.abandon))
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	f := &fleet{acks: acks, size: len(strings.Fields(string(lines))), abandons: p.abandon}
	if f.stdin, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	f.ended, err = startChild(cmd, func() { f.listen(stdout) })
	return f, err
}

func (f *fleet) listen(stdout io.Reader) {
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		_, numbers, _ := strings.Cut(lines.Text(), " ")
		var s status
		if _, err := fmt.Sscanf(numbers, "%d %d %d %d %d %d %q", &s.sent, &s.again, &s.acked, &s.connected, &s.lost, &s.denied, &s.trouble); err != nil {
			fmt.Fprintln(os.Stderr, "chaos: the devices say", lines.Text())
			continue
		}
		f.mu.Lock()
		f.now = s
		f.mu.Unlock()
	}
}

func (f *fleet) status() status {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// await waits until the devices stand as wanted.
func (f *fleet) await(ctx context.Context, what string, want func(status) bool) error {
	return await(ctx, patience, what, func() (bool, error) {
		select {
		case <-f.ended:
			return false, fmt.Errorf("the devices ended before: %s", what)
		default:
			return want(f.status()), nil
		}
	})
}

func (f *fleet) everybody(ctx context.Context) error {
	return f.await(ctx, "every device is connected", func(s status) bool { return s.connected == f.size })
}

// moreAcked waits for n PUBACKs from now on.
func (f *fleet) moreAcked(ctx context.Context, n int) error {
	goal := f.status().acked + n
	return f.await(ctx, fmt.Sprint(n, " more PUBACKs"), func(s status) bool { return s.acked >= goal })
}

// forget clears the count of what was lost with connections.
func (f *fleet) forget() { fmt.Fprintln(f.stdin, "forget") }

// finish lets the devices end once all they sent is acknowledged.
func (f *fleet) finish(ctx context.Context, limit time.Duration) (status, error) {
	_ = f.stdin.Close()
	select {
	case <-f.ended:
	case <-ctx.Done():
		return f.status(), ctx.Err()
	case <-time.After(limit):
		return f.status(), fmt.Errorf("%d messages are never acknowledged: %s", f.status().inFlight(), f.status().trouble)
	}
	s := f.status()
	if n := s.inFlight(); n != 0 && !f.abandons {
		return s, fmt.Errorf("the devices ended with %d messages unacknowledged", n)
	}
	return s, nil
}

// await asks ten times a second until it is so.
func await(ctx context.Context, limit time.Duration, what string, so func() (bool, error)) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); {
		if yes, err := so(); yes || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return fmt.Errorf("not within %v: %s", limit, what)
}
