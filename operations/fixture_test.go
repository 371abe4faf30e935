package operations

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo"
	"haidang/internal/bus"
	"haidang/internal/postgres/pgtest"
)

// room is a database with the demo's communes, three devices, and a live bus.
type room struct {
	*testing.T
	db   *pgxpool.Pool
	live *bus.Bus
}

// demo is what every room begins with.
var demo pgtest.Filled

func newRoom(t *testing.T) room {
	t.Helper()
	t.Parallel()
	pool := demo.New(t, geo.ReferenceData, geo.SeedDemo, ReferenceData)
	if _, err := pool.Exec(t.Context(), `
		INSERT INTO observed_property (code, name_vi, name_en, unit, symbol) VALUES ('salinity', 'Độ mặn', 'Salinity', 'g/L', 'g/L');
		INSERT INTO device_type (code, name_vi, name_en, sector) VALUES ('salinity_station', 'Trạm đo mặn', 'Salinity station', 'salinity');
		INSERT INTO thing (id, type, name, agency, location, simulated)
		SELECT 'man-01', 'salinity_station', 'Đại Ngãi', 'sonnptnt', ST_PointOnSurface(geom), true FROM units_on('2026-03-02') WHERE code = (SELECT min(code) FROM administrative_unit);
		INSERT INTO datastream (thing, property) VALUES ('man-01', 'salinity')`); err != nil {
		t.Fatal(err)
	}
	return room{t, pool, newBus(t)}
}

func newBus(t *testing.T) *bus.Bus {
	t.Helper()
	local, err := bus.NewLocal()
	if err == nil {
		err = local.Start(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = local.Stop(context.Background()) })
	conn, err := local.InProcessConn()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return bus.New(conn)
}

// unit returns the code and name of a commune in force, and a point surely inside.
func (r room) unit() (code haidang.UnitCode, name string, lon, lat float64) {
	r.Helper()
	err := r.db.QueryRow(r.Context(), `SELECT code, name_vi, ST_X(ST_PointOnSurface(geom)), ST_Y(ST_PointOnSurface(geom))
		FROM units_on($1::date) WHERE level = 3 ORDER BY code LIMIT 1`, haidang.Day(time.Now()).Format(time.DateOnly)).Scan(&code, &name, &lon, &lat)
	if err != nil {
		r.Fatal(err)
	}
	return code, name, lon, lat
}

// heard collects events of one kind until the test ends.
func heard[E haidang.Event](r room) (events func() []E) {
	r.Helper()
	var mu sync.Mutex
	var got []E
	stop, err := bus.Subscribe(r.live, func(e E) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, e)
	})
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(stop)
	return func() []E {
		mu.Lock()
		defer mu.Unlock()
		return append([]E(nil), got...)
	}
}

// soon waits until the condition holds.
func (r room) soon(what string, holds func() bool) {
	r.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.Fatalf("never: %s", what)
		}
	}
}

// wantRefusal fails unless err is a refusal of that kind at that field, in two languages.
func wantRefusal(t *testing.T, err error, code haidang.ErrorCode, field string) {
	t.Helper()
	refusal, ok := errors.AsType[*haidang.Error](err)
	if !ok || refusal.Code != code || refusal.Field != field || refusal.Text.VI == "" || refusal.Text.EN == "" {
		t.Errorf("error %v, want %s at %q", err, code, field)
	}
}

// desk is a Requests whose broker is a list that the test delivers from.
type desk struct {
	room
	*Requests
	lock     sync.Mutex
	queue    [][]byte
	failWith error // what publishing answers; the message is queued all the same when lost is set
	lost     bool
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{room: newRoom(t)}
	d.Requests = NewRequests(RequestsConfig{Pool: d.db, Bus: d.live, Photos: NewPhotos(t.TempDir()), Publish: d.take})
	return d
}

func (d *desk) take(_ context.Context, channel string, payload []byte) error {
	d.lock.Lock()
	defer d.lock.Unlock()
	if channel != OwnChannel {
		return errors.New("published to " + channel)
	}
	if d.failWith == nil || d.lost {
		d.queue = append(d.queue, payload)
	}
	return d.failWith
}

// deliver files what is queued, each message in a transaction of its own, as ingest does.
func (d *desk) deliver() {
	d.Helper()
	d.lock.Lock()
	queue := d.queue
	d.queue = nil
	d.lock.Unlock()
	for _, payload := range queue {
		if err := d.accept(OwnChannel, payload); err != nil {
			d.Error(err)
		}
	}
}

func (d *desk) accept(channel string, payload []byte) error {
	var committed func()
	err := pgx.BeginFunc(d.Context(), d.db, func(tx pgx.Tx) (err error) {
		committed, err = d.AcceptReport(d.Context(), tx, channel, payload, time.Now())
		return err
	})
	if err == nil {
		committed()
	}
	return err
}

// submission is a good one, in a commune without a pin.
func (d *desk) submission() Submission {
	code, _, _, _ := d.unit()
	return Submission{Category: "flood", Description: "Nước ngập nửa bánh xe trước chợ", Language: "vi", Unit: code}
}

// filed submits a good report and files it.
func (d *desk) filedReport() haidang.TrackingCode {
	d.Helper()
	code, err := d.Submit(d.Context(), d.submission())
	if err != nil {
		d.Fatal(err)
	}
	d.deliver()
	return code
}

func (d *desk) count(table string) (n int) {
	d.Helper()
	if err := d.db.QueryRow(d.Context(), `SELECT count(*) FROM `+table).Scan(&n); err != nil {
		d.Fatal(err)
	}
	return n
}
