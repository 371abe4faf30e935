package web

import (
	"fmt"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/time/rate"

	"haidang"
	"haidang/internal/auth"
)

// limiter bounds how often one subscriber's line may do something. It remembers at
// most limiterKeys of them and forgets those not seen for an hour.
type limiter struct {
	every   rate.Limit
	burst   int
	buckets *otter.Cache[string, *rate.Limiter]
}

const limiterKeys = 20_000

func newLimiter(every time.Duration, burst int) *limiter {
	return &limiter{every: rate.Every(every), burst: burst, buckets: otter.Must(&otter.Options[string, *rate.Limiter]{
		MaximumSize:      limiterKeys,
		ExpiryCalculator: otter.ExpiryAccessing[string, *rate.Limiter](time.Hour),
	})}
}

// slowDown is the cause of an ErrTooMany that knows when to come back.
type slowDown struct{ wait time.Duration }

func (s *slowDown) Error() string { return "retry after " + s.wait.String() }

// allow takes one turn for the address, or returns ErrTooMany with the wait.
func (l *limiter) allow(address string) error {
	bucket, _ := l.buckets.ComputeIfAbsent(auth.Subscriber(address), func() (*rate.Limiter, bool) {
		return rate.NewLimiter(l.every, l.burst), false
	})
	turn := bucket.Reserve()
	wait := turn.Delay()
	if wait == 0 {
		return nil
	}
	turn.Cancel()
	return tooMany(wait)
}

func tooMany(wait time.Duration) error {
	s := int((wait + time.Second - 1) / time.Second)
	return &haidang.Error{Code: haidang.ErrTooMany, Cause: &slowDown{wait}, Text: haidang.Text{
		VI: fmt.Sprintf("Quá nhiều yêu cầu từ địa chỉ của bạn. Hãy đợi %d giây rồi thử lại.", s),
		EN: fmt.Sprintf("Too many requests from your address. Wait %d seconds, then try again.", s)}}
}

// crowd bounds how many of something there are at once, in all and for one
// subscriber's line, so that one who is slow on purpose leaves room for the others.
type crowd struct {
	all, each int

	mu    sync.Mutex
	in    int
	lines map[string]int
}

// enter takes a place for the address, or returns ErrTooMany. leave gives it back.
func (c *crowd) enter(address string) (leave func(), err error) {
	line := auth.Subscriber(address)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.in >= c.all || c.lines[line] >= c.each {
		return nil, tooMany(5 * time.Second)
	}
	if c.lines == nil {
		c.lines = map[string]int{}
	}
	c.in++
	c.lines[line]++
	return func() { c.leave(line) }, nil
}

func (c *crowd) leave(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.in--
	if c.lines[line]--; c.lines[line] == 0 {
		delete(c.lines, line)
	}
}

// size is how many are in.
func (c *crowd) size() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.in
}
