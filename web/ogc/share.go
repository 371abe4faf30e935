package ogc

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"

	"haidang/geo/features"
)

// shares lets each line hold some of the connections for features at once, never all:
// the questions of one visitor wait for each other, not everybody for them.
type shares struct {
	each int

	mu    sync.Mutex
	lines map[string]*share
}

// share is what one line holds.
type share struct {
	places chan struct{}
	users  int // that hold a place or wait for one
}

// enter waits for a place of the line until ctx ends. leave gives it back.
func (s *shares) enter(ctx context.Context, line string) (leave func(), err error) {
	l := s.join(line)
	select {
	case l.places <- struct{}{}:
		return sync.OnceFunc(func() { <-l.places; s.part(line, l) }), nil
	case <-ctx.Done():
		s.part(line, l)
		return nil, ctx.Err()
	}
}

func (s *shares) join(line string) *share {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lines[line]
	if l == nil {
		l = &share{places: make(chan struct{}, s.each)}
		s.lines[line] = l
	}
	l.users++
	return l
}

func (s *shares) part(line string, l *share) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.users--; l.users == 0 {
		delete(s.lines, line)
	}
}

// Reader is the connections for features as far as whoever asks may hold them. Begin
// waits for one until its context ends.
func (a *API) Reader(ctx context.Context) features.Beginner {
	return reader{a, a.config.Line(ctx)}
}

type reader struct {
	api  *API
	line string
}

// Begin makes reader a features.Beginner.
func (r reader) Begin(ctx context.Context) (pgx.Tx, error) {
	leave, err := r.api.shares.enter(ctx, r.line)
	if err != nil {
		return nil, err
	}
	tx, err := r.api.pool.Begin(ctx)
	if err != nil {
		leave()
		return nil, err
	}
	return &reading{tx, leave}, nil
}

// reading is a transaction that gives its place back with its connection.
type reading struct {
	pgx.Tx
	leave func()
}

func (r *reading) Commit(ctx context.Context) error {
	defer r.leave()
	return r.Tx.Commit(ctx)
}

func (r *reading) Rollback(ctx context.Context) error {
	defer r.leave()
	return r.Tx.Rollback(ctx)
}
