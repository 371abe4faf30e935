package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

const floorRows = 5_000 // in one transaction of the floor

// ingestBench measures rows/s from the first PUBLISH to the COMMIT of the last row,
// flags and account included. Its floor are as many connections as the path has
// writers, which copy as many rows to temporary tables and insert them into an
// unpartitioned one with the primary key only, while a bare loop carries messages at
// the rate that the value reached: the broker's share of the machine is the same.
// The extras have the same with one connection, and one connection without the loop.
type ingestBench struct {
	*path
	bare    *bareLoop
	perSec  float64 // messages, by the last value
	floorAt time.Time
	extras  map[string][]float64
}

func prepareIngest(ctx context.Context) (*bench, error) {
	w, err := openWorkshop(ctx)
	if err != nil {
		return nil, err
	}
	p, err := openPath(ctx, w, publishers, publishers)
	if err != nil {
		return nil, err
	}
	b := &ingestBench{path: p, floorAt: time.Now().Truncate(time.Second), extras: map[string][]float64{}}
	if err := b.prepare(ctx); err != nil {
		return nil, errors.Join(err, b.close())
	}
	return &bench{floor: b.floor, value: b.value, close: b.close, extras: b.extras,
		note: func() string { return fmt.Sprintf("   %d values a message", len(observed)) }}, nil
}

// prepare makes the floor's table and finds at which rate its bare loop has to run.
func (b *ingestBench) prepare(ctx context.Context) (err error) {
	_, err = b.pool.Exec(ctx, `CREATE TABLE floor (datastream integer NOT NULL, phenomenon_time timestamptz NOT NULL, received_at timestamptz NOT NULL,
		result double precision NOT NULL, PRIMARY KEY (datastream, phenomenon_time))`)
	if err != nil {
		return err
	}
	if b.bare, err = openBareLoop(ctx, b.dir+"/bare", b.registry, b.names); err != nil {
		return err
	}
	_, err = b.value(ctx)
	return err
}

func (b *ingestBench) value(ctx context.Context) (float64, error) {
	perSec, err := b.run(ctx, messages, len(observed), fourReadings)
	b.perSec = perSec
	return perSec * float64(len(observed)), err
}

// floor writes as many rows as a value does, beside the bare loop.
func (b *ingestBench) floor(ctx context.Context) (float64, error) {
	for name, loop := range map[string]float64{"floor_one_connection": b.perSec, "floor_alone": 0} {
		perSec, err := b.floorWith(ctx, 1, loop)
		if err != nil {
			return 0, err
		}
		b.extras[name] = append(b.extras[name], perSec)
	}
	return b.floorWith(ctx, lanes, b.perSec)
}

// floorWith writes the rows over some connections beside a loop of so many messages
// a second; 0 is no loop.
func (b *ingestBench) floorWith(ctx context.Context, connections int, loop float64) (float64, error) {
	if loop == 0 {
		return b.copyRows(ctx, connections)
	}
	stop, reached := make(chan struct{}), make(chan error, 1)
	go func() {
		n, took, err := pour(ctx, pouring{links: b.bare.links, names: b.bare.names, rate: loop, payload: fourReadings}, stop)
		b.extras["floor_loop_per_s"] = append(b.extras["floor_loop_per_s"], float64(n)/took.Seconds())
		reached <- err
	}()
	time.Sleep(time.Second) // the bare loop runs evenly
	perSec, err := b.copyRows(ctx, connections)
	close(stop)
	return perSec, errors.Join(err, <-reached)
}

// copyRows writes rows in the order in which messages bring them; each connection
// has its own part of the devices, as a writer has.
func (b *ingestBench) copyRows(ctx context.Context, connections int) (float64, error) {
	parts := make([][][]any, connections)
	for j := range messages / publishers {
		b.floorAt = b.floorAt.Add(time.Second)
		for s := range publishers * len(observed) {
			k := s % connections
			parts[k] = append(parts[k], []any{int32(s), b.floorAt, b.floorAt, float64(j % 30)})
		}
	}
	begin := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	for _, rows := range parts {
		g.Go(func() error { return b.copyPart(ctx, rows) })
	}
	err := g.Wait()
	return float64(messages*len(observed)) / time.Since(begin).Seconds(), err
}

func (b *ingestBench) copyPart(ctx context.Context, rows [][]any) error {
	conn, err := b.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, `CREATE TEMPORARY TABLE IF NOT EXISTS floor_stage (LIKE floor) ON COMMIT DELETE ROWS`); err != nil {
		return err
	}
	for i := 0; i < len(rows); i += floorRows {
		if err := floorBatch(ctx, conn.Conn(), rows[i:min(i+floorRows, len(rows))]); err != nil {
			return err
		}
	}
	return nil
}

func floorBatch(ctx context.Context, conn *pgx.Conn, rows [][]any) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		columns := []string{"datastream", "phenomenon_time", "received_at", "result"}
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{"floor_stage"}, columns, pgx.CopyFromRows(rows)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO floor SELECT * FROM floor_stage ON CONFLICT DO NOTHING`)
		return err
	})
}

func (b *ingestBench) close() error {
	var err error
	if b.bare != nil {
		err = b.bare.close()
	}
	return errors.Join(err, b.path.close())
}
