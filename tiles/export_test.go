package tiles

import (
	"context"
	"time"

	"haidang"
)

// Hold takes every connection for tiles until release.
func (s *Service) Hold() (release func()) {
	var leaves []func()
	for range s.config.Conns {
		leave, err := s.queue.enter(context.Background(), "test")
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
func (s *Service) Waiting() int { n, _ := s.queue.state(); return n }

// Tidy keeps at most so many rows in a layer's outbox, of whatever age.
func (s *Service) Tidy(ctx context.Context, slug haidang.LayerSlug, rows int) error {
	return s.tidyLayer(ctx, slug, s.known()[slug].ledger, rows, 0)
}

// Look reads what is new, as after a notice.
func (s *Service) Look(ctx context.Context) error { return s.refresh(ctx) }

// Patience is how long a cut that nobody waits for goes on.
const Patience = lingering + time.Second
