package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"

	"haidang"
	"haidang/ingest"
	"haidang/ingest/broker"
	"haidang/internal/bus"
	"haidang/internal/mqttlink"
)

const (
	publishers = 200    // connections that publish
	messages   = 50_000 // in one run
	inFlight   = 50     // PUBLISH without PUBACK, per connection
	lanes      = 4      // partitions, as serve has them
)

// path is the whole way of a reading: broker, ingest and database in this process,
// and devices that are connected to it.
type path struct {
	*workshop
	registry *ingest.Registry
	broker   *broker.Broker
	conn     *nats.Conn
	bus      *bus.Bus
	service  *ingest.Service
	links    []*mqttlink.Link
	names    []string // of the devices behind links
	last     time.Time
	stored   int64 // readings by all runs so far
}

// observed is what each device measures.
var observed = []haidang.PropertyCode{"salinity", "water_level", "water_temperature", "battery"}

// openPath registers so many devices and connects as many of them, evenly chosen,
// as publish.
func openPath(ctx context.Context, w *workshop, known, connected int) (*path, error) {
	p := &path{workshop: w}
	if err := p.open(ctx, known, connected); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

func (p *path) open(ctx context.Context, known, connected int) (err error) {
	if err := p.register(ctx, known); err != nil {
		return err
	}
	p.broker = broker.New(broker.Config{Dir: p.dir + "/messages", Addr: "127.0.0.1:0", Partitions: lanes}, p.registry)
	if err := p.broker.Start(ctx); err != nil {
		return err
	}
	if p.conn, err = p.broker.InProcessConn(); err != nil {
		return err
	}
	p.bus = bus.New(p.conn)
	service := ingest.NewService(ingest.ServiceConfig{Pool: p.pool, Bus: p.bus, Broker: p.broker})
	if err := service.Start(ctx); err != nil {
		return err
	}
	p.service = service
	for i := range connected {
		p.names = append(p.names, deviceName(i*(known/connected)))
	}
	p.links, err = dialAll(p.broker.Addr(), p.names)
	return err
}

func dialAll(addr string, names []string) (links []*mqttlink.Link, err error) {
	for _, name := range names {
		l, err := mqttlink.Dial(addr, mqttlink.Session{Name: name, Secret: "bench"})
		if err != nil {
			return links, err
		}
		links = append(links, l)
	}
	return links, nil
}

func deviceName(i int) string { return fmt.Sprintf("bench-%06d", i) }

// register makes devices known. What they may send a minute is not limited.
func (p *path) register(ctx context.Context, known int) error {
	if _, err := p.pool.Exec(ctx, `INSERT INTO agency VALUES ('bench', 'bench', 'bench')`); err != nil {
		return err
	}
	if err := ingest.ReferenceData(ctx, p.pool); err != nil {
		return err
	}
	if err := ingest.NewRegistry(p.pool).SetLimit(ctx, "bench", "salinity_station", 0, 0); err != nil { // each device sends a day's messages a second
		return err
	}
	p.registry = ingest.NewRegistry(p.pool)
	const atOnce = 5_000
	for from := 0; from < known; from += atOnce {
		var some []ingest.Registration
		for i := from; i < min(known, from+atOnce); i++ {
			some = append(some, ingest.Registration{ID: haidang.ThingID(deviceName(i)), Type: "salinity_station", Name: deviceName(i),
				Agency: "bench", Lon: 106, Lat: 9.5, Properties: observed, Secret: "bench"})
		}
		if err := p.registry.Register(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// run publishes n messages from all devices at once, each with the readings that
// payload writes, and waits for the last COMMIT. It returns messages per second.
func (p *path) run(ctx context.Context, n, readings int, payload func(t time.Time, seq int) []byte) (float64, error) {
	packets := p.packets(n, payload)
	begin := time.Now()
	if err := publishAll(ctx, p.links, packets); err != nil {
		return 0, err
	}
	n = n / len(p.links) * len(p.links)
	p.stored += int64(n * readings)
	if err := p.awaitStored(ctx); err != nil {
		return 0, err
	}
	return float64(n) / time.Since(begin).Seconds(), nil
}

// packets makes what each device publishes. The devices' clocks are right: their
// times begin now and no instant comes twice.
func (p *path) packets(n int, payload func(t time.Time, seq int) []byte) [][][]byte {
	begin := time.Now().Truncate(time.Millisecond)
	if !begin.After(p.last) {
		begin = p.last.Add(time.Millisecond)
	}
	packets := make([][][]byte, len(p.links))
	for i := range packets {
		for j := range n / len(p.links) {
			p.last = begin.Add(time.Duration(j) * 10 * time.Millisecond)
			packets[i] = append(packets[i], mqttlink.Publish(topicOf(p.names[i]), packetID(j), payload(p.last, j)))
		}
	}
	return packets
}

func topicOf(name string) string { return "v1/things/" + name + "/telemetry" }

func packetID(n int) uint16 { return uint16(n%60_000 + 1) }

// publishAll publishes as fast as the windows let it and returns when all is acknowledged.
func publishAll(ctx context.Context, links []*mqttlink.Link, packets [][][]byte) error {
	g, _ := errgroup.WithContext(ctx)
	for i, l := range links {
		g.Go(func() error { return l.PublishAll(packets[i], inFlight) })
	}
	return g.Wait()
}

const clock = "2006-01-02T15:04:05.000000Z07:00"

// fourReadings change as calm water does: no reading is flagged.
func fourReadings(t time.Time, seq int) []byte {
	return fmt.Appendf(nil, `{"time":%q,"values":{"salinity":12.%02d,"water_level":1.2%d,"water_temperature":28.%d,"battery":12.6}}`,
		t.Format(clock), seq%50, seq%10, seq%5)
}

func oneReading(t time.Time, seq int) []byte {
	return fmt.Appendf(nil, `{"time":%q,"values":{"salinity":12.%02d}}`, t.Format(clock), seq%50)
}

// awaitStored waits until every reading of the runs so far is committed.
func (p *path) awaitStored(ctx context.Context) error {
	var stored int64
	for end := time.Now().Add(5 * time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if err := p.pool.QueryRow(ctx, `SELECT coalesce(sum(stored), 0)::bigint FROM device_account`).Scan(&stored); err != nil {
			return err
		}
		if stored == p.stored {
			return nil
		}
	}
	return fmt.Errorf("%d of %d readings were stored within five minutes", stored, p.stored)
}

func (p *path) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err := hangUp(p.links)
	if p.service != nil {
		err = errors.Join(err, p.service.Stop(ctx))
	}
	if p.conn != nil {
		p.conn.Close()
	}
	if p.broker != nil {
		err = errors.Join(err, p.broker.Stop(ctx))
	}
	return errors.Join(err, p.workshop.close())
}

func hangUp(links []*mqttlink.Link) (err error) {
	for _, l := range links {
		err = errors.Join(err, l.Close())
	}
	return err
}
