package ingest

import (
	"context"
	"fmt"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/ingest/broker"
	"haidang/internal/bus"
	"haidang/internal/mqttclient"
	"haidang/internal/postgres/pgtest"
)

// bundle is the real chain: database, broker, ingest, live bus.
type bundle struct {
	t        *testing.T
	pool     *pgxpool.Pool
	registry *Registry
	ledger   *Ledger
	broker   *broker.Broker
	folder   string // of its store
	bus      *bus.Bus
	service  *Service
	devices  []mqtt.Client // of tests that keep many
}

const patience = 20 * time.Second

// prepare migrates a database and registers the things, each with salinity and
// water_level and the secret "secret-<name>".
func prepare(t *testing.T, things ...haidang.ThingID) *bundle {
	t.Helper()
	return prepareOn(t, pgtest.New(t), things...)
}

func prepareOn(t *testing.T, pool *pgxpool.Pool, things ...haidang.ThingID) *bundle {
	t.Helper()
	b := &bundle{t: t, pool: pool}
	b.registry, b.ledger = NewRegistry(b.pool), NewLedger(b.pool)
	ctx := t.Context()
	_, err := b.pool.Exec(ctx, `INSERT INTO agency (code, name_vi, name_en) VALUES ('snnmt', 'Sở', 'Department') ON CONFLICT DO NOTHING`)
	b.must(err)
	b.must(ReferenceData(ctx, b.pool))
	b.must(b.registry.SetLimit(ctx, "test", "salinity_station", 0, 0))
	var all []Registration
	for i, id := range things {
		all = append(all, Registration{ID: id, Type: "salinity_station", Name: "Trạm " + string(id), Agency: "snnmt",
			Lon: 106 + float64(i)/1000, Lat: 9.5, Properties: []haidang.PropertyCode{"salinity", "water_level"}, Secret: secretOf(id)})
	}
	b.must(b.registry.Register(ctx, all))
	return b
}

func secretOf(id haidang.ThingID) string { return "secret-" + string(id) }

// setup runs the whole chain.
func setup(t *testing.T, sink ReportSink, things ...haidang.ThingID) *bundle {
	t.Helper()
	return setupOn(t, pgtest.New(t), sink, things...)
}

func setupOn(t *testing.T, pool *pgxpool.Pool, sink ReportSink, things ...haidang.ThingID) *bundle {
	t.Helper()
	b := prepareOn(t, pool, things...)
	b.folder = t.TempDir()
	b.broker = broker.New(broker.Config{Dir: b.folder, Addr: "127.0.0.1:0"}, b.registry)
	b.must(b.broker.Start(t.Context()))
	t.Cleanup(func() { stop(t, b.broker) })
	conn, err := b.broker.InProcessConn()
	b.must(err)
	t.Cleanup(conn.Close)
	b.bus = bus.New(conn)
	b.service = NewService(ServiceConfig{Pool: b.pool, Bus: b.bus, Broker: b.broker, Reports: sink})
	b.must(b.service.Start(t.Context()))
	t.Cleanup(func() { stop(t, b.service) })
	return b
}

func stop(t *testing.T, part interface{ Stop(context.Context) error }) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := part.Stop(ctx); err != nil {
		t.Errorf("stop %T: %v", part, err)
	}
}

func (b *bundle) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// options are those of a well-behaved device.
func (b *bundle) options(id haidang.ThingID) *mqtt.ClientOptions {
	return mqtt.NewClientOptions().AddBroker("tcp://" + b.broker.Addr()).SetClientID(string(id)).SetUsername(string(id)).
		SetPassword(secretOf(id)).SetAutoReconnect(false).SetConnectTimeout(5 * time.Second).SetWriteTimeout(5 * time.Second)
}

func (b *bundle) dial(options *mqtt.ClientOptions) mqtt.Client {
	b.t.Helper()
	client := mqtt.NewClient(options)
	b.must(mqttclient.Finish(b.t.Context(), client.Connect()))
	b.t.Cleanup(func() { client.Disconnect(0) })
	return client
}

func (b *bundle) device(id haidang.ThingID) mqtt.Client { return b.dial(b.options(id)) }

func (b *bundle) publish(client mqtt.Client, topic, payload string) {
	b.t.Helper()
	b.must(mqttclient.Finish(b.t.Context(), client.Publish(topic, 1, false, payload)))
}

func telemetryTopic(id haidang.ThingID) string { return "v1/things/" + string(id) + "/telemetry" }

func salinityAt(t time.Time, value float64) string {
	return fmt.Sprintf(`{"time":%q,"values":{"salinity":%g}}`, t.UTC().Format(time.RFC3339Nano), value)
}

// eventually asks until the answer is want.
func eventually[T comparable](t *testing.T, what string, want T, ask func() (T, error)) {
	t.Helper()
	var got T
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if got, err = ask(); err == nil && got == want {
			return
		}
	}
	t.Fatalf("%s: got %v (error %v), want %v", what, got, err, want)
}

// number returns a query for one number.
func (b *bundle) number(sql string, args ...any) func() (int64, error) {
	return func() (n int64, err error) {
		err = b.pool.QueryRow(b.t.Context(), sql, args...).Scan(&n)
		return n, err
	}
}

func (b *bundle) wantNumber(want int64, sql string, args ...any) {
	b.t.Helper()
	got, err := b.number(sql, args...)()
	b.must(err)
	if got != want {
		b.t.Errorf("%s %v: got %d, want %d", sql, args, got, want)
	}
}
