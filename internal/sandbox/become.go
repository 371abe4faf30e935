package sandbox

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// init makes this process another program when it was started for that. It works
// so in every program that has this package, tests included, before they begin.
func init() {
	text, asked := os.LookupEnv(specVariable)
	if !asked {
		return
	}
	runtime.LockOSThread() // what follows holds for this thread, and exec keeps it
	var s spec
	err := json.Unmarshal([]byte(text), &s)
	if err == nil {
		err = s.become()
	}
	fmt.Fprintln(os.Stderr, "sandbox:", err)
	os.Exit(126)
}

// become raises the walls and turns into the program. It returns only when that fails.
func (s spec) become() error {
	steps := []struct {
		name string
		when bool
		do   func() error
	}{
		{"root folder", s.Walls.Namespaces, s.enterRoot},
		{"user", s.Walls.Drop, becomeNobody},
		{"capabilities", s.Walls.Namespaces, dropCapabilities},
		{"folder", true, func() error { return os.Chdir(s.Dir) }},
		{"privileges", true, func() error { return unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) }},
		{"landlock", s.Walls.Landlock > 0, s.landlock},
		{"signal", true, func() error { return unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0) }}, // a change of user undid it
		{"limits", true, s.Limits.set},
	}
	for _, step := range steps {
		if !step.when {
			continue
		}
		if err := step.do(); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return syscall.Exec(s.Program, s.Args, s.Env)
}

func becomeNobody() error {
	if err := syscall.Setgroups([]int{}); err != nil {
		return err
	}
	if err := syscall.Setresgid(nobody, nobody, nobody); err != nil {
		return err
	}
	return syscall.Setresuid(nobody, nobody, nobody)
}

// dropCapabilities sees to it that the program gets none, even as the root of a
// namespace of users.
func dropCapabilities() error {
	if os.Geteuid() != 0 {
		return nil // a change of user has taken them
	}
	for c := range uintptr(unix.CAP_LAST_CAP + 1) {
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0); err != nil && err != unix.EINVAL { // an older kernel has fewer
			return err
		}
	}
	return unix.Prctl(unix.PR_SET_SECUREBITS, 1<<0|1<<1, 0, 0, 0) // SECBIT_NOROOT and its lock
}

// set puts the limits on this process. Address space comes last: from then on
// there is little left for Go itself.
func (l Limits) set() error {
	seconds := uint64(l.CPU.Seconds()) + 1
	for _, r := range []struct {
		resource int
		value    uint64
	}{
		{unix.RLIMIT_CORE, 0}, {unix.RLIMIT_CPU, seconds}, {unix.RLIMIT_FSIZE, uint64(l.FileSize)}, {unix.RLIMIT_NOFILE, uint64(l.Files)},
		{unix.RLIMIT_NPROC, uint64(l.Processes)}, {unix.RLIMIT_MEMLOCK, 0}, {unix.RLIMIT_AS, uint64(l.Memory)},
	} {
		var now syscall.Rlimit
		if err := syscall.Getrlimit(r.resource, &now); err != nil {
			return err
		}
		value := min(r.value, now.Max)
		if err := syscall.Setrlimit(r.resource, &syscall.Rlimit{Cur: value, Max: value}); err != nil {
			return err
		}
	}
	return nil
}
