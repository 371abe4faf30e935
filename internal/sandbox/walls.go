package sandbox

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"syscall"
	"time"
)

// nobody is who runs the programs when we are root.
const nobody = 65534

// walls are the ways to confine that this machine has.
type walls struct {
	Namespaces bool // no network, no other processes, no files but the named ones
	User       bool // the namespaces hang on one of users, because we are not root
	Landlock   int  // version of the kernel's interface, 0 for none
	Drop       bool // we are root, the program is nobody
}

// strongest finds out once what this machine has, by trying.
var strongest = sync.OnceValue(func() walls {
	w := walls{Landlock: landlockVersion(), Drop: os.Geteuid() == 0}
	full := w
	full.Namespaces, full.User = true, !w.Drop
	if err := full.try(); err == nil {
		return full
	} else if w.Landlock > 0 {
		slog.Warn("sandbox: this system gives no namespaces; outside programs are confined by Landlock and limits alone", "why", err)
	}
	if err := w.try(); err != nil || w.Landlock == 0 {
		slog.Warn("sandbox: this system has neither namespaces nor Landlock; outside programs are bounded in time and size, but can read what the server's user can", "why", err)
		w.Landlock = 0
	}
	return w
})

// try runs the smallest program there is.
func (w walls) try() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return Command(ctx, Limits{}, nil, nil, "true").run(w)
}

// attr is how the program is started: in a process group of its own, dying with
// us, and in the namespaces.
func (w walls) attr() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if !w.Namespaces {
		return a
	}
	a.Cloneflags = syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC
	if w.User {
		a.Cloneflags |= syscall.CLONE_NEWUSER
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
	}
	return a
}
