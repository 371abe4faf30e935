package broker

import (
	"context"
	"log/slog"
	"syscall"
	"time"

	"haidang"
)

const (
	// watchInterval is how often the room on the disk is looked at. What devices
	// can send meanwhile has to fit into the reserve.
	watchInterval = time.Second

	// reopenInterval is the least time between two openings of a failed store.
	reopenInterval = 5 * time.Second

	// closePatience bounds the closing of a failed store.
	closePatience = time.Minute

	gib = 1 << 30
)

// watchStore keeps the gate shut while there is no room, and opens the store
// again when it has failed, until ctx ends.
func (b *Broker) watchStore(ctx context.Context) {
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	var tried time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		b.watch()
		if b.broken() && b.roomToReopen() && time.Since(tried) >= reopenInterval {
			tried = time.Now()
			b.reopen(ctx)
		}
	}
}

// broken reports whether the store takes nothing more until it is opened again:
// nats-server keeps its first write error, or gives JetStream up.
func (b *Broker) broken() bool {
	l := b.running()
	return l == nil || b.failed.Load() || !l.server.JetStreamEnabled()
}

// roomToReopen asks for some of the reserve: without any, the store would fail again.
func (b *Broker) roomToReopen() bool {
	state := b.state.Load()
	return state != nil && state.DiskFree >= state.DiskReserve/4
}

// reopen starts the server again on the same store and address. What it had
// acknowledged is in the store; what it had not is with its sender.
func (b *Broker) reopen(ctx context.Context) {
	slog.Warn("broker: opening the message store again after a write error")
	ctx, cancel := context.WithTimeout(ctx, closePatience)
	defer cancel()
	if err := b.close(ctx); err != nil {
		slog.Error("broker: the failed store does not close yet", "error", err)
		return
	}
	if err := b.open(ctx, b.Addr()); err != nil {
		slog.Error("broker: the message store does not open yet", "error", err)
		return
	}
	b.reopened.Inc()
}

// watch looks at the room once, and shuts or opens the gate accordingly.
func (b *Broker) watch() {
	now, _, err := b.room()
	if err != nil {
		slog.Warn("broker: cannot see how much room the disk has", "error", err)
	}
	before := b.state.Load()
	now.Why = b.why(now, before != nil && before.Open)
	now.Open = now.Why == haidang.Text{}
	b.state.Store(&now)
	if before == nil || before.Open != now.Open {
		slog.Info("broker: devices", "let in", now.Open, "why", now.Why.EN)
	}
	b.gate.close(!now.Open)
}

// why says what keeps devices out, or nothing. Who is out comes in again only
// when there is somewhat more room than the limits ask for.
func (b *Broker) why(now State, open bool) haidang.Text {
	reserve, limit := now.DiskReserve, now.StoreLimit
	if !open {
		reserve, limit = reserve/4*5, limit/10*9
	}
	switch {
	case b.broken():
		return whyFailed
	case now.DiskFree < reserve:
		return whyDisk
	case now.StoreBytes >= limit:
		return whyStore
	}
	return haidang.Text{}
}

// room measures the disk, its size too, and the store.
func (b *Broker) room() (now State, total int64, err error) {
	now = State{StoreLimit: b.config.StoreLimit, DiskReserve: b.config.Reserve}
	if l := b.running(); l != nil && l.server.JetStreamEnabled() {
		now.StoreBytes = int64(l.server.GlobalAccount().JetStreamUsage().Store)
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(b.config.Dir, &disk); err != nil {
		return now, 0, err
	}
	now.DiskFree = int64(disk.Bavail) * disk.Bsize
	return now, int64(disk.Blocks) * disk.Bsize, nil
}

// limit chooses what was not configured by the room there is, and bounds the
// messages. The gate is shut at the limit; what is on its way then still fits.
func (b *Broker) limit(ctx context.Context, l *live) error {
	now, total, err := b.room()
	if err != nil {
		return unusableStore(b.config.Dir, err)
	}
	if b.config.Reserve == 0 {
		b.config.Reserve = min(gib, total/20)
	}
	if b.config.StoreLimit == 0 { // half of what is there beyond the reserve
		b.config.StoreLimit = max(gib/4, now.StoreBytes+(now.DiskFree-b.config.Reserve)/2)
	}
	if b.record.StoreID == "" { // the stream is not made yet
		return nil
	}
	return l.admin.limitStream(ctx, messageStream, b.config.StoreLimit/8*9)
}
