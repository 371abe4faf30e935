package sandbox

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// Limits bound one run of a program. Zero means the default beside each.
type Limits struct {
	Wall      time.Duration // from start to end; 1 min
	CPU       time.Duration // processor time of one process; Wall
	Memory    int64         // address space of one process, bytes; 1 GiB
	FileSize  int64         // any one file that it writes, bytes; 1 GiB
	Output    int64         // what it may write to its standard output, bytes; 64 MiB
	Files     int           // open at once; 256
	Processes int           // and threads; 256
}

func (l Limits) orDefault() Limits {
	set := func(n *int64, otherwise int64) {
		if *n <= 0 {
			*n = otherwise
		}
	}
	if l.Wall <= 0 {
		l.Wall = time.Minute
	}
	if l.CPU <= 0 {
		l.CPU = l.Wall
	}
	set(&l.Memory, 1<<30)
	set(&l.FileSize, 1<<30)
	set(&l.Output, 64<<20)
	if l.Files <= 0 {
		l.Files = 256
	}
	if l.Processes <= 0 {
		l.Processes = 256
	}
	return l
}

// Cmd is a program about to be run once. Set its fields before Run.
type Cmd struct {
	Env    []string  // added to the few variables that every program gets
	Dir    string    // where it runs; empty: /
	Stdin  io.Reader // nil: nothing
	Stdout io.Writer // what it writes goes here as it comes; nil: nowhere

	ctx      context.Context //nolint:containedctx // as in os/exec
	limits   Limits
	readable []string
	writable []string
	name     string
	args     []string
}

// Command prepares a program, found on the PATH, that may read the files and
// folders readable, and besides write those in writable. All of them are absolute
// and must be there. Programs and libraries of the system can always be read.
func Command(ctx context.Context, l Limits, readable, writable []string, name string, args ...string) *Cmd {
	return &Cmd{ctx: ctx, limits: l.orDefault(), readable: readable, writable: writable, name: name, args: args}
}

// Installed reports whether the program is on the PATH.
func Installed(name string) bool {
	_, err := exec.LookPath(name)
	return err == nil
}

// specVariable tells a fresh copy of this program that it is to confine itself
// and become another.
const specVariable = "HAIDANG_SANDBOX_SPEC"

// spec is what that copy is told.
type spec struct {
	Program            string
	Args, Env          []string
	Dir                string
	Readable, Writable []string
	Limits             Limits
	Walls              walls
}

// spec settles paths and environment.
func (c *Cmd) spec(w walls) (spec, error) {
	program, err := exec.LookPath(c.name)
	if err != nil {
		return spec{}, missing(c.name, err)
	}
	if program, err = filepath.Abs(program); err != nil {
		return spec{}, err
	}
	s := spec{Program: program, Args: append([]string{c.name}, c.args...), Dir: c.Dir, Limits: c.limits, Walls: w,
		Env: append([]string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8", "HOME=/nonexistent", "TZ=UTC"}, c.Env...)}
	if s.Dir == "" {
		s.Dir = "/"
	}
	if s.Readable, err = resolve(c.readable); err != nil {
		return spec{}, err
	}
	s.Writable, err = resolve(c.writable)
	return s, err
}

// resolve wants absolute paths that exist, free of links: a link could lead out later.
func resolve(paths []string) ([]string, error) {
	var all []string
	for _, p := range paths {
		real, err := filepath.EvalSymlinks(p)
		if err != nil {
			return nil, err
		}
		if real != filepath.Clean(p) || !filepath.IsAbs(p) {
			return nil, &os.PathError{Op: "sandbox", Path: p, Err: syscall.ELOOP}
		}
		all = append(all, real)
	}
	return slices.Compact(all), nil
}

// command is the fresh copy of ourselves that turns into the program.
func (s spec) command() (*exec.Cmd, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{filepath.Base(s.Program)}
	cmd.Dir, cmd.Env = "/", []string{specVariable + "=" + string(text)}
	cmd.SysProcAttr = s.Walls.attr()
	cmd.WaitDelay = 5 * time.Second
	return cmd, nil
}
