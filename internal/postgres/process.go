package postgres

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a server that we started.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	mu   sync.Mutex
	last []string // its newest lines
}

// start runs the server so that it stops by itself when we die, even by kill -9.
func (u serverUser) start(program string, throwaway bool, args ...string) (*process, error) {
	cmd := u.command(program, args...)
	cmd.SysProcAttr.Pdeathsig = syscall.SIGINT // a fast, clean stop
	if throwaway {
		cmd.SysProcAttr.Pdeathsig = syscall.SIGQUIT
	}
	cmd.WaitDelay = 5 * time.Second
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go p.run(stderr, started)
	return p, <-started
}

// run keeps its thread for as long as the server lives: the kernel's parent in
// Pdeathsig is the thread that forked, not the process.
func (p *process) run(stderr io.Reader, started chan<- error) {
	runtime.LockOSThread() // never unlocked: the thread ends with the server
	defer close(p.done)
	err := p.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	p.read(stderr)
	_ = p.cmd.Wait()
}

func (p *process) read(stderr io.Reader) {
	lines := bufio.NewReaderSize(stderr, 64<<10)
	for {
		text, err := lines.ReadString('\n')
		if line := strings.TrimSpace(text); line != "" {
			p.note(line)
		}
		if err != nil {
			return
		}
	}
}

func (p *process) note(line string) {
	level := slog.LevelDebug // what our own queries do wrong, they report themselves
	if strings.HasPrefix(line, "PANIC") || strings.HasPrefix(line, "WARNING") {
		level = slog.LevelWarn
	}
	slog.Log(context.Background(), level, "postgres: "+line)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = append(p.last, line)
	if len(p.last) > 40 {
		p.last = p.last[1:]
	}
}

// said tells whether one of the newest lines holds one of these.
func (p *process) said(texts ...string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, line := range p.last {
		for _, t := range texts {
			if strings.Contains(line, t) {
				return true
			}
		}
	}
	return false
}

// explain is why the server ended, in its own words.
func (p *process) explain() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	why := "no reason given"
	for _, line := range p.last {
		if strings.HasPrefix(line, "FATAL") || strings.HasPrefix(line, "PANIC") || strings.Contains(line, "No space left") {
			why = line
		}
	}
	return refuse("Máy chủ cơ sở dữ liệu không khởi động được: %s.", "The database server did not start: %s.", why)
}

func (p *process) pid() int { return p.cmd.Process.Pid }

func (p *process) stop(ctx context.Context) error {
	if p.cmd.Process == nil {
		return nil
	}
	return stopServer(ctx, p.pid(), p.done)
}

// stopServer asks for a fast stop, and when ctx ends for an immediate one, from
// which the next start recovers.
func stopServer(ctx context.Context, pid int, done <-chan struct{}) error {
	_ = syscall.Kill(pid, syscall.SIGINT)
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	slog.Warn("the database does not stop in time; stopping it at once", "pid", pid)
	_ = syscall.Kill(pid, syscall.SIGQUIT)
	select {
	case <-done:
		return nil
	case <-time.After(10 * time.Second):
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	select {
	case <-done:
		return nil
	case <-time.After(5 * time.Second):
		return refuse("Máy chủ cơ sở dữ liệu (tiến trình %d) không dừng.", "The database server (process %d) does not stop.", pid)
	}
}

// combined runs a short-lived program and returns everything it wrote.
func combined(cmd *exec.Cmd) (string, error) {
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

// alive says whether the process still runs. One that has ended but that no
// parent has asked after, as in a container without an init, does not.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // the name before it may hold anything
	return !strings.HasPrefix(rest, "Z")
}
