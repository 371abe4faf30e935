package web

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"haidang"
	"haidang/geo"
	"haidang/geo/changesets"
	"haidang/ingest"
	"haidang/internal/auth"
	"haidang/internal/bus"
	"haidang/internal/postgres/pgtest"
	"haidang/operations"
	"haidang/tiles"
)

// logs is everything the tests log, for those that look for secrets in it.
var logs sharedBuffer

type sharedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *sharedBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *sharedBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.NewTextHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug})))
	os.Exit(m.Run())
}

// house is the edge on real rooms, listening, with one device and one account a role.
type house struct {
	*Server
	pool     *pgxpool.Pool
	bus      *bus.Bus
	registry *ingest.Registry
	alarms   *operations.Alarms
	requests *operations.Requests
	accounts *auth.Accounts
	hold     atomic.Bool // reports stay in the broker
	held     [][]byte
}

// builtPages stands for web/ui's build.
var builtPages = fstest.MapFS{
	"index.html":              {Data: []byte("<!doctype html><title>room</title>" + strings.Repeat(" ", 2000))},
	"citizen.html":            {Data: []byte("<!doctype html><title>citizens</title>")},
	"map.html":                {Data: []byte("<!doctype html><title>map</title>")},
	"assets/main-AbC1_x9z.js": {Data: []byte(strings.Repeat("console.log('hai dang');\n", 200))},
	"assets/hai-dang.svg":     {Data: []byte("<svg/>")},
}

// demo is what every house begins with: the catalogue, the demo's units and the accounts.
var demo pgtest.Filled

func seedAccounts(ctx context.Context, pool *pgxpool.Pool) error {
	accounts := auth.NewAccounts(pool)
	if err := accounts.SeedDemo(ctx); err != nil {
		return err
	}
	_, err := accounts.Create(ctx, "admin", auth.NewAccount{Name: "viewer", FullName: "Người xem", Password: "xem-thoi-nhe-2026", Grants: []auth.Grant{{Role: auth.RoleViewer}}})
	return err
}

func openHouse(t *testing.T, tune ...func(*Config)) *house {
	t.Helper()
	ctx := t.Context()
	h := &house{pool: demo.New(t, geo.ReferenceData, ingest.ReferenceData, operations.ReferenceData, geo.SeedDemo, seedAccounts), bus: bus.New(liveBus(t))}
	h.registry, h.alarms, h.accounts = ingest.NewRegistry(h.pool), operations.NewAlarms(h.pool, h.bus), auth.NewAccounts(h.pool)
	photos := operations.NewPhotos(t.TempDir())
	h.requests = operations.NewRequests(operations.RequestsConfig{Pool: h.pool, Bus: h.bus, Photos: photos, Publish: h.carry})
	layers := tiles.New(tiles.Config{Pool: h.pool, Bus: h.bus})
	must(t, layers.Start(ctx))
	t.Cleanup(func() { _ = layers.Stop(context.Background()) })
	editor, err := changesets.Open(ctx, h.pool)
	must(t, err)
	t.Cleanup(editor.Close)
	config := Config{Changesets: editor, Addr: "127.0.0.1:0", Demo: true, Pool: h.pool, Bus: h.bus, Registry: h.registry, Ledger: ingest.NewLedger(h.pool), Path: emptyPath{}, DeadLetters: ingest.NewDeadLetters(h.pool, h.bus, nil),
		Retention: ingest.NewRetention(ingest.RetentionConfig{Pool: h.pool}),
		Alarms:    h.alarms, Requests: h.requests, Photos: photos, Tiles: layers, Accounts: h.accounts, Sessions: auth.NewSessions(h.pool), Pages: builtPages,
		Checks: []Check{{"database", h.pool.Ping}}}
	for _, f := range tune {
		f(&config)
	}
	h.Server, err = New(config)
	must(t, err)
	h.hub.reconcile, h.hub.recheck = 300*time.Millisecond, 300*time.Millisecond
	must(t, h.Start(ctx))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := h.Stop(ctx); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return h
}

type emptyPath struct{}

