package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"haidang"
)

// Why a program did not end well.
type Reason string

// The reasons.
const (
	Exited  Reason = "exit"    // by itself, with a code that is not 0
	Slow    Reason = "time"    // wall clock or processor time was over
	Loud    Reason = "output"  // it wrote more than it may
	Big     Reason = "size"    // a file that it wrote grew beyond the limit
	Crashed Reason = "crashed" // a signal, mostly for want of memory
)

// Failure says how a program ended.
type Failure struct {
	Program string
	Reason  Reason
	Code    int    // its exit code; 0 when it did not exit by itself
	Stderr  string // the end of what it complained about, printable
}

func (f *Failure) Error() string {
	s := fmt.Sprintf("%s: %s", f.Program, f.Reason)
	if f.Code != 0 {
		s += fmt.Sprintf(" %d", f.Code)
	}
	if f.Stderr != "" {
		s += ": " + f.Stderr
	}
	return s
}

// stderrKept is how much of a program's complaints is kept.
const stderrKept = 16 << 10

// Run runs the program to its end. It returns nil when it exits with 0, the
// context's error when that ended first, a *haidang.Error when the program is not
// installed, and else a *Failure.
//
// Where this system cannot confine it, and nobody called AllowWeak, it is refused with
// a *haidang.Error.
func (c *Cmd) Run() error {
	w := strongest()
	if err := admit(w); err != nil {
		return err
	}
	return c.run(w)
}

// Output runs the program and returns what it wrote.
func (c *Cmd) Output() ([]byte, error) {
	var out bytes.Buffer
	c.Stdout = &out
	err := c.Run()
	return out.Bytes(), err
}

func (c *Cmd) run(w walls) error {
	s, err := c.spec(w)
	if err != nil {
		return err
	}
	cmd, err := s.command()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.ctx, c.limits.Wall)
	defer cancel()
	out := &bounded{to: c.Stdout, left: c.limits.Output, full: cancel}
	complaints := &tail{}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.Stdin, out, complaints
	err = runTied(ctx, cmd)
	return c.explain(err, ctx, out, complaints)
}

// runTied runs the program so that it dies with us: the parent in Pdeathsig is the
// thread that forked, so that thread is kept until the program has ended.
func runTied(ctx context.Context, cmd *exec.Cmd) error {
	ended := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the program
		if err := cmd.Start(); err != nil {
			ended <- err
			return
		}
		stop := context.AfterFunc(ctx, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
		defer stop()
		ended <- cmd.Wait()
	}()
	return <-ended
}

func (c *Cmd) explain(err error, ctx context.Context, out *bounded, complaints *tail) error {
	if err == nil || c.ctx.Err() != nil {
		return errors.Join(out.err(), c.ctx.Err())
	}
	f := &Failure{Program: c.name, Reason: Exited, Stderr: complaints.String()}
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok && !errors.Is(err, exec.ErrWaitDelay) {
		return errors.Join(fmt.Errorf("%s: %w", c.name, err), out.err())
	}
	switch status := signalOf(exit); {
	case out.over.Load():
		f.Reason = Loud
	case out.err() != nil:
		return out.err()
	case errors.Is(ctx.Err(), context.DeadlineExceeded), status == syscall.SIGXCPU, status == syscall.SIGKILL && exit != nil && exit.UserTime() >= c.limits.CPU:
		f.Reason = Slow
	case status == syscall.SIGXFSZ, strings.Contains(f.Stderr, "File too large"): // the first process of a namespace gets no signal, its write fails
		f.Reason = Big
	case status != 0:
		f.Reason = Crashed
	default:
		f.Code = exit.ExitCode()
	}
	return f
}

// signalOf is the signal that ended the program, 0 when none did.
func signalOf(exit *exec.ExitError) syscall.Signal {
	if exit == nil {
		return 0
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return status.Signal()
	}
	return 0
}

// bounded passes on what a program writes until there was too much.
type bounded struct {
	to   io.Writer
	left int64
	full func() // ends the program
	over atomic.Bool

	mu     sync.Mutex
	failed error // of to
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		b.over.Store(true)
		b.full()
		return 0, errors.New("too much output")
	}
	if b.to == nil {
		return len(p), nil
	}
	n, err := b.to.Write(p)
	if err != nil {
		b.mu.Lock()
		b.failed = err
		b.mu.Unlock()
		b.full()
	}
	return n, err
}

func (b *bounded) err() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failed
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	last []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = append(t.last, p...)
	if n := len(t.last) - stderrKept; n > 0 {
		t.last = append(t.last[:0], t.last[n:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.ReplaceAll(strings.ToValidUTF8(strings.TrimSpace(string(t.last)), "�"), "\x00", "�")
}

func missing(program string, cause error) error {
	e := haidang.Refuse(haidang.ErrUnavailable, "Máy chủ chưa cài chương trình "+program+"; quản trị viên hãy chạy: make deps.",
		"The program "+program+" is not installed on the server; an administrator should run: make deps.")
	e.Cause = cause
	return e
}
