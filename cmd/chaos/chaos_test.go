package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestMain is also the devices' process, as main is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == crowdWord {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestKill is a short campaign: under load the real program is killed, its database,
// both, and one of two ingesters. Everything that was acknowledged must be in the
// table once.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("publishes tens of thousands of messages")
	}
	bin := filepath.Join(t.TempDir(), "haidang")
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", bin, "haidang/cmd/haidang")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as make builds it, so that what is compiled for one is there for the other
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	c := &campaign{bin: bin, work: "/tmp", only: "^kill$", skip: "^$", seed: 1, rounds: 4, clients: 200, window: 10,
		from: 2 * time.Second, to: 4 * time.Second, acks: 2_000, flight: 500}
	if err := c.run(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestMomentsAreDrawnAnew: a seed repeats its moments, each in its span, and they differ.
func TestMomentsAreDrawnAnew(t *testing.T) {
	c := &campaign{seed: 7, from: 3 * time.Second, to: 15 * time.Second}
	again := &campaign{seed: 7, from: c.from, to: c.to}
	seen := map[time.Duration]bool{}
	for round := range 20 {
		at := c.moment(round, 0)
		if at < c.from || at > c.to || at != again.moment(round, 0) {
			t.Errorf("round %d is at %v", round, at)
		}
		seen[at] = true
	}
	if len(seen) < 20 {
		t.Errorf("%d moments for 20 rounds", len(seen))
	}
}
