package postgres

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// orphanPatience is how long a left-over server may take to stop cleanly.
const orphanPatience = 30 * time.Second

// postmaster is what a server writes about itself into postmaster.pid.
type postmaster struct {
	pid    int
	socket string // folder
}

// readPostmaster returns the living server of the cluster at data, if there is one.
func readPostmaster(data string) (postmaster, bool) {
	text, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return postmaster{}, false
	}
	lines := strings.Split(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || pid < 2 || !alive(pid) || !worksIn(pid, data) {
		return postmaster{}, false
	}
	p := postmaster{pid: pid}
	if len(lines) > 4 {
		p.socket = strings.TrimSpace(lines[4])
	}
	return p, true
}

// worksIn tells a server from a stranger that got its number: a server works in its data folder.
func worksIn(pid int, data string) bool {
	cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	if err != nil {
		return false
	}
	a, errA := os.Stat(cwd)
	b, errB := os.Stat(data)
	return errA == nil && errB == nil && os.SameFile(a, b)
}

// stopOrphan ends a server whose program was killed, and clears away what a
// killed server left, which would stop the next one if its number is taken again.
func (c *Cluster) stopOrphan(ctx context.Context) error {
	p, living := readPostmaster(c.data)
	if !living {
		err := os.Remove(filepath.Join(c.data, "postmaster.pid"))
		if os.IsNotExist(err) {
			return nil
		}
		return err
	}
	c.config.Notice(fmt.Sprintf("A database server is left over from a killed program (process %d): stopping it first.", p.pid))
	ctx, cancel := context.WithTimeout(ctx, orphanPatience)
	defer cancel()
	return stopServer(ctx, p.pid, gone(p.pid))
}

// gone is closed once a process that is not our child has ended.
func gone(pid int) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for deadline := time.Now().Add(time.Minute); alive(pid) && time.Now().Before(deadline); {
			time.Sleep(20 * time.Millisecond)
		}
	}()
	return done
}

// Running returns the URL of the private cluster of the folder dir when its
// server runs, as while `haidang serve` does, so that other verbs can join it.
func Running(dir string) (url string, ok bool) {
	data := dir
	if there, err := os.ReadFile(dir + ".location"); err == nil {
		data = strings.TrimSpace(string(there))
	}
	p, ok := readPostmaster(data)
	if !ok || p.socket == "" {
		return "", false
	}
	return socketURL(p.socket, clusterDatabase), true
}