func (emptyPath) Account(context.Context, time.Time) (ingest.Account, error) {
	return ingest.Account{Lanes: []ingest.LaneAccount{}}, nil
}

// liveBus is a connection to a NATS server of the test's own.
func liveBus(t *testing.T) *nats.Conn {
	t.Helper()
	s, err := server.NewServer(&server.Options{DontListen: true, NoSigs: true, NoLog: true})
	must(t, err)
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("NATS did not start")
	}
	conn, err := nats.Connect("", nats.InProcessServer(s))
	must(t, err)
	t.Cleanup(func() { conn.Close(); s.Shutdown() })
	return conn
}

// carry is the way of a report through broker and ingest: durable at once, filed in a transaction.
func (h *house) carry(ctx context.Context, channel string, payload []byte) error {
	if h.hold.Load() {
		h.held = append(h.held, payload)
		return nil
	}
	return h.file(ctx, channel, payload)
}

func (h *house) file(ctx context.Context, channel string, payload []byte) error {
	var committed func()
	err := pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) (err error) {
		committed, err = h.requests.AcceptReport(ctx, tx, channel, payload, time.Now())
		return err
	})
	if err == nil && committed != nil {
		committed()
	}
	return err
}

// device registers a device and returns its datastream of water_level.
func (h *house) device(t *testing.T, id haidang.ThingID) haidang.DatastreamID {
	t.Helper()
	must(t, h.registry.Register(t.Context(), []ingest.Registration{{ID: id, Type: "tide_gauge", Name: "Trạm " + string(id), Agency: geo.AgencyAgriculture,
		Lon: 105.97, Lat: 9.6, Simulated: true, Properties: []haidang.PropertyCode{"water_level"}}}))
	var stream haidang.DatastreamID
	must(t, h.pool.QueryRow(t.Context(), `SELECT id FROM datastream WHERE thing = $1`, id).Scan(&stream))
	return stream
}

// client is one browser: it keeps the session's cookie.
type client struct {
	t      *testing.T
	base   string
	cookie string
	head   http.Header
}

func (h *house) visitor(t *testing.T) *client {
	return &client{t: t, base: h.URL(), head: http.Header{}}
}

// as signs in.
func (h *house) as(t *testing.T, account string) *client {
	t.Helper()
	c := h.visitor(t)
	password := auth.DemoPassword
	if account == "viewer" {
		password = "xem-thoi-nhe-2026"
	}
	status, body := c.do("POST", "/api/v1/session", map[string]string{"account": account, "password": password})
	if status != http.StatusOK {
		t.Fatalf("sign in %s: %d %s", account, status, body)
	}
	return c
}

func (c *client) request(method, path string, body any) *http.Response {
	c.t.Helper()
	var send io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		must(c.t, err)
		send = bytes.NewReader(data)
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, send)
	must(c.t, err)
	r.Header = c.head.Clone()
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return c.send(r)
}

func (c *client) send(r *http.Request) *http.Response {
	c.t.Helper()
	if c.cookie != "" {
		r.AddCookie(&http.Cookie{Name: sessionCookie, Value: c.cookie})
	}
	answer, err := (&http.Client{Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(r)
	must(c.t, err)
	c.t.Cleanup(func() { _ = answer.Body.Close() })
	for _, k := range answer.Cookies() {
		if k.Name == sessionCookie {
			c.cookie = k.Value
		}
	}
	return answer
}

func (c *client) do(method, path string, body any) (status int, answer string) {
	c.t.Helper()
	a := c.request(method, path, body)
	data, err := io.ReadAll(a.Body)
	must(c.t, err)
	return a.StatusCode, string(data)
}

// get decodes the answer to a GET that must succeed.
func (c *client) get(path string, into any) {
	c.t.Helper()
	status, body := c.do("GET", path, nil)
	if status != http.StatusOK {
		c.t.Fatalf("GET %s: %d %s", path, status, body)
	}
	must(c.t, json.Unmarshal([]byte(body), into))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits until holds is true.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("never: %s", what)
}

func read(t *testing.T, answer *http.Response) string {
	t.Helper()
	data, err := io.ReadAll(answer.Body)
	must(t, err)
	return string(data)
}
