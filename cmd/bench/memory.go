package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"golang.org/x/sync/errgroup"

	"haidang/internal/mqttlink"
)

// memoryDevices are connected at once, each with a durable session that holds its
// command subscription.
const memoryDevices = 10_000

// dialing is how many of them sign in at the same time.
const dialing = 16

// memoryBench measures by how many MB the resident memory of a process grows when
// the devices connect: the process that has broker and ingest, and as a floor one
// that has the broker's library alone, with the same sessions. The devices are here.
type memoryBench struct {
	*path
	extras map[string][]float64
}

func prepareMemory(ctx context.Context) (*bench, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur < memoryDevices+500 {
		return nil, fmt.Errorf("%d devices need as many open files; the limit is %d: ulimit -n %d", memoryDevices, limit.Cur, memoryDevices+1000)
	}
	w, err := openWorkshop(ctx)
	if err != nil {
		return nil, err
	}
	b := &memoryBench{path: &path{workshop: w}, extras: map[string][]float64{}}
	if err := b.register(ctx, memoryDevices); err != nil {
		return nil, errors.Join(err, b.close())
	}
	return &bench{extras: b.extras, close: b.close,
		floor: func(ctx context.Context) (float64, error) { return b.grow(ctx, "floor_heap", "bare") },
		value: func(ctx context.Context) (float64, error) { return b.grow(ctx, "heap", b.cluster.URL()) },
	}, nil
}

// grow starts the process, connects the devices, and returns by how many MB it grew.
func (b *memoryBench) grow(ctx context.Context, heap, what string) (float64, error) {
	dir, err := os.MkdirTemp(b.dir, "memory-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	h, err := startHost(ctx, what, dir)
	if err != nil {
		return 0, err
	}
	defer h.end()
	before, heapBefore, err := h.memory()
	if err != nil {
		return 0, err
	}
	links, err := subscribeAll(h.addr)
	defer hangUp(links)
	if err != nil {
		return 0, err
	}
	after, heapAfter, err := h.memory()
	b.extras[heap] = append(b.extras[heap], mb(heapAfter-heapBefore))
	return mb(after - before), err
}

func mb(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// subscribeAll connects the devices and has each subscribe to its commands.
func subscribeAll(addr string) ([]*mqttlink.Link, error) {
	links := make([]*mqttlink.Link, memoryDevices)
	var g errgroup.Group
	g.SetLimit(dialing)
	for i := range links {
		g.Go(func() (err error) {
			name := deviceName(i)
			if links[i], err = mqttlink.Dial(addr, mqttlink.Session{Name: name, Secret: "bench", Durable: true}); err != nil {
				return err
			}
			return links[i].Subscribe("v1/things/" + name + "/commands")
		})
	}
	err := g.Wait()
	connected := links[:0]
	for _, l := range links {
		if l != nil {
			connected = append(connected, l)
		}
	}
	return connected, err
}

// host is a process whose memory is measured.
type host struct {
	cmd   *exec.Cmd
	addr  string
	stdin io.WriteCloser
	out   *bufio.Reader
}

// startHost runs this program as the broker's process: "bare", or with the database
// at a URL the path of serve.
func startHost(ctx context.Context, what, dir string) (*host, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	h := &host{cmd: exec.CommandContext(ctx, self, hostWord, what, dir)}
	h.cmd.Stderr = os.Stderr
	stdout, err := h.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if h.stdin, err = h.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := h.cmd.Start(); err != nil {
		return nil, err
	}
	h.out = bufio.NewReader(stdout)
	line, err := h.out.ReadString('\n')
	if h.addr = strings.TrimSpace(line); err != nil {
		h.end()
		return nil, fmt.Errorf("the broker's process did not start: %w", err)
	}
	return h, nil
}

// memory asks for the resident set and the heap in use, after a collection, in bytes.
func (h *host) memory() (resident, heap int64, err error) {
	if _, err := fmt.Fprintln(h.stdin, "memory"); err != nil {
		return 0, 0, err
	}
	line, err := h.out.ReadString('\n')
	if err != nil {
		return 0, 0, err
	}
	_, err = fmt.Sscanf(line, "%d %d", &resident, &heap)
	return resident, heap, err
}

func (h *host) end() {
	_ = h.stdin.Close()
	_ = h.cmd.Wait()
}
