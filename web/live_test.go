package web

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"haidang"
	"haidang/geo"
	"haidang/internal/auth"
	"haidang/internal/bus"
	"haidang/operations"
)

// TestCutUnderLoad cuts the sockets of several people many times while values,
// alarms and reports move, and compares screen and server by id.
func TestCutUnderLoad(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	streams := map[haidang.ThingID]haidang.DatastreamID{}
	for i := range 40 {
		id := haidang.ThingID(fmt.Sprintf("TG-%02d", i))
		streams[id] = h.device(t, id)
	}
	must(t, h.hub.load(t.Context()))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var watching sync.WaitGroup
	defer watching.Wait()
	defer stop()
	screens := []*screen{h.screen(h.as(t, "operator")), h.screen(h.as(t, "viewer")), h.screen(h.scoped(t))}
	for _, s := range screens {
		watching.Go(func() { s.watch(ctx) })
	}

	const length = 6 * time.Second
	loading, done := context.WithCancel(ctx)
	defer done()
	var load sync.WaitGroup
	var moved atomic.Int64
	load.Go(func() { moveValues(t, loading, h, streams, &moved) })
	load.Go(func() { moveAlarms(t, loading, h) })
	load.Go(func() { moveReports(t, loading, h) })
	cuts := 0
	for begin := time.Now(); time.Since(begin) < length || cuts < 30; cuts++ {
		time.Sleep(time.Duration(20+rand.IntN(120)) * time.Millisecond)
		screens[rand.IntN(len(screens))].cut()
	}
	done()
	load.Wait()
	for _, s := range screens {
		s.sameAsServer(t)
	}
	_, operator := screens[0].at()
	_, viewer := screens[1].at()
	if count(operator, kindRequest) == 0 || count(operator, kindAlarm) == 0 || count(operator, kindThing) != 40 {
		t.Errorf("the operator's screen has %d things, %d alarms, %d reports", count(operator, kindThing), count(operator, kindAlarm), count(operator, kindRequest))
	}
	if n := count(viewer, kindRequest); n != 0 {
		t.Errorf("a viewer sees %d reports", n)
	}
	for _, raw := range screens[2].state {
		var r haidang.ServiceRequest
		if strings.Contains(raw, `"category"`) && json.Unmarshal([]byte(raw), &r) == nil && r.Agency != geo.AgencyTransport {
			t.Errorf("the scoped editor sees a report of %s", r.Agency)
		}
	}
	fulls, messages := screens[0].fulls, screens[0].messages
	t.Logf("%d cuts, %d values moved, operator: %d messages, %d full starts", cuts, moved.Load(), messages, fulls)
	if fulls > 3 {
		t.Errorf("%d full starts: coming back should bring only what changed", fulls)
	}
}

// scoped signs somebody in who works for one agency only.
func (h *house) scoped(t *testing.T) *client {
	t.Helper()
	_, err := h.accounts.Create(t.Context(), "admin", auth.NewAccount{Name: "scoped", FullName: "Một sở", Password: auth.DemoPassword + "-2",
		Grants: []auth.Grant{{Role: auth.RoleEditor, Agency: geo.AgencyTransport}}})
	must(t, err)
	c := h.visitor(t)
	if status, body := c.do("POST", "/api/v1/session", map[string]string{"account": "scoped", "password": auth.DemoPassword + "-2"}); status != 200 {
		t.Fatal(body)
	}
	return c
}

func count(state map[ref]string, k kind) (n int) {
	for r := range state {
		if r.Kind == k {
			n++
		}
	}
	return n
}

