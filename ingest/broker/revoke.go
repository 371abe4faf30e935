package broker

import (
	"bytes"
	"context"
	"log/slog"
	"maps"
	"time"

	"haidang"
)

// revocationInterval is how soon a connected device feels that its secret was
// changed or its right to sign in taken away.
const revocationInterval = 2 * time.Second

// watchCredentials cuts devices whose secret is no longer the one they signed in with.
func (b *Broker) watchCredentials(ctx context.Context) {
	tick := time.NewTicker(revocationInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := b.gate.revoke(ctx); err != nil && ctx.Err() == nil {
				slog.Warn("broker: cannot compare secrets", "error", err)
			}
		}
	}
}

func (g *gate) revoke(ctx context.Context) error {
	l, connected := g.connected()
	if len(connected) == 0 {
		return nil
	}
	things := make([]haidang.ThingID, 0, len(connected))
	for _, c := range connected {
		things = append(things, c.thing)
	}
	ctx, cancel := context.WithTimeout(ctx, signInPatience)
	defer cancel()
	hashes, err := g.credentials.SecretHashes(ctx, things...)
	if err != nil {
		return err
	}
	for id, c := range connected {
		if !bytes.Equal(hashes[c.thing], c.hash[:]) {
			slog.Info("broker: cutting a device whose secret is no longer valid", "thing", c.thing)
			l.disconnect(id)
		}
	}
	return nil
}

// connected forgets closed connections and returns those of devices.
func (g *gate) connected() (*live, map[uint64]signIn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	devices := make(map[uint64]signIn, len(g.seen))
	if g.live == nil {
		return nil, devices
	}
	for id, c := range g.seen {
		switch {
		case g.live.server.GetClient(id) == nil:
			delete(g.seen, id)
		case c.thing != "":
			devices[id] = c
		}
	}
	maps.DeleteFunc(g.sessions, func(_ string, id uint64) bool { return g.live.server.GetClient(id) == nil })
	return g.live, devices
}
