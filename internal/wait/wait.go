// Package wait bounds what cannot be told to stop.
//
// In: a function that takes its time. Out: whether it ended in time. It must
// never pretend that what it left behind has ended.
package wait

import "context"

// For runs f and returns nil when it has ended, or the context's error when that
// ends first; f then goes on by itself.
func For(ctx context.Context, f func()) error {
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
