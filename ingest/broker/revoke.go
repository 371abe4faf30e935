package broker

import (
	"bytes"
	"context"
	"log/slog"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"haidang"
)

// revocationInterval is how soon a connected device feels that its secret was
// changed or its right to sign in taken away.
const revocationInterval = 2 * time.Second

// watchCredentials cuts devices whose secret is no longer the one they signed in with.
func (b *Broker) watchCredentials(ctx context.Context, s *server.Server, done chan struct{}) {
	defer close(done)
	tick := time.NewTicker(revocationInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := b.gate.revoke(ctx, s); err != nil && ctx.Err() == nil {
				slog.Warn("broker: cannot compare secrets", "error", err)
			}
		}
	}
}

func (g *gate) revoke(ctx context.Context, s *server.Server) error {
	connected := g.connected(s)
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
			_ = s.DisconnectClientByID(id)
		}
	}
	return nil
}

// connected forgets closed connections and returns the rest.
func (g *gate) connected(s *server.Server) map[uint64]signIn {
	g.mu.Lock()
	defer g.mu.Unlock()
	open := make(map[uint64]signIn, len(g.seen))
	for id, c := range g.seen {
		if s.GetClient(id) == nil {
			delete(g.seen, id)
			continue
		}
		open[id] = c
	}
	return open
}
