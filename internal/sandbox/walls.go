package sandbox

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"haidang"
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

// landlockNet is the first version of Landlock that keeps a program from the network.
const landlockNet = 4

// weak reports whether a program could reach the network or files that are not its own.
func (w walls) weak() bool { return !w.Namespaces && w.Landlock < landlockNet }

// strongest finds out once what this machine has, by trying.
var strongest = sync.OnceValue(func() walls {
	w := walls{Landlock: landlockVersion(), Drop: os.Geteuid() == 0}
	full := w
	full.Namespaces, full.User = true, !w.Drop
	err := full.try()
	if err == nil {
		return full
	}
	if w.Landlock > 0 && w.try() != nil {
		w.Landlock = 0
	}
	slog.Warn("sandbox: this system gives no namespaces; outside programs have Landlock and limits alone", "landlock", w.Landlock, "weak", w.weak(), "why", err)
	return w
})

var weakAllowed atomic.Bool

// AllowWeak lets programs run where the walls have a gap. Until then they are refused.
func AllowWeak() { weakAllowed.Store(true) }

// admit refuses walls with a gap that nobody has allowed.
func admit(w walls) error {
	if !w.weak() || weakAllowed.Load() {
		return nil
	}
	return haidang.Refuse(haidang.ErrNotInstalled,
		"Máy chủ này không ngăn được chương trình ngoài (GDAL, MapServer) đọc tệp khác hay ra mạng, nên không mở tệp lạ. Quản trị viên hãy cho phép không gian tên (namespaces) trong vùng chứa, hoặc dùng nhân Linux 6.7 trở lên; hay chấp nhận bằng HAIDANG_WEAK_SANDBOX=true.",
		"This server cannot keep outside programs (GDAL, MapServer) from other files or the network, so it opens no strangers' files. An administrator should allow namespaces in the container or use Linux 6.7 or newer; or accept it with HAIDANG_WEAK_SANDBOX=true.")
}

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
