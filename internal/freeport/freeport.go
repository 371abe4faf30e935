// Package freeport finds addresses of this machine for programs that have to be told
// where to listen before they are started.
//
// In: nothing. Out: an address at which nobody listens, held: until it is released the
// system gives its port to nobody who does not name it, also while the program that
// listens there is stopped and started again.
//
// It must never be needed where a program can choose its port itself (":0") and say so.
package freeport

import (
	"fmt"
	"syscall"
)

// Hold returns an address and what ends the hold. A socket is bound there that never
// listens. Bound first without SO_REUSEADDR, it is alone; given that option afterwards,
// it lets in who has it too and names the port, as servers do. To callers and to who asks
// for any port the system gives none that is bound.
func Hold() (addr string, release func(), err error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return "", nil, err
	}
	release = func() { _ = syscall.Close(fd) }
	port, err := bind(fd)
	if err != nil {
		release()
		return "", nil, fmt.Errorf("no port is free: %w", err)
	}
	return fmt.Sprintf("127.0.0.1:%d", port), release, nil
}

func bind(fd int) (port int, err error) {
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, err
	}
	at, err := syscall.Getsockname(fd)
	if err != nil {
		return 0, err
	}
	return at.(*syscall.SockaddrInet4).Port, syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
}

// test is what a test has; this package is not to depend on testing.
type test interface {
	Helper()
	Cleanup(func())
	Fatal(...any)
}

// For returns an address that is held until the test ends.
func For(t test) string {
	t.Helper()
	addr, release, err := Hold()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	return addr
}
