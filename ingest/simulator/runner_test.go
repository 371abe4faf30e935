package simulator_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo"
	"haidang/ingest"
	"haidang/ingest/broker"
	"haidang/ingest/simulator"
	"haidang/internal/postgres/pgtest"
)

// province is a few simulated devices of every type, a real broker and ingest.
type province struct {
	pool    *pgxpool.Pool
	broker  *broker.Broker
	secrets map[haidang.ThingID]string
	devices []simulator.Device
}

const seed = 11

func newProvince(t *testing.T) *province {
	t.Helper()
	p := &province{pool: pgtest.New(t), secrets: map[haidang.ThingID]string{}}
	must(t, geo.ReferenceData(t.Context(), p.pool))
	must(t, ingest.ReferenceData(t.Context(), p.pool))
	registry := ingest.NewRegistry(p.pool)
	must(t, registry.Register(t.Context(), p.registrations()))
	p.broker = broker.New(broker.Config{Dir: t.TempDir(), Addr: "127.0.0.1:0"}, registry)
	must(t, p.broker.Start(t.Context()))
	t.Cleanup(func() { _ = p.broker.Stop(context.Background()) })
	service := ingest.NewService(ingest.ServiceConfig{Pool: p.pool, Broker: p.broker})
	must(t, service.Start(t.Context()))
	t.Cleanup(func() { _ = service.Stop(context.Background()) })
	return p
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// registrations takes the first two devices of each type, as an owner would register them.
func (p *province) registrations() (list []ingest.Registration) {
	taken := map[string]int{}
	for _, d := range simulator.New(seed).Devices() {
		if taken[d.Type]++; taken[d.Type] > 2 {
			continue
		}
		p.devices = append(p.devices, d)
		p.secrets[d.ID] = "secret-of-" + string(d.ID)
		list = append(list, ingest.Registration{ID: d.ID, Type: d.Type, Name: d.Name, Agency: geo.AgencyAgriculture,
			Lon: d.Lon, Lat: d.Lat, Simulated: true, Properties: d.Properties, Secret: p.secrets[d.ID]})
	}
	return list
}

// play runs the devices until all of their past is acknowledged, and for a moment of the present.
func (p *province) play(t *testing.T, history time.Duration) {
	t.Helper()
	r := simulator.NewRunner(simulator.RunnerConfig{Province: simulator.New(seed), Broker: "tcp://" + p.broker.Addr(),
		Secrets: p.secrets, History: history})
	must(t, r.Start(t.Context()))
	until := time.Now()
	for time.Now().Before(until.Add(40*time.Second)) && r.Acknowledged().Before(until) {
		time.Sleep(50 * time.Millisecond)
	}
	leaving, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	must(t, r.Stop(leaving))
	must(t, r.Stop(leaving))
	if r.Acknowledged().Before(until) {
		t.Fatalf("acknowledged up to %v only", r.Acknowledged())
	}
}

func (p *province) count(t *testing.T, sql string, args ...any) (n int64) {
	t.Helper()
	must(t, p.pool.QueryRow(t.Context(), sql, args...).Scan(&n))
	return n
}

// settled waits until ingest has nothing more to account for.
func (p *province) settled(t *testing.T) (last ingest.Totals) {
	t.Helper()
	for calm := 0; calm < 20; calm++ {
		totals, err := ingest.NewLedger(p.pool).Totals(t.Context())
		must(t, err)
		if totals != last {
			last, calm = totals, 0
		}
		time.Sleep(50 * time.Millisecond)
	}
	return last
}

func TestDevicesTellTheirPastOverMQTTOnce(t *testing.T) {
	t.Parallel()
	p := newProvince(t)
	p.play(t, 6*time.Hour)
	first := p.settled(t)
	if first.Stored < 14*6*6 || first.Dead+first.Conflict+first.Duplicate+first.Refusals != 0 {
		t.Fatalf("totals %+v, want all stored", first)
	}
	things := p.count(t, `SELECT count(DISTINCT d.thing) FROM observation o JOIN datastream d ON d.id = o.datastream`)
	if int(things) < len(p.devices)-2 { // one or two may be silent in these hours
		t.Errorf("%d of %d devices were heard", things, len(p.devices))
	}
	for _, d := range p.devices {
		p.compare(t, d)
	}
	p.play(t, 6*time.Hour)
	again := p.settled(t)
	if again.Duplicate < first.Stored*9/10 || again.Conflict != 0 || again.Stored > first.Stored*11/10 {
		t.Errorf("telling the same past again: %+v became %+v", first, again)
	}
	if online := p.count(t, `SELECT count(*) FROM thing_status WHERE online`); online == 0 {
		t.Error("no device said that it is online")
	}
	if wrong := p.count(t, `SELECT count(*) FROM thing_attribute WHERE name NOT IN ('firmware', 'serial', 'interval_s')`); wrong != 0 {
		t.Error("a device says more about itself than a real one would")
	}
}

// compare holds every stored value of a device against what the province says it is.
func (p *province) compare(t *testing.T, d simulator.Device) {
	t.Helper()
	rows, err := p.pool.Query(t.Context(), `SELECT s.property, o.phenomenon_time, o.result FROM observation o
		JOIN datastream s ON s.id = o.datastream WHERE s.thing = $1`, d.ID)
	must(t, err)
	defer rows.Close()
	world := simulator.New(seed)
	for rows.Next() {
		var property haidang.PropertyCode
		var at time.Time
		var stored float64
		must(t, rows.Scan(&property, &at, &stored))
		if v, ok := world.Value(&d, property, at); !ok || v != stored {
			t.Fatalf("%s %s at %v is stored as %v, the province says %v", d.ID, property, at, stored, v)
		}
	}
	must(t, rows.Err())
}
