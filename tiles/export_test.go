package tiles

import (
	"context"

	"haidang"
)

// Hold takes every connection for tiles until release.
func (s *Service) Hold() (release func()) {
	var leaves []func()
	for range s.config.Conns {
		leave, err := s.queue.Enter(context.Background(), "test")
		if err != nil {
			panic(err)
		}
		leaves = append(leaves, leave)
	}
	return func() {
		for _, leave := range leaves {
			leave()
		}
	}
}

// Waiting is how many cuts wait for a connection.
func (s *Service) Waiting() int { n, _ := s.queue.State(); return n }

// Tidy keeps at most so many rows in a layer's outbox, of whatever age.
func (s *Service) Tidy(ctx context.Context, slug haidang.LayerSlug, rows int) error {
	s.chore.Lock() // whoever tidies at the same time leaves it to the other
	defer s.chore.Unlock()
	return s.tidyLayer(ctx, slug, s.known()[slug].ledger, rows, 0)
}

// Look reads what is new, as after a notice.
func (s *Service) Look(ctx context.Context) error { return s.refresh(ctx) }

// Fresh cuts a tile past all caches.
func (s *Service) Fresh(ctx context.Context, slug haidang.LayerSlug, z, x, y uint32) ([]byte, error) {
	l := s.known()[slug]
	raw, _, err := s.query(ctx, l, key{name: slug, z: z, x: x, y: y})
	return raw, err
}

// DiskFiles is how many tiles are known to be on the disk.
func (s *Service) DiskFiles() int { return s.disk.files.EstimatedSize() }

// Free is how many connections nobody holds.
func (s *Service) Free() int { return s.queue.Free() }

// Connections is how many the service has open.
func (s *Service) Connections() int32 { return s.pool.Stat().TotalConns() }

// MendParts does at once what is done once a day.
func (s *Service) MendParts(ctx context.Context) (int, error) { return mendParts(ctx, s.config.Pool) }
