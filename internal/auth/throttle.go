package auth

import (
	"container/list"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"haidang"
)

// throttle bounds failed attempts per key with token buckets. It remembers at most
// size keys and forgets the least recently used first.
type throttle struct {
	refill time.Duration // brings one more attempt
	full   time.Duration // the most credit: as many attempts as the burst allows, at refill each
	size   int

	mu      sync.Mutex
	buckets map[string]*list.Element // of *bucket
	recent  *list.List               // the most recently used in front
}

type bucket struct {
	key    string
	credit time.Duration
	at     time.Time
}

func newThrottle(burst int, refill time.Duration, size int) *throttle {
	return &throttle{refill: refill, full: time.Duration(burst) * refill, size: size,
		buckets: map[string]*list.Element{}, recent: list.New()}
}

// take uses up one attempt of the key. It returns zero, or how long to wait for
// the next one. Attempts are taken before the work, so that many at once gain nothing.
func (t *throttle) take(key string, now time.Time) (wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.bucket(key, now)
	b.credit = min(t.full, b.credit+max(0, now.Sub(b.at)))
	b.at = now
	if b.credit < t.refill {
		return t.refill - b.credit
	}
	b.credit -= t.refill
	return 0
}

// giveBack returns an attempt that turned out to be rightful.
func (t *throttle) giveBack(key string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.bucket(key, now)
	b.credit = min(t.full, b.credit+t.refill)
}

func (t *throttle) bucket(key string, now time.Time) *bucket {
	if e, ok := t.buckets[key]; ok {
		t.recent.MoveToFront(e)
		return e.Value.(*bucket)
	}
	if t.recent.Len() >= t.size {
		oldest := t.recent.Back()
		delete(t.buckets, t.recent.Remove(oldest).(*bucket).key)
	}
	b := &bucket{key: key, credit: t.full, at: now}
	t.buckets[key] = t.recent.PushFront(b)
	return b
}

// guard throttles sign-in. The pair of account and address stands in front, so that
// somebody who guesses from one place locks out himself and not the account's owner.
type guard struct{ pair, address, account *throttle }

func newGuard() *guard {
	const keys = 20_000 // some 4 MB in all
	return &guard{
		pair:    newThrottle(5, 30*time.Second, keys),
		address: newThrottle(30, 10*time.Second, keys),
		account: newThrottle(50, 10*time.Second, keys),
	}
}

// enter takes an attempt of all three, or returns ErrTooMany. succeed gives them back.
func (g *guard) enter(name haidang.AccountName, address string, now time.Time) (succeed func(), err error) {
	network := Subscriber(address)
	steps := []struct {
		t   *throttle
		key string
	}{{g.pair, string(name) + " " + network}, {g.address, network}, {g.account, string(name)}}
	for _, s := range steps {
		if wait := s.t.take(s.key, now); wait > 0 {
			return nil, busy(wait)
		}
	}
	return func() {
		for _, s := range steps {
			s.t.giveBack(s.key, now)
		}
	}, nil
}

// Subscriber is what one subscriber of a network has, by one of its addresses: an
// IPv4 address, or an IPv6 /64. It is what throttles count by.
func Subscriber(address string) string {
	if host, err := netip.ParseAddrPort(address); err == nil {
		address = host.Addr().String()
	}
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

// later is the cause of an ErrTooMany that knows when to come back.
type later struct{ wait time.Duration }

func (l *later) Error() string { return "retry after " + l.wait.String() }

// RetryAfter returns how long to wait before trying again, when err says so.
func RetryAfter(err error) (time.Duration, bool) {
	if l, ok := errors.AsType[*later](err); ok {
		return l.wait, true
	}
	return 0, false
}

func busy(wait time.Duration) error {
	wait = wait.Truncate(time.Second) + time.Second
	s := int(wait.Seconds())
	return &haidang.Error{Code: haidang.ErrTooMany, Cause: &later{wait}, Text: haidang.Text{
		VI: fmt.Sprintf("Thử đăng nhập quá nhiều lần. Hãy đợi %d giây rồi thử lại.", s),
		EN: fmt.Sprintf("Too many attempts to sign in. Wait %d seconds, then try again.", s),
	}}
}
