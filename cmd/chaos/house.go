package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// house is a running haidang.
type house struct {
	cmd   *exec.Cmd
	log   string // file of all it wrote
	ended <-chan struct{}
}

// up starts haidang and returns once it says that it is ready.
func up(ctx context.Context, bin, log string, args ...string) (*house, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	h := &house{cmd: exec.Command(bin, args...), log: log}
	stdout, err := h.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	h.cmd.Stderr = h.cmd.Stdout
	ready := make(chan struct{})
	if h.ended, err = startChild(h.cmd, func() { echo(stdout, out, ready); out.Close() }); err != nil {
		return nil, err
	}
	select {
	case <-ready:
		return h, nil
	case <-h.ended:
		return nil, fmt.Errorf("haidang %s ended before it was ready; its words are in %s", args[0], log)
	case <-time.After(patience):
		err = fmt.Errorf("haidang %s is not ready within %v; its words are in %s", args[0], patience, log)
	case <-ctx.Done():
		err = ctx.Err()
	}
	h.kill()
	return nil, err
}

// echo copies what the program says and closes ready at its last word of welcome.
func echo(stdout io.Reader, out io.Writer, ready chan<- struct{}) {
	said := false
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		fmt.Fprintln(out, lines.Text())
		if !said && strings.Contains(lines.Text(), "Ctrl-C stops") {
			said = true
			close(ready)
		}
	}
}

func (h *house) pid() int { return h.cmd.Process.Pid }

func (h *house) running() bool {
	select {
	case <-h.ended:
		return false
	default:
		return true
	}
}

// kill is kill -9; it returns when the process is gone.
func (h *house) kill() {
	if h.running() {
		_ = syscall.Kill(h.pid(), syscall.SIGKILL)
		<-h.ended
	}
}

// terminate is SIGTERM: the program ends by itself, and well.
func (h *house) terminate(limit time.Duration) error {
	if !h.running() {
		return fmt.Errorf("it had ended by itself; its words are in %s", h.log)
	}
	_ = syscall.Kill(h.pid(), syscall.SIGTERM)
	select {
	case <-h.ended:
	case <-time.After(limit):
		h.kill()
		return fmt.Errorf("it did not stop within %v of SIGTERM", limit)
	}
	if code := h.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("exit code %d after SIGTERM; its words are in %s", code, h.log)
	}
	return nil
}

// resident is the memory of a process in bytes, now and at most so far.
func resident(pid int) (now, most int64) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(text)) {
		name, rest, _ := strings.Cut(line, ":")
		kib, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
		switch name {
		case "VmRSS":
			now = kib << 10
		case "VmHWM":
			most = kib << 10
		}
	}
	return now, most
}

// postmaster is the process of the private database server of a data folder.
func postmaster(data string) (int, error) {
	folder := filepath.Join(data, "postgres")
	if elsewhere, err := os.ReadFile(folder + ".location"); err == nil {
		folder = strings.TrimSpace(string(elsewhere))
	}
	text, err := os.ReadFile(filepath.Join(folder, "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strconv.Atoi(line)
}
