package broker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
	"github.com/nats-io/nats.go"

	"haidang"
	"haidang/internal/mqttclient"
)

// smallDisk mounts a file system of that size in memory.
func smallDisk(t *testing.T, bytes int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", bytes)); err != nil {
		t.Skipf("this test fills a disk of its own, which it may not mount here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}

// fill takes all that is left of a disk but for some bytes; removing the file frees it.
func fill(t *testing.T, dir string, leave int64) (path string) {
	t.Helper()
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(dir, "filler")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	page := make([]byte, disk.Bsize)
	for left := int64(disk.Bavail) - leave/disk.Bsize; left > 0; left-- {
		if _, err := f.Write(page); err != nil {
			return path // full, which is as well
		}
	}
	return path
}

// counted is a copy of the attempts that are not written down yet: the broker counts on.
func counted(b *Broker) map[attempt]tally {
	b.refusals.mu.Lock()
	defer b.refusals.mu.Unlock()
	return maps.Clone(b.refusals.attempts)
}

// TestReserve takes the disk down to its reserve and looks that devices are kept
// out, that lanes are not, and that all goes on by itself.
func TestReserve(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t, 32<<20)
	b := start(t, Config{Dir: disk + "/messages", Partitions: 1, Reserve: 8 << 20, StoreLimit: 1 << 30})
	d := dial(t, deviceOptions(b, "gauge1"))
	publish(t, b, "gauge2", 0, 100)
	l := listen(t, b, 0)
	filler := fill(t, disk, 6<<20)
	eventually(t, "connection", false, d.IsConnectionOpen)
	if s := b.State(); s.Open || s.Why != whyDisk || s.DiskFree >= s.DiskReserve || s.StoreBytes == 0 || s.Connections != 0 {
		t.Errorf("state is %+v", s)
	}
	for what, options := range map[string]*mqtt.ClientOptions{"a device": deviceOptions(b, "gauge1"), "a publisher": b.ClientOptions(UserWeb)} {
		err := mqttclient.Finish(t.Context(), mqtt.NewClient(options).Connect())
		if err == nil || errors.Is(err, packets.ErrorRefusedNotAuthorised) {
			t.Errorf("%s without room: %v, want no answer", what, err)
		}
	}
	if n := counted(b)[attempt{"gauge1", RefusedFull, ""}].n; n != 1 {
		t.Errorf("%d refusals are counted, want 1", n)
	}
	l.want(t, 0, 99)
	for _, m := range l.messages() {
		m.Ack()
	}
	eventually(t, "waiting", 0, func() int { return account(t, b).Waiting })
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	eventually(t, "open", true, func() bool { return b.State().Open })
	publish(t, b, "gauge1", 100, 1)
	l.want(t, 0, 100)
}

// TestStoreLimit fills the store itself, by what nobody fetches.
func TestStoreLimit(t *testing.T) {
	t.Parallel()
	const limit = 4 << 20
	b := start(t, Config{Dir: t.TempDir(), Partitions: 1, Reserve: 1, StoreLimit: limit})
	sent := hammer(t, b, 4, 8<<10)
	eventually(t, "why", whyStore, func() haidang.Text { return b.State().Why })
	acknowledged := sent()
	if most := int64(limit/8*9 + limit/8); b.State().StoreBytes > most { // sessions are in it too
		t.Errorf("the store has %d bytes, may have %d", b.State().StoreBytes, most)
	}
	l := listen(t, b, 0)
	wantAll(t, l, acknowledged)
	for _, m := range l.messages() {
		m.Ack()
	}
	eventually(t, "open", true, func() bool { return b.State().Open })
}

// TestDiskFull lets the store run into a full disk. It must acknowledge nothing
// that it could not write, and go on by itself, bus and lanes too, when there is
// room again.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t, 64<<20)
	b := start(t, Config{Dir: disk + "/messages", Partitions: 1, Reserve: 4 << 20, StoreLimit: 1 << 30, Window: 65_535})
	bus, err := b.InProcessConn()
	if err != nil {
		t.Fatal(err)
	}
	defer bus.Close()
	heard := make(chan *nats.Msg, 1000)
	if _, err := bus.ChanSubscribe("hd.test", heard); err != nil {
		t.Fatal(err)
	}
	first := b.running()
	address := b.Addr()
	sent := hammer(t, b, 8, 1<<10)
	time.Sleep(time.Second)
	filler := fill(t, disk, 0)
	eventually(t, "why", whyFailed, func() haidang.Text { return b.State().Why })
	time.Sleep(3 * time.Second)
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	eventually(t, "open", true, func() bool { return b.State().Open })
	if b.running() == first || b.Addr() != address {
		t.Error("the store was not opened again at the same address")
	}
	time.Sleep(time.Second)
	acknowledged := sent()
	wantAll(t, listen(t, b, 0), acknowledged)
	eventually(t, "the bus", true, func() bool {
		return bus.Publish("hd.test", nil) == nil && bus.Flush() == nil && len(heard) > 0
	})
}

// hammer has devices publish numbers, each with that many bytes, until the
// returned function is called, which says what was acknowledged. A device sends
// the same number again until it is.
func hammer(t *testing.T, b *Broker, devices, bytes int) (finish func() map[string]bool) {
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	var all sync.WaitGroup
	acknowledged := map[string]bool{}
	padding := strings.Repeat("x", bytes)
	for i := range devices {
		thing := fmt.Sprintf("gauge%d", i)
		all.Go(func() {
			var d mqtt.Client
			for n := 0; ctx.Err() == nil; {
				if d == nil || !d.IsConnectionOpen() {
					d = mqtt.NewClient(deviceOptions(b, thing))
					if mqttclient.Finish(ctx, d.Connect()) != nil {
						time.Sleep(50 * time.Millisecond)
						continue
					}
				}
				number := fmt.Sprint(thing, " ", n)
				if mqttclient.Finish(ctx, d.Publish("v1/things/"+thing+"/telemetry", 1, false, number+" "+padding)) == nil {
					mu.Lock()
					acknowledged[number] = true
					mu.Unlock()
					n++
				}
			}
			d.Disconnect(0)
		})
	}
	return func() map[string]bool {
		cancel()
		all.Wait()
		t.Logf("%d were acknowledged", len(acknowledged))
		return acknowledged
	}
}

// wantAll waits until a lane has received every number that was acknowledged.
func wantAll(t *testing.T, l *listener, acknowledged map[string]bool) {
	t.Helper()
	eventually(t, "missing", 0, func() int {
		have := map[string]bool{}
		for _, m := range l.messages() {
			thing, rest, _ := strings.Cut(string(m.Payload()), " ")
			number, _, _ := strings.Cut(rest, " ")
			have[thing+" "+number] = true
		}
		missing := 0
		for number := range acknowledged {
			if !have[number] {
				missing++
			}
		}
		return missing
	})
}
