package sandbox

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"unsafe"

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
	return s.exec()
}

// exec limits the address space and turns into the program. Go may need memory for
// anything, and with a small limit there is none left: so everything is made ready
// first, and between the limit and the program stand bare system calls alone.
func (s spec) exec() error {
	program, err := syscall.BytePtrFromString(s.Program)
	if err != nil {
		return err
	}
	args, err := syscall.SlicePtrFromStrings(s.Args)
	if err != nil {
		return err
	}
	env, err := syscall.SlicePtrFromStrings(s.Env)
	if err != nil {
		return err
	}
	limit, err := lowered(unix.RLIMIT_AS, uint64(s.Limits.Memory))
	if err != nil {
		return err
	}
	if _, _, e := syscall.RawSyscall(unix.SYS_SETRLIMIT, unix.RLIMIT_AS, uintptr(unsafe.Pointer(&limit)), 0); e != 0 {
		return e
	}
	_, _, e := syscall.RawSyscall(unix.SYS_EXECVE, uintptr(unsafe.Pointer(program)), uintptr(unsafe.Pointer(&args[0])), uintptr(unsafe.Pointer(&env[0])))
	return e
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

// set puts the limits on this process, but for the address space: see exec.
func (l Limits) set() error {
	seconds := uint64(l.CPU.Seconds()) + 1
	for _, r := range []struct {
		resource int
		value    uint64
	}{
		{unix.RLIMIT_CORE, 0}, {unix.RLIMIT_CPU, seconds}, {unix.RLIMIT_FSIZE, uint64(l.FileSize)}, {unix.RLIMIT_NOFILE, uint64(l.Files)},
		{unix.RLIMIT_NPROC, uint64(l.Processes)}, {unix.RLIMIT_MEMLOCK, 0},
	} {
		limit, err := lowered(r.resource, r.value)
		if err != nil {
			return err
		}
		if err := syscall.Setrlimit(r.resource, &limit); err != nil {
			return err
		}
	}
	return nil
}

// lowered returns the value as a limit of this process, or its present limit where
// that is lower.
func lowered(resource int, value uint64) (syscall.Rlimit, error) {
	var now syscall.Rlimit
	if err := syscall.Getrlimit(resource, &now); err != nil {
		return now, err
	}
	value = min(value, now.Max)
	return syscall.Rlimit{Cur: value, Max: value}, nil
}
