package postgres

import (
	"context"
	"fmt"
	"time"
)

const (
	// mostFailures in a row say that the server will not come back by itself.
	mostFailures = 10

	// steady is how long a server must have run for its start to count as a success.
	steady = 5 * time.Second

	shortestPause = time.Second
	longestPause  = 30 * time.Second
)

// Keep starts the server again whenever it has ended, until ctx ends, then
// returns nil. It returns why the server does not start after ten failures in a
// row; a full disk is waited out, however long. Stop must be called after it has returned.
func (c *Cluster) Keep(ctx context.Context) error {
	failures, pause := 0, shortestPause
	for begin := time.Now(); ; begin = time.Now() {
		server := c.newest()
		select {
		case <-ctx.Done():
			return nil
		case <-server.done:
		}
		if time.Since(begin) >= steady {
			failures, pause = 0, shortestPause
		}
		if failures++; failures > mostFailures {
			return server.explain()
		}
		if server.said("No space left") {
			failures = 0
		}
		c.config.Notice(fmt.Sprintf("The database server ended unasked; starting it again in %s. Nothing that was acknowledged is lost.", pause))
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		pause = min(2*pause, longestPause)
		if err := c.revive(ctx); err != nil {
			c.config.Notice(fmt.Sprintf("The database server does not start: %v", err))
			continue
		}
		c.config.Notice("The database server runs again.")
	}
}

// revive starts the server on the files that are there.
func (c *Cluster) revive(ctx context.Context) error {
	if err := c.stopOrphan(ctx); err != nil {
		return err
	}
	return c.launch(ctx)
}
