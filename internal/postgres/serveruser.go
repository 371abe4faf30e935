package postgres

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// serverUser is who runs the server. PostgreSQL refuses root, so root lends it
// to the user that Debian's package makes.
type serverUser struct {
	uid, gid uint32
	name     string
	dropped  bool // we are root, the server is not
}

// findServerUser picks the user for the cluster at dir: ourselves, or when we
// are root the owner of what is there, or postgres.
func findServerUser(dir string) (serverUser, error) {
	if os.Geteuid() != 0 {
		return ourselves()
	}
	if uid, ok := ownerOf(dir); ok && uid != 0 {
		if u, err := user.LookupId(strconv.Itoa(int(uid))); err == nil {
			return asServerUser(u, true)
		}
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return serverUser{}, refuse(
			"Chưa có PostgreSQL trên máy này (không có người dùng postgres); hãy chạy make deps, hoặc cài PostgreSQL 15 trở lên cùng PostGIS.",
			"PostgreSQL is not installed on this machine (there is no user postgres); run make deps, or install PostgreSQL 15 or newer with PostGIS.")
	}
	return asServerUser(u, true)
}

func ourselves() (serverUser, error) {
	u, err := user.Current()
	if err != nil {
		return serverUser{}, fmt.Errorf("find the current user: %w", err)
	}
	return asServerUser(u, false)
}

func asServerUser(u *user.User, dropped bool) (serverUser, error) {
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return serverUser{}, fmt.Errorf("user id %q: %w", u.Uid, err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return serverUser{}, fmt.Errorf("group id %q: %w", u.Gid, err)
	}
	return serverUser{uid: uint32(uid), gid: uint32(gid), name: u.Username, dropped: dropped}, nil
}

// attr makes a child run as the server's user in a process group of its own, so
// that a Ctrl-C meant for us does not stop the server before its clients.
func (u serverUser) attr() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true}
	if u.dropped {
		a.Credential = &syscall.Credential{Uid: u.uid, Gid: u.gid, Groups: []uint32{}}
	}
	return a
}

// keepMemory lets a server process keep up to 16 MiB between two queries. glibc gives
// back every 128 KiB at once, unless it has happened to free a larger piece before: then
// each tile pays an eighth of its time for the same pages again.
var keepMemory = []string{"MALLOC_TRIM_THRESHOLD_=16777216", "MALLOC_MMAP_THRESHOLD_=16777216"}

// command prepares a program to run as the server's user with a plain environment.
func (u serverUser) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir = "/"
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8"}, keepMemory...)
	cmd.SysProcAttr = u.attr()
	return cmd
}

// canEnter tries it, because modes alone know nothing of access lists or network file systems.
func (u serverUser) canEnter(dir string) bool {
	return !u.dropped || u.command("/bin/sh", "-c", `cd -- "$1"`, "sh", dir).Run() == nil
}

// own hands a file or folder that we made to the server's user.
func (u serverUser) own(path string) error {
	if !u.dropped {
		return nil
	}
	return os.Lchown(path, int(u.uid), int(u.gid))
}

func ownerOf(path string) (uid uint32, ok bool) {
	info, err := os.Lstat(path)
	if err != nil {
		return 0, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return stat.Uid, true
}
