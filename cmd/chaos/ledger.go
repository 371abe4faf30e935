package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang/internal/postgres"
)

// count is what the database says about the messages of one round.
type count struct {
	acknowledged int // by the devices' own log
	stored       int // rows of these devices since the round began
	duplicates   int // rows that say again what another row says, and conflicts
	dead         int // dead letters since the round began
	lost         int // acknowledged and not in the table, dead letters among them
}

// databaseURL is where the site's rows are.
func (s *site) databaseURL() (string, error) {
	for i, a := range s.extra {
		if a == "--database-url" {
			return s.extra[i+1], nil
		}
	}
	url, ok := postgres.Running(filepath.Join(s.data, "postgres"))
	if !ok {
		return "", fmt.Errorf("the database of %s does not run", s.data)
	}
	return url, nil
}

func (s *site) connect(ctx context.Context) (*pgx.Conn, error) {
	url, err := s.databaseURL()
	if err != nil {
		return nil, err
	}
	return pgx.Connect(ctx, url)
}

// countOf compares the log of all devices whose names are like the pattern with the
// table, which must be at rest for them.
func (s *site) countOf(ctx context.Context, like, acks string, since time.Time) (c count, err error) {
	conn, err := s.connect(ctx)
	if err != nil {
		return c, err
	}
	defer conn.Close(ctx)
	log, err := os.Open(acks)
	if err != nil {
		return c, err
	}
	defer log.Close()
	if _, err := conn.Exec(ctx, `CREATE TEMPORARY TABLE acked (thing text, seq integer, micros bigint)`); err != nil {
		return c, err
	}
	if _, err := conn.PgConn().CopyFrom(ctx, log, `COPY acked FROM STDIN (DELIMITER ' ')`); err != nil {
		return c, err
	}
	// A message that the log names twice was sent again after its PUBACK: the index refuses it.
	if _, err := conn.Exec(ctx, `CREATE UNIQUE INDEX ON acked (thing, seq); ANALYZE acked`); err != nil {
		return c, err
	}
	err = conn.QueryRow(ctx, countSQL, since, like).Scan(&c.acknowledged, &c.stored, &c.duplicates, &c.dead, &c.lost)
	return c, err
}

// A message is in the table when its device's row for its instant has its value.
// Each message has a value of its own, so a value that is there twice is one too many.
const countSQL = `
	WITH stored AS MATERIALIZED (
		SELECT d.thing, o.phenomenon_time AS at, o.result FROM observation o JOIN datastream d ON d.id = o.datastream
		WHERE d.thing LIKE $2 AND o.phenomenon_time >= $1)
	SELECT (SELECT count(*) FROM acked),
		(SELECT count(*) FROM stored),
		(SELECT count(*) FROM stored) - (SELECT count(*) FROM (SELECT DISTINCT thing, result FROM stored) x)
			+ (SELECT count(*) FROM observation_conflict o JOIN datastream d ON d.id = o.datastream WHERE d.thing LIKE $2 AND o.received_at >= $1),
		(SELECT count(*) FROM dead_letter WHERE received_at >= $1 AND (thing LIKE $2 OR thing = '')),
		(SELECT count(*) FROM acked a LEFT JOIN stored s ON s.thing = a.thing AND s.result = a.seq / 10.0::float8
			AND s.at = timestamptz 'epoch' + a.micros * interval '1 microsecond' WHERE s.thing IS NULL)`
