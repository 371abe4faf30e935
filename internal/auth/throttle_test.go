package auth

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"haidang"
)

func TestThrottleRefills(t *testing.T) {
	t.Parallel()
	th, now := newThrottle(3, 10*time.Second, 100), time.Now()
	for i := range 3 {
		if wait := th.take("a", now); wait != 0 {
			t.Fatalf("attempt %d waits %v", i, wait)
		}
	}
	if wait := th.take("a", now); wait < 9*time.Second || wait > 10*time.Second {
		t.Errorf("the fourth waits %v", wait)
	}
	if wait := th.take("b", now); wait != 0 {
		t.Errorf("somebody else waits %v", wait)
	}
	if wait := th.take("a", now.Add(10*time.Second)); wait != 0 {
		t.Errorf("after the wait it still waits %v", wait)
	}
}

func TestThrottleRemembersABoundedNumber(t *testing.T) {
	t.Parallel()
	th, now := newThrottle(1, time.Hour, 10), time.Now()
	for i := range 1000 {
		th.take(fmt.Sprint(i), now)
	}
	if len(th.buckets) != 10 || th.recent.Len() != 10 {
		t.Errorf("remembers %d and %d keys", len(th.buckets), th.recent.Len())
	}
	if th.take("999", now) == 0 {
		t.Error("forgot the most recent key")
	}
}

// However attempts come, no window lets through more than the burst and what refilled.
func TestThrottleNeverLetsMoreThrough(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		th, start := newThrottle(4, time.Second, 10), time.Unix(0, 0)
		now, passed := start, 0
		for range rapid.IntRange(1, 200).Draw(rt, "attempts") {
			now = now.Add(time.Duration(rapid.IntRange(0, 2000).Draw(rt, "ms")) * time.Millisecond)
			if th.take("a", now) == 0 {
				passed++
			}
		}
		if most := 4 + int(now.Sub(start)/time.Second); passed > most {
			rt.Fatalf("%d passed in %v, at most %d may", passed, now.Sub(start), most)
		}
	})
}

func TestGuardLocksOutTheGuesserAndNotTheOwner(t *testing.T) {
	t.Parallel()
	g, now := newGuard(), time.Now()
	refused := 0
	for range 100 {
		if _, err := g.enter("lan", "203.0.113.9:4711", now); haidang.CodeOf(err) == haidang.ErrTooMany && err != nil {
			refused++
			if wait, ok := RetryAfter(err); !ok || wait < time.Second {
				t.Fatalf("retry after %v, %v", wait, ok)
			}
		}
	}
	if refused != 95 {
		t.Errorf("%d of 100 guesses refused", refused)
	}
	if _, err := g.enter("lan", "198.51.100.1:80", now); err != nil {
		t.Errorf("the owner, elsewhere: %v", err)
	}
	if _, err := g.enter("minh", "203.0.113.9:1", now); err != nil {
		t.Errorf("a colleague at the same address: %v", err)
	}
}

func TestGuardBoundsOneAddressAndOneAccount(t *testing.T) {
	t.Parallel()
	g, now := newGuard(), time.Now()
	passed := 0
	for i := range 100 {
		if _, err := g.enter(haidang.AccountName(fmt.Sprint("p", i)), "203.0.113.9", now); err == nil {
			passed++
		}
	}
	if passed != 30 {
		t.Errorf("%d accounts tried from one address", passed)
	}
	passed = 0
	for i := range 100 {
		if _, err := g.enter("lan", fmt.Sprintf("192.0.2.%d", i), now); err == nil {
			passed++
		}
	}
	if passed != 50 {
		t.Errorf("one account tried from %d addresses", passed)
	}
}

func TestGuardGivesBackRightfulAttempts(t *testing.T) {
	t.Parallel()
	g, now := newGuard(), time.Now()
	for range 100 {
		succeed, err := g.enter("lan", "203.0.113.9", now)
		if err != nil {
			t.Fatal(err)
		}
		succeed()
	}
}

func TestNetworkOf(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"203.0.113.9:80": "203.0.113.9", "203.0.113.9": "203.0.113.9", "[2001:db8:1:2:3::4]:80": "2001:db8:1:2::/64",
		"2001:db8:1:2:ffff::": "2001:db8:1:2::/64", "::ffff:203.0.113.9": "203.0.113.9", "fe80::1%eth0": "fe80::/64", "": "unknown", "x": "unknown",
	} {
		if got := Subscriber(address); got != want {
			t.Errorf("%s is %s, want %s", address, got, want)
		}
	}
}
