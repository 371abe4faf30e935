package main

import (
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// load is a program under the kill test's publishers.
type load struct {
	data    string
	program *program
	acks    string // their own log
	devices *publishers
}

func underLoad(t *testing.T) *load {
	t.Helper()
	if testing.Short() {
		t.Skip("publishes thousands of messages")
	}
	data, mqttAddr := dataDir(t), steadyAddr(t)
	l := &load{data: data, program: serveAt(t, data, mqttAddr), acks: filepath.Join(t.TempDir(), "acks")}
	l.devices = startPublishers(t, mqttAddr, importDevices(t, data), l.acks)
	l.devices.awaitAcked(acksBetween)
	return l
}

// settle ends the load and wants every acknowledged message stored once.
func (l *load) settle(t *testing.T) {
	t.Helper()
	l.devices.awaitAcked(l.devices.acked + acksBetween)
	sent, again := l.devices.finish()
	awaitDrained(t, l.program)
	a := accountOf(t, l.data, l.acks)
	t.Logf("sent %d (%d of them again), acknowledged %d, stored %d, duplicates %d, lost %d", sent, again, a.acked, a.stored, a.duplicates, a.lost)
	if a.lost != 0 || a.duplicates != 0 || a.odd != 0 || a.acked == 0 {
		t.Errorf("%+v: every acknowledged message must be stored once", a)
	}
}

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

// The database server is killed under load: the program says so, starts it
// again, and goes on as if nothing had been.
func TestDatabaseComesBack(t *testing.T) {
	t.Parallel()
	l := underLoad(t)
	if err := syscall.Kill(serverPID(t, l.data), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	awaitStatus(t, l.program, http.StatusServiceUnavailable)
	awaitStatus(t, l.program, http.StatusOK)
	l.settle(t)
	if out := l.program.out.String(); !strings.Contains(out, "database server ended unasked") || !strings.Contains(out, "runs again") {
		t.Errorf("the log does not say what happened:\n%s", out)
	}
	l.program.interrupt(t)
}

// A second process carries half of the lanes, is killed, and the first carries
// them on; then one that is told to stop hands its lanes back.
func TestSecondIngester(t *testing.T) {
	t.Parallel()
	l := underLoad(t)
	held := func(n int) {
		t.Helper()
		want := []string{"haidang_ingest_lanes 0", "haidang_ingest_lanes 1", "haidang_ingest_lanes 2", "haidang_ingest_lanes 3", "haidang_ingest_lanes 4"}[n]
		for deadline := time.Now().Add(readyPatience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
			if _, body := l.program.get(t, "/metrics"); strings.Contains(body, want+"\n") {
				return
			}
		}
		t.Fatalf("the first process never carries %d lanes:\n%s", n, l.program.out)
	}
	held(4)
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM} {
		helper, out := command("serve", "--roles", "ingest", "--data", l.data), &output{}
		helper.Stderr = out
		if err := helper.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = helper.Process.Kill() })
		held(2)
		l.devices.awaitAcked(l.devices.acked + acksBetween)
		if err := helper.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if err := helper.Wait(); signal == syscall.SIGTERM && err != nil {
			t.Errorf("the helper ended with %v:\n%s", err, out)
		}
		held(4)
	}
	l.settle(t)
	l.program.interrupt(t)
}
