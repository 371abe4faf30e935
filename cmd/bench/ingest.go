package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"haidang"
	"haidang/ingest"
	"haidang/ingest/broker"
	"haidang/internal/bus"
)

const (
	devices   = 200    // connections that publish
	messages  = 50_000 // in one run
	inFlight  = 50     // PUBLISH without PUBACK, per connection
	floorRows = 5_000  // in one transaction of the floor
)

// observed is what each message carries.
var observed = []haidang.PropertyCode{"salinity", "water_level", "water_temperature", "battery"}

// ingestBench measures rows/s from the first PUBLISH to the COMMIT of the last
// row. Its floor is one connection that copies the same rows to a temporary
// table and inserts them into an unpartitioned one with the primary key only.
type ingestBench struct {
	*workshop
	broker  *broker.Broker
	service *ingest.Service
	links   []*link
	next    time.Time // phenomenon time of the next run: no row comes twice
	stored  int64     // by all runs so far
}

func prepareIngest(ctx context.Context) (*bench, error) {
	w, err := openWorkshop(ctx)
	if err != nil {
		return nil, err
	}
	b := &ingestBench{workshop: w, next: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	if err := b.start(ctx); err != nil {
		return nil, errors.Join(err, b.close())
	}
	return &bench{floor: b.floor, value: b.value, close: b.close,
		note: func() string { return fmt.Sprintf("   %d values a message", len(observed)) }}, nil
}

func (b *ingestBench) start(ctx context.Context) error {
	_, err := b.pool.Exec(ctx, `INSERT INTO agency VALUES ('bench', 'bench', 'bench');
		CREATE TABLE floor (datastream integer NOT NULL, phenomenon_time timestamptz NOT NULL, received_at timestamptz NOT NULL,
			result double precision NOT NULL, PRIMARY KEY (datastream, phenomenon_time))`)
	if err != nil {
		return err
	}
	if err := ingest.ReferenceData(ctx, b.pool); err != nil {
		return err
	}
	registry := ingest.NewRegistry(b.pool)
	if err := registry.Register(ctx, registrations()); err != nil {
		return err
	}
	b.broker = broker.New(broker.Config{Dir: b.dir + "/messages", Addr: "127.0.0.1:0"}, registry)
	if err := b.broker.Start(ctx); err != nil {
		return err
	}
	conn, err := b.broker.InProcessConn()
	if err != nil {
		return err
	}
	b.service = ingest.NewService(ingest.ServiceConfig{Pool: b.pool, Bus: bus.New(conn), Broker: b.broker})
	if err := b.service.Start(ctx); err != nil {
		return err
	}
	for i := range devices {
		l, err := dial(b.broker.Addr(), deviceName(i), "bench")
		if err != nil {
			return err
		}
		b.links = append(b.links, l)
	}
	return nil
}

func deviceName(i int) string { return fmt.Sprintf("bench-%03d", i) }

func registrations() []ingest.Registration {
	var all []ingest.Registration
	for i := range devices {
		all = append(all, ingest.Registration{ID: haidang.ThingID(deviceName(i)), Type: "salinity_station", Name: deviceName(i),
			Agency: "bench", Lon: 106, Lat: 9.5, Properties: observed, Secret: "bench"})
	}
	return all
}

// value publishes from all devices at once and waits for the last COMMIT.
func (b *ingestBench) value(ctx context.Context) (float64, error) {
	each := messages / devices
	packets := make([][][]byte, devices)
	for i := range packets {
		for j := range each {
			t := b.next.Add(time.Duration(j) * time.Second).Format(time.RFC3339)
			payload := fmt.Sprintf(`{"time":%q,"seq":%d,"values":{"salinity":%d.42,"water_level":1.21,"water_temperature":28.4,"battery":12.6}}`, t, j, j%30)
			packets[i] = append(packets[i], publishPacket("v1/things/"+deviceName(i)+"/telemetry", uint16(j%60000+1), payload))
		}
	}
	b.next = b.next.Add(time.Duration(each) * time.Second)
	begin := time.Now()
	g, _ := errgroup.WithContext(ctx)
	for i, l := range b.links {
		g.Go(func() error { return l.publish(packets[i], inFlight) })
	}
	if err := g.Wait(); err != nil {
		return 0, err
	}
	rows := int64(devices * each * len(observed))
	b.stored += rows
	if err := b.awaitStored(ctx); err != nil {
		return 0, err
	}
	return float64(rows) / time.Since(begin).Seconds(), nil
}

func (b *ingestBench) awaitStored(ctx context.Context) error {
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		var stored int64
		if err := b.pool.QueryRow(ctx, `SELECT coalesce(sum(stored), 0)::bigint FROM device_account`).Scan(&stored); err != nil {
			return err
		}
		if stored == b.stored {
			return nil
		}
	}
	return errors.New("not every row was stored within two minutes")
}

// floor writes as many rows in the order in which messages bring them.
func (b *ingestBench) floor(ctx context.Context) (float64, error) {
	var rows [][]any
	for j := range messages / devices {
		t := b.next.Add(time.Duration(j) * time.Second)
		for s := range devices * len(observed) {
			rows = append(rows, []any{int32(s), t, t, float64(j % 30)})
		}
	}
	conn, err := b.pool.Acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, `CREATE TEMPORARY TABLE IF NOT EXISTS floor_stage (LIKE floor) ON COMMIT DELETE ROWS`); err != nil {
		return 0, err
	}
	begin := time.Now()
	for i := 0; i < len(rows); i += floorRows {
		if err := floorBatch(ctx, conn.Conn(), rows[i:min(i+floorRows, len(rows))]); err != nil {
			return 0, err
		}
	}
	return float64(len(rows)) / time.Since(begin).Seconds(), nil
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
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var err error
	for _, l := range b.links {
		err = errors.Join(err, l.conn.Close())
	}
	if b.service != nil {
		err = errors.Join(err, b.service.Stop(ctx))
	}
	if b.broker != nil {
		err = errors.Join(err, b.broker.Stop(ctx))
	}
	return errors.Join(err, b.workshop.close())
}
