package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	neighbours     = 100
	neighbourPace  = time.Second // their interval; the hog publishes a thousand times as often
	allowedPerMin  = 120         // twice what the neighbours send
	hogWindow      = 1000
	pausesBetween  = 5 * time.Second
	hogsOverPacing = 1000
)

// floodOne has one device publish at a thousand times its interval beside a hundred
// that keep theirs, and compares how long the others' readings take from PUBLISH to
// COMMIT without it and with it.
func (c *campaign) floodOne(ctx context.Context, dir string) error {
	p := &ownPostgres{dir: filepath.Join(dir, "cluster", "postgres")}
	if err := p.startTimed(ctx); err != nil {
		return err
	}
	crowd := *c
	crowd.clients, crowd.perMinute = neighbours, allowedPerMin
	s, err := crowd.found(ctx, dir, dir, "--database-url", p.cluster.URL())
	if err != nil {
		return errors.Join(err, p.stop())
	}
	return errors.Join(c.floodOneOn(ctx, s), s.close(), p.stop())
}

// startTimed starts the server so that it remembers when each transaction was committed.
func (p *ownPostgres) startTimed(ctx context.Context) error {
	if err := p.start(ctx); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, p.cluster.URL())
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `ALTER SYSTEM SET track_commit_timestamp = on`)
	if err := errors.Join(err, conn.Close(ctx), p.stop()); err != nil {
		return err
	}
	return p.start(ctx)
}

func (c *campaign) floodOneOn(ctx context.Context, s *site) error {
	hogSecrets := filepath.Join(s.dir, "hog-secrets.csv")
	if err := s.register(ctx, "hog", 1, hogSecrets); err != nil {
		return err
	}
	alone, err := c.neighbours(ctx, s, "hog-away", nil)
	if err != nil {
		return err
	}
	var hog *fleet
	beside, err := c.neighbours(ctx, s, "hog-there", func() (err error) {
		hog, err = s.load(ctx, hogSecrets, pacing{window: hogWindow, pace: neighbourPace / hogsOverPacing, abandon: true})
		return err
	})
	if err != nil {
		return err
	}
	said, err := hog.finish(ctx, patience)
	if err != nil {
		return err
	}
	if _, err := s.administrate.drained(ctx, patience); err != nil {
		return err
	}
	return c.judgeHog(ctx, s, said, alone, beside)
}

// latency is from PUBLISH to COMMIT, seconds.
type latency struct {
	messages int
	p50, p99 float64
}

// neighbours publish at their interval, and each of their readings must be stored.
func (c *campaign) neighbours(ctx context.Context, s *site, round string, disturb func() error) (l latency, err error) {
	before, err := s.administrate.drained(ctx, patience)
	if err != nil {
		return l, err
	}
	t := &trial{campaign: c, site: s, round: round, killed: "none", since: time.Now().Truncate(time.Microsecond), before: before}
	if t.fleet, err = s.load(ctx, s.secrets, pacing{window: c.window, pace: neighbourPace}); err != nil {
		return l, err
	}
	if disturb != nil {
		if err := disturb(); err != nil {
			return l, err
		}
	}
	if err := pause(ctx, c.hog); err != nil {
		return l, err
	}
	sent, err := t.fleet.finish(ctx, patience)
	if err != nil {
		return l, err
	}
	if err := pause(ctx, pausesBetween); err != nil { // the last are committed long before
		return l, err
	}
	counted, err := s.countOf(ctx, "kill-%", t.fleet.acks, t.since)
	if err != nil {
		return l, err
	}
	if l, err = s.latencies(ctx, t.since); err != nil {
		return l, err
	}
	fmt.Printf("round=%s killed=none sent=%d acknowledged=%d stored=%d duplicates=%d dead=%d lost=%d publish_to_commit_p50=%.1fms publish_to_commit_p99=%.1fms\n",
		round, sent.sent, counted.acknowledged, counted.stored, counted.duplicates, counted.dead, counted.lost, l.p50*1000, l.p99*1000)
	return l, t.judge(counted, sent, 0)
}

func (s *site) latencies(ctx context.Context, since time.Time) (l latency, err error) {
	conn, err := s.connect(ctx)
	if err != nil {
		return l, err
	}
	defer conn.Close(ctx)
	err = conn.QueryRow(ctx, `
		SELECT count(*), coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY s), 0), coalesce(percentile_cont(0.99) WITHIN GROUP (ORDER BY s), 0)
		FROM (SELECT extract(epoch FROM pg_xact_commit_timestamp(o.xmin) - o.phenomenon_time)::float8 AS s
			FROM observation o JOIN datastream d ON d.id = o.datastream
			WHERE d.thing LIKE 'kill-%' AND o.phenomenon_time >= $1) x`, since).Scan(&l.messages, &l.p50, &l.p99)
	return l, err
}

func (c *campaign) judgeHog(ctx context.Context, s *site, said status, alone, beside latency) error {
	conn, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var stored, overRate, otherwise, cuts int
	err = conn.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM observation o JOIN datastream d ON d.id = o.datastream WHERE d.thing = 'hog-000'),
			(SELECT count(*) FROM dead_letter WHERE thing = 'hog-000' AND reason = 'rate'),
			(SELECT count(*) FROM dead_letter WHERE reason <> 'rate'),
			(SELECT coalesce(sum(attempts), 0) FROM mqtt_refusal WHERE thing = 'hog-000' AND kind = 'rate')::int`).
		Scan(&stored, &overRate, &otherwise, &cuts)
	if err != nil {
		return err
	}
	fmt.Printf("round=hog killed=none sent=%d acknowledged=%d stored=%d dead_letters_rate=%d connections_refused=%d refused_seen_by_device=%d others_p99_without=%.1fms others_p99_with=%.1fms\n",
		said.sent, said.acked, stored, overRate, cuts, said.denied, alone.p99*1000, beside.p99*1000)
	switch {
	case overRate == 0:
		return errors.New("hog: nothing was dead-lettered as rate")
	case said.denied == 0:
		return errors.New("hog: the device was never cut and refused")
	case otherwise > 0:
		return fmt.Errorf("hog: %d dead letters for another reason", otherwise)
	}
	return nil
}
