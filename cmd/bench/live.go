package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang/geo"
	"haidang/ingest"
	"haidang/internal/auth"
	"haidang/operations"
	"haidang/tiles"
	"haidang/web"
)

// liveBench measures from PUBLISH to the socket of a signed-in screen: the real
// edge on the real path, and a client that reads what a browser would. A reading
// counts as seen with the first message that shows it or a newer one of its device.
type liveBench struct {
	*latencyBench
	tiles  *tiles.Service
	edge   *web.Server
	screen *websocket.Conn

	mu   sync.Mutex
	sent map[string][]time.Time // by device, oldest first, not yet seen
	took []float64              // milliseconds
}

func prepareLive(ctx context.Context) (*bench, error) {
	l, err := openLatency(ctx)
	if err != nil {
		return nil, err
	}
	b := &liveBench{latencyBench: l, sent: map[string][]time.Time{}}
	for _, step := range []func(context.Context) error{b.openEdge, b.openScreen} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, b.close())
		}
	}
	go b.watch()
	return &bench{floor: b.floor, value: b.value, close: b.close, extras: b.extras}, nil
}

const benchPassword = "một câu dài để nhớ"

func (b *liveBench) openEdge(ctx context.Context) error {
	for _, seed := range []func(context.Context, *pgxpool.Pool) error{geo.ReferenceData, operations.ReferenceData} {
		if err := seed(ctx, b.pool); err != nil {
			return err
		}
	}
	b.tiles = tiles.New(tiles.Config{Pool: b.pool, Bus: b.bus})
	if err := b.tiles.Start(ctx); err != nil {
		return err
	}
	photos := operations.NewPhotos(b.dir + "/photos")
	requests := operations.NewRequests(operations.RequestsConfig{Pool: b.pool, Bus: b.bus, Photos: photos, Publish: b.service.PublishReport})
	edge, err := web.New(web.Config{Addr: "127.0.0.1:0", Pool: b.pool, Bus: b.bus, Registry: b.registry, Ledger: ingest.NewLedger(b.pool),
		Path: b.service, DeadLetters: ingest.NewDeadLetters(b.pool, b.bus, nil), Alarms: operations.NewAlarms(b.pool, b.bus), Requests: requests,
		Photos: photos, Tiles: b.tiles, Accounts: auth.NewAccounts(b.pool), Sessions: auth.NewSessions(b.pool)})
	if err != nil {
		return err
	}
	if err := edge.Start(ctx); err != nil {
		return err
	}
	b.edge = edge
	return nil
}

// openScreen makes the first administrator and opens the live socket as one.
func (b *liveBench) openScreen(ctx context.Context) error {
	token, err := auth.NewAccounts(b.pool).NewSetupToken(ctx)
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]string{"token": token, "account": "bench", "fullName": "Bench", "password": benchPassword})
	if err != nil {
		return err
	}
	answer, err := http.Post(b.edge.URL()+"/api/v1/setup", "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		return fmt.Errorf("sign in: %s", answer.Status)
	}
	head := http.Header{}
	for _, c := range answer.Cookies() {
		head.Add("Cookie", c.Name+"="+c.Value)
	}
	b.screen, _, err = websocket.DefaultDialer.DialContext(ctx, strings.Replace(b.edge.URL(), "http", "ws", 1)+"/api/v1/live", head)
	return err
}

// watch reads what the screen is told until it is closed.
func (b *liveBench) watch() {
	for {
		_, data, err := b.screen.ReadMessage()
		if err != nil {
			return
		}
		now := time.Now()
		var message struct {
			Things []struct {
				ID      string
				Streams []struct {
					Property string
					Time     *time.Time
				}
			}
		}
		if json.Unmarshal(data, &message) != nil {
			continue
		}
		for _, thing := range message.Things {
			for _, s := range thing.Streams {
				if s.Property == "salinity" && s.Time != nil {
					b.saw(thing.ID, *s.Time, now)
				}
			}
		}
	}
}

// saw notes how long everything of the device up to shown took.
func (b *liveBench) saw(device string, shown, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	waiting := b.sent[device]
	for len(waiting) > 0 && !waiting[0].After(shown) {
		b.took = append(b.took, float64(now.Sub(waiting[0]))/float64(time.Millisecond))
		waiting = waiting[1:]
	}
	b.sent[device] = waiting
}

func (b *liveBench) value(ctx context.Context) (p99 float64, err error) {
	b.mu.Lock()
	clear(b.sent)
	b.took = nil
	b.mu.Unlock()
	err = b.load(ctx, func(device int, at time.Time) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.sent[b.names[device]] = append(b.sent[b.names[device]], at)
	})
	if err != nil {
		return 0, err
	}
	for end := time.Now().Add(time.Minute); !b.allSeen(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			return 0, errors.New("the screen did not show everything within a minute")
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.note("p50", percentile(b.took, 0.5))
	return percentile(b.took, 0.99), nil
}

func (b *liveBench) allSeen() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, waiting := range b.sent {
		if len(waiting) > 0 {
			return false
		}
	}
	return true
}

func (b *liveBench) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var err error
	if b.screen != nil {
		err = b.screen.Close()
	}
	if b.edge != nil {
		err = errors.Join(err, b.edge.Stop(ctx))
	}
	if b.tiles != nil {
		err = errors.Join(err, b.tiles.Stop(ctx))
	}
	return errors.Join(err, b.latencyBench.close())
}
