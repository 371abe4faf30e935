package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"syscall"
)

// province is the simulated province: a process of its own that knows only what
// a device and a citizen know.
type province struct {
	cmd    *exec.Cmd
	asked  atomic.Bool   // it was told to stop
	exited chan struct{} // closed when it has ended
}

// registerProvince makes the simulated devices known before anybody listens to them.
func (h *house) registerProvince(ctx context.Context) error {
	s, err := seedDevices(ctx, h.registry, h.config.Data)
	h.citizens = s.Citizens
	return err
}

func (h *house) startProvince(context.Context) error {
	if h.broker == nil {
		slog.Warn("no simulated devices: your own broker does not know them")
		return nil
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find our own program: %w", err)
	}
	cmd := exec.Command(program, "simulate", "--broker", "tcp://"+reachable(h.config.MQTTAddr),
		"--citizens", "http://"+reachable(h.config.HTTPAddr),
		"--credentials", filepath.Join(h.config.Data, simulationFile))
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	// In a group of its own, so that Ctrl-C lets it sign its devices off; gone when we are.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	h.province = &province{cmd: cmd, exited: make(chan struct{})}
	started := make(chan error, 1)
	go h.province.run(started)
	return <-started
}

// run keeps its thread while the child lives: the kernel's parent in Pdeathsig is the thread that forked.
func (p *province) run(started chan<- error) {
	runtime.LockOSThread()
	defer close(p.exited)
	err := p.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	if err := p.cmd.Wait(); !p.asked.Load() {
		slog.Error("the simulated province has ended; the house goes on without it", "error", err)
	}
}

func (h *house) stopProvince(ctx context.Context) error {
	p := h.province
	if p == nil || p.cmd.Process == nil {
		return nil
	}
	p.asked.Store(true)
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.exited:
		return nil
	case <-ctx.Done():
		return errors.Join(ctx.Err(), p.cmd.Process.Kill())
	}
}
