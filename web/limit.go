package web

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/time/rate"

	"haidang"
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
	bucket, _ := l.buckets.ComputeIfAbsent(subscriber(address), func() (*rate.Limiter, bool) {
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

// subscriber is what one subscriber has: an IPv4 address, or an IPv6 /64.
func subscriber(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return "unknown"
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is6() {
		return netip.PrefixFrom(ip, 64).Masked().String()
	}
	return ip.String()
}
