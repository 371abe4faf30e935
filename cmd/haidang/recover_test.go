package main

import (
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What follows is without load; cmd/chaos does the same to a program that devices
// publish to, and counts.

// awaitStatus asks /readyz until it answers so.
func awaitStatus(t *testing.T, p *program, want int) {
	t.Helper()
	for deadline := time.Now().Add(readyPatience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if status, _ := p.get(t, "/readyz"); status == want {
			return
		}
	}
	t.Fatalf("/readyz never answers %d:\n%s", want, p.out)
}

// The database server is killed: the program says so, starts it again, and goes on
// as if nothing had been.
func TestDatabaseComesBack(t *testing.T) {
	t.Parallel()
	p := serve(t, dataDir(t))
	if err := syscall.Kill(serverPID(t, p.data), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	awaitStatus(t, p, http.StatusServiceUnavailable)
	awaitStatus(t, p, http.StatusOK)
	if out := p.out.String(); !strings.Contains(out, "database server ended unasked") || !strings.Contains(out, "runs again") {
		t.Errorf("the log does not say what happened:\n%s", out)
	}
	p.interrupt(t)
}

// A second process carries half of the lanes, is killed, and the first carries
// them on; then one that is told to stop hands its lanes back.
func TestSecondIngester(t *testing.T) {
	t.Parallel()
	p := serve(t, dataDir(t))
	held := func(n int) {
		t.Helper()
		want := fmt.Sprintf("haidang_ingest_lanes %d\n", n)
		for deadline := time.Now().Add(readyPatience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
			if _, body := p.get(t, "/metrics"); strings.Contains(body, want) {
				return
			}
		}
		t.Fatalf("the first process never carries %d lanes:\n%s", n, p.out)
	}
	held(4)
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM} {
		helper, out := command("serve", "--roles", "ingest", "--data", p.data), &output{}
		helper.Stderr = out
		if err := helper.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = helper.Process.Kill() })
		held(2)
		if err := helper.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if err := helper.Wait(); signal == syscall.SIGTERM && err != nil {
			t.Errorf("the helper ended with %v:\n%s", err, out)
		}
		held(4)
	}
	p.interrupt(t)
}
