package web

import (
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"haidang"
	"haidang/internal/auth"
	"haidang/internal/bus"
)

// The pace of the live state.
const (
	pace           = 150 * time.Millisecond // at most so often something is sent
	reconcileEvery = 30 * time.Second       // a lost event is healed within this
	reloadPause    = 3 * time.Second        // between readings that events ask for
	loadTimeout    = 20 * time.Second
)

// hub keeps the board up to date: it listens to the bus, which may lose events, and
// reads the database again from time to time, which does not.
type hub struct {
	config    *Config
	board     *board
	epoch     string                        // new with every start: versions of another life mean nothing
	reconcile time.Duration                 // between readings of the database
	recheck   time.Duration                 // between looks at the sessions behind the connections
	limits    map[haidang.PropertyCode]span // what a sensor can measure

	searches      *rate.Limiter // for what the board does not know yet
	placesChanged func()        // called when units or layers are new

	wake  chan struct{} // asks for an early reading
	stops []func()      // subscriptions
	end   context.CancelFunc
	work  sync.WaitGroup

	mu      sync.Mutex
	moved   chan struct{}      // closed when the board moved
	told    uint64             // version the last close of moved announced
	conns   map[*socket]string // account by connection
	streams map[haidang.DatastreamID]streamName
	closing bool
	frames  map[frameKey]frame
	framed  uint64 // board version the frames belong to
}

// span is a closed interval; nil means without end.
type span struct{ min, max *float64 }

func newHub(c *Config, placesChanged func()) *hub {
	return &hub{config: c, placesChanged: placesChanged, board: newBoard(), epoch: newID(), reconcile: reconcileEvery, recheck: recheckEvery, wake: make(chan struct{}, 1), searches: rate.NewLimiter(1, 2),
		moved: make(chan struct{}), conns: map[*socket]string{}}
}

// Start listens to the bus first and loads then, so nothing falls between.
func (h *hub) Start(ctx context.Context) error {
	if err := h.learnLimits(ctx); err != nil {
		return fmt.Errorf("live state: %w", err)
	}
	if err := h.listen(h.config.Bus); err != nil {
		h.silence()
		return fmt.Errorf("live state: %w", err)
	}
	if err := h.load(ctx); err != nil {
		h.silence()
		return fmt.Errorf("live state: %w", err)
	}
	run, end := context.WithCancel(context.WithoutCancel(ctx))
	h.end = end
	h.work.Go(func() { h.announceLoop(run) })
	h.work.Go(func() { h.reconcileLoop(run) })
	return nil
}

// Stop ends every connection and waits for all that runs. It may be called twice.
func (h *hub) Stop(ctx context.Context) error {
	h.silence()
	if h.end != nil {
		h.end()
	}
	h.closeAll()
	done := make(chan struct{})
	go func() { h.work.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("live sockets still open: %w", ctx.Err())
	}
}

func (h *hub) silence() {
	for _, stop := range h.stops {
		stop()
	}
	h.stops = nil
}

func (h *hub) closeAll() {
	h.mu.Lock()
	h.closing = true
	var open []*socket
	for c := range h.conns {
		if c.conn != nil { // else opened sees that the hub is closing
			open = append(open, c)
		}
	}
	h.mu.Unlock()
	var told sync.WaitGroup
	for _, c := range open {
		told.Go(func() { c.close(websocket.CloseGoingAway, "restart") })
	}
	told.Wait()
}

// announceLoop wakes the connections together, so that those who may see the same
// share what is sent.
func (h *hub) announceLoop(ctx context.Context) {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			h.announce()
		}
	}
}

func (h *hub) announce() {
	version := h.board.now()
	h.mu.Lock()
	defer h.mu.Unlock()
	if version != h.told {
		h.told = version
		close(h.moved)
		h.moved = make(chan struct{})
	}
}

// movedAfter returns a channel that is closed when there is news.
func (h *hub) movedAfter() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.moved
}

func (h *hub) reconcileLoop(ctx context.Context) {
	tick := time.NewTicker(h.reconcile)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-h.wake:
		}
		if err := h.load(ctx); err != nil && ctx.Err() == nil {
			slog.Warn("live state not compared with the database; will try again", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(reloadPause): // events come in crowds
		}
	}
}

// reload asks for an early reading; it never waits.
func (h *hub) reload() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

func (h *hub) listen(b *bus.Bus) error {
	subscribe := []func() (func(), error){
		func() (func(), error) { return bus.Subscribe(b, h.onLatest) },
		func() (func(), error) { return bus.Subscribe(b, h.onFlags) },
		func() (func(), error) { return bus.Subscribe(b, h.onAlarm) },
		func() (func(), error) { return bus.Subscribe(b, h.onRequest) },
		func() (func(), error) { return bus.Subscribe(b, h.onThing) },
		func() (func(), error) { return bus.Subscribe(b, h.onPlaces) },
	}
	for _, s := range subscribe {
		stop, err := s()
		if err != nil {
			return err
		}
		h.stops = append(h.stops, stop)
	}
	return nil
}

// epochFor is what a reader compares: another life of the server or other rights make it another.
func (h *hub) epochFor(rights string) string {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(rights)) // never fails
	return fmt.Sprintf("%s-%08x", h.epoch, sum.Sum32())
}

// rightsOf spells what somebody may see: those of equal spelling see the same.
func rightsOf(p *auth.Principal) string {
	if p == nil {
		return ""
	}
	return fmt.Sprint(p.Grants)
}
