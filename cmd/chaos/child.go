package main

import (
	"os/exec"
	"runtime"
	"syscall"
)

// startChild starts a process that dies with the campaign. output reads what the
// process says until it says no more; ended is closed when the process is gone.
func startChild(cmd *exec.Cmd, output func()) (ended <-chan struct{}, err error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started, done := make(chan error, 1), make(chan struct{})
	go func() {
		runtime.LockOSThread() // the kernel's parent in Pdeathsig is the thread that forked
		defer close(done)
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		output()
		_ = cmd.Wait()
	}()
	return done, <-started
}