func moveValues(t *testing.T, ctx context.Context, h *house, streams map[haidang.ThingID]haidang.DatastreamID, moved *atomic.Int64) {
	begin := time.Now()
	for ctx.Err() == nil {
		var e haidang.LatestMoved
		for id, stream := range streams {
			if rand.IntN(2) == 0 {
				e.Observations = append(e.Observations, haidang.Observation{Datastream: stream, Thing: id, Property: "water_level",
					PhenomenonTime: begin.Add(time.Since(begin)), ReceivedAt: time.Now(), Result: rand.Float64()})
			}
		}
		moved.Add(int64(len(e.Observations)))
		if err := h.bus.Publish(e); err != nil {
			t.Error(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func moveAlarms(t *testing.T, ctx context.Context, h *house) {
	for i := 0; ctx.Err() == nil; i++ {
		cause := fmt.Sprintf("test/%d", i%15)
		alarm, err := h.alarms.Raise(ctx, haidang.AlarmReport{Cause: cause, Priority: 3, Title: haidang.Text{VI: "Mực nước cao", EN: "High water"},
			Thing: "TG-01", At: time.Now(), By: "test"})
		if err == nil && i%2 == 0 {
			_, err = h.alarms.Acknowledge(ctx, alarm.ID, "operator", "đã xem")
		}
		if err == nil && i%3 != 0 {
			err = h.alarms.Clear(ctx, cause, time.Now(), "test", "")
		}
		if err != nil && ctx.Err() == nil {
			t.Errorf("move alarms: %v", err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func moveReports(t *testing.T, ctx context.Context, h *house) {
	categories, err := h.requests.Categories(ctx)
	must(t, err)
	lon, lat := 105.97, 9.6
	for i := 0; ctx.Err() == nil; i++ {
		code, err := h.requests.Submit(ctx, operations.Submission{Category: categories[i%len(categories)].Code,
			Description: "Nước ngập đường trước nhà", Lon: &lon, Lat: &lat})
		if err == nil && i%3 == 0 {
			_, err = h.requests.SetStatus(ctx, code, "operator", operations.StatusChange{To: haidang.RequestClosed, Note: "đã xử lý"})
		}
		if err != nil && ctx.Err() == nil {
			t.Errorf("move reports: %v", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// TestLostEventHeals: what never came over the bus is on the screen soon, because
// the database is read again.
func TestLostEventHeals(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	stream := h.device(t, "TG-01")
	s := h.screen(h.as(t, "operator"))
	ctx, stop := context.WithCancel(t.Context())
	var watching sync.WaitGroup
	watching.Go(func() { s.watch(ctx) })
	defer watching.Wait()
	defer stop()
	deaf := operations.NewAlarms(h.pool, bus.New(liveBus(t))) // its events reach nobody
	alarm, err := deaf.Raise(ctx, haidang.AlarmReport{Cause: "deaf", Priority: 2, Title: haidang.Text{VI: "Không ai nghe", EN: "Nobody hears"}, Thing: "TG-01", At: time.Now(), By: "test"})
	must(t, err)
	_, err = h.pool.Exec(ctx, `INSERT INTO observation_latest VALUES ($1, '2026-03-02T07:00:00Z', now(), 1.5)`, stream)
	must(t, err)
	_, err = h.pool.Exec(ctx, `INSERT INTO observation_flag (datastream, phenomenon_time, flag, flagged_by) VALUES ($1, '2026-03-02T07:00:00Z', 'suspect', 'test')`, stream)
	must(t, err)
	eventually(t, "the alarm and the flagged value", func() bool {
		_, _ = s.at()
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.state[ref{kindAlarm, fmt.Sprint(alarm.ID)}] != "" && strings.Contains(s.state[ref{kindThing, "TG-01"}], `"suspect"`)
	})
	must(t, deaf.Clear(ctx, "deaf", time.Now(), "test", ""))
	_, err = deaf.Acknowledge(ctx, alarm.ID, "operator", "xong")
	must(t, err)
	eventually(t, "the alarm leaves", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.state[ref{kindAlarm, fmt.Sprint(alarm.ID)}] == ""
	})
}

// TestSignedOutScreenGoesDark: the connection ends soon after its session.
func TestSignedOutScreenGoesDark(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	s := h.screen(h.as(t, "operator"))
	conn, _, err := s.dial(t.Context())
	must(t, err)
	ended := make(chan struct{})
	go func() { s.listen(conn); close(ended) }()
	if status, _ := s.client.do("DELETE", "/api/v1/session", nil); status != http.StatusOK {
		t.Fatal("sign out")
	}
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Fatal("the screen still shows the room")
	}
	if s.closed != CloseSignedOut {
		t.Errorf("close code %d, want %d", s.closed, CloseSignedOut)
	}
}

// TestSlowScreenIsCoalesced: one that does not read costs nothing, and gets the
// newest state and not every state between.
func TestSlowScreenIsCoalesced(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	stream := h.device(t, "TG-01")
	must(t, h.hub.load(t.Context()))
	s := h.screen(h.as(t, "viewer"))
	conn, _, err := s.dial(t.Context())
	must(t, err)
	const changes = 3000
	begin := time.Now()
	for i := range changes {
		must(t, h.bus.Publish(haidang.LatestMoved{Observations: []haidang.Observation{{Datastream: stream, Thing: "TG-01", Property: "water_level",
			PhenomenonTime: begin.Add(time.Duration(i) * time.Millisecond), ReceivedAt: time.Now(), Result: float64(i)}}}))
	}
	_, err = h.pool.Exec(t.Context(), `INSERT INTO observation_latest VALUES ($1, $2, now(), $3)`, stream, // or the next reading takes it back
		begin.Add((changes-1)*time.Millisecond), float64(changes-1))
	must(t, err)
	var watching sync.WaitGroup
	watching.Go(func() { s.listen(conn) })
	eventually(t, "the last value", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return strings.Contains(s.state[ref{kindThing, "TG-01"}], fmt.Sprintf(`"value":%d,`, changes-1))
	})
	_ = conn.Close()
	watching.Wait()
	if s.messages > changes/4 {
		t.Errorf("%d messages for %d changes", s.messages, changes)
	}
}

// TestSocketDoors: who may not, from where one may not, and how many.
func TestSocketDoors(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	dial := func(c *client) int {
		conn, answer, err := h.screen(c).dial(t.Context())
		if err == nil {
			t.Cleanup(func() { _ = conn.Close() })
			return http.StatusSwitchingProtocols
		}
		if answer == nil {
			t.Fatal(err)
		}
		return answer.StatusCode
	}
	if status := dial(h.visitor(t)); status != http.StatusUnauthorized {
		t.Errorf("nobody: %d", status)
	}
	c := h.as(t, "viewer")
	c.head.Set("Origin", "https://evil.example")
	if status := dial(c); status != http.StatusForbidden {
		t.Errorf("another site's page: %d", status)
	}
	c.head.Set("Origin", h.URL())
	for i := range maxSocketsPerAccount {
		if status := dial(c); status != http.StatusSwitchingProtocols {
			t.Fatalf("connection %d: %d", i, status)
		}
	}
	if status := dial(c); status != http.StatusTooManyRequests {
		t.Errorf("one too many: %d", status)
	}
}

// TestHello: what a screen that comes back is told.
func TestHello(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.device(t, "TG-01")
	must(t, h.hub.load(t.Context()))
	c := h.as(t, "viewer")
	var state struct {
		Epoch   string
		Version uint64
	}
	c.get("/api/v1/state", &state)
	for name, s := range map[string]struct {
		epoch string
		since uint64
		full  bool
	}{
		"comes back":                     {state.Epoch, state.Version, false},
		"is new":                         {"", 0, true},
		"is of another life":             {"feed-00000000", state.Version, true},
		"claims a version to come":       {state.Epoch, state.Version + 1000, true},
		"has seen nothing of this epoch": {state.Epoch, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			screen := h.screen(c)
			screen.epoch, screen.version = s.epoch, s.since
			conn, _, err := screen.dial(t.Context())
			must(t, err)
			defer conn.Close()
			var m fromServer
			must(t, conn.ReadJSON(&m))
			if m.Type != "hello" || m.Full != s.full || m.Epoch != state.Epoch {
				t.Errorf("got %+v", m)
			}
			if m.Version < state.Version {
				t.Errorf("hello promises version %d, the server has %d", m.Version, state.Version)
			}
		})
	}
}
