package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
)

const (
	// returnPatience is how long after a start devices have to come back.
	returnPatience = 2 * time.Minute

	// absentRetry is when to try again what the database did not take.
	absentRetry = 10 * time.Second
)

// tellAbsent writes down, once after a start, which devices did not come back: a
// broker that was killed could send no last will for them.
func (s *Service) tellAbsent(ctx context.Context) {
	started := time.Now()
	for wait := returnPatience; ; wait = absentRetry {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		n, err := s.markAbsent(ctx, started)
		if err == nil {
			slog.Info("ingest: looked who came back after the start", "absent", n)
			return
		}
		slog.Warn("ingest: cannot write down yet who did not come back", "error", err)
	}
}

// markAbsent says offline of each device that said online before, and nothing
// since, and has no connection now.
func (s *Service) markAbsent(ctx context.Context, before time.Time) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, commitPatience)
	defer cancel()
	now := time.Now().UTC().Truncate(time.Microsecond) // a device that comes back from here on has a newer word
	rows, err := s.config.Pool.Query(ctx, `INSERT INTO thing_status (thing, at, online, detail)
		SELECT t.id, $1, false, 'not connected since the broker started'
		FROM thing t CROSS JOIN LATERAL (SELECT at, online FROM thing_status WHERE thing = t.id ORDER BY at DESC, id DESC LIMIT 1) s
		WHERE s.online AND s.at < $2 AND NOT t.id = ANY ($3) RETURNING thing`, now, before, s.config.Broker.Connected())
	if err != nil {
		return 0, err
	}
	absent, err := pgx.CollectRows(rows, pgx.RowTo[haidang.ThingID])
	if err != nil {
		return 0, fmt.Errorf("write status: %w", err)
	}
	done := committed{}
	for _, thing := range absent {
		done.things = append(done.things, haidang.ThingChanged{Thing: thing, Online: false})
	}
	done.announce(s.config.Bus)
	return len(absent), nil
}
