package freeport

import (
	"errors"
	"net"
	"strconv"
	"syscall"
	"testing"
)

// alone binds addr as somebody would who shares with nobody.
func alone(t *testing.T, addr string) error {
	t.Helper()
	_, digits, _ := net.SplitHostPort(addr)
	port, err := strconv.Atoi(digits)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	return syscall.Bind(fd, &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
}

func TestHeldForWhoeverNamesIt(t *testing.T) {
	t.Parallel()
	addr, release, err := Hold()
	if err != nil {
		t.Fatal(err)
	}
	if c, err := net.Dial("tcp", addr); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("somebody listens: %v %v", c, err)
	}
	for range 3 { // a server that is stopped and started again, with a caller left over
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_ = l.Close()
		if err := alone(t, addr); !errors.Is(err, syscall.EADDRINUSE) {
			t.Fatalf("while nobody listens the port is anybody's: %v", err)
		}
	}
	release()
	if l, err := net.Listen("tcp", addr); err != nil {
		t.Errorf("after the release: %v", err)
	} else {
		_ = l.Close()
	}
}

func TestReleasedIsAnybodys(t *testing.T) {
	t.Parallel()
	addr, release, err := Hold()
	if err != nil {
		t.Fatal(err)
	}
	release()
	if err := alone(t, addr); err != nil {
		t.Errorf("still held: %v", err)
	}
}

func TestNeverTwice(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 500 {
		addr := For(t)
		if seen[addr] {
			t.Fatalf("%s was given twice", addr)
		}
		seen[addr] = true
	}
	for range 500 { // nor to who asks the system for any port
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if seen[l.Addr().String()] {
			t.Fatalf("%s was given away", l.Addr())
		}
	}
}
