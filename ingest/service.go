package ingest

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"haidang"
	"haidang/ingest/broker"
	"haidang/internal/bus"
	"haidang/internal/mqttclient"
)

// ServiceConfig is what a Service works with. Exactly one of Broker and URL is set.
type ServiceConfig struct {
	Pool    *pgxpool.Pool
	Bus     *bus.Bus       // where moved values are announced; nil announces nothing
	Broker  *broker.Broker // the embedded broker, already started
	URL     string         // an external MQTT broker, such as tcp://user:secret@host:1883
	Reports ReportSink     // where citizens' reports go; nil makes them dead letters
}

// Service carries messages from the broker into the database, on one lane for
// each partition.
type Service struct {
	config     ServiceConfig
	metrics    *metrics
	catalogue  *catalogue
	partitions *partitions
	publisher  *publisher

	mu      sync.Mutex
	started bool
	stopped bool
	lanes   []*lane
	leave   context.CancelFunc // ends the writing down of refusals
	others  sync.WaitGroup
}

// NewService makes a Service that is not running yet.
func NewService(config ServiceConfig) *Service {
	s := &Service{config: config, metrics: newMetrics(), catalogue: &catalogue{pool: config.Pool}, partitions: &partitions{pool: config.Pool}}
	s.publisher = &publisher{options: s.options(broker.UserWeb)}
	return s
}

func (s *Service) newLane(partition int) *lane {
	return &lane{
		partition: partition, topics: broker.Topics, options: s.options(broker.UserIngest), metrics: s.metrics,
		trouble: errors.New("ingest has not started"),
		writer: &writer{
			store:      &store{pool: s.config.Pool, reports: s.config.Reports},
			catalogue:  s.catalogue,
			partitions: s.partitions,
			bus:        s.config.Bus, metrics: s.metrics,
		},
	}
}

// options are asked for at each connection: the embedded broker's address is
// known only once it runs.
func (s *Service) options(user string) func() *mqtt.ClientOptions {
	if s.config.Broker != nil {
		return func() *mqtt.ClientOptions { return s.config.Broker.ClientOptions(user) }
	}
	return func() *mqtt.ClientOptions { return mqttclient.Options().AddBroker(s.config.URL).SetClientID(user) }
}

// Start returns once ingest's sessions are subscribed and rows can be written. A
// broker address that cannot be read is an ErrInvalid.
func (s *Service) Start(ctx context.Context) error {
	if err := s.checkURL(); err != nil {
		return err
	}
	if err := errors.Join(s.catalogue.read(ctx), makePartitionsAhead(ctx, s.config.Pool)); err != nil {
		return err
	}
	l := s.newLane(0)
	if err := l.start(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	running, leave := context.WithCancel(context.WithoutCancel(ctx))
	s.lanes, s.leave, s.started = []*lane{l}, leave, true
	s.others.Go(func() { s.writeRefusals(running) })
	return nil
}

func (s *Service) checkURL() error {
	if s.config.Broker != nil {
		return nil
	}
	if u, err := url.Parse(s.config.URL); err == nil && u.Host != "" {
		return nil
	}
	return haidang.RefuseField("HAIDANG_MQTT_URL", "Địa chỉ máy chủ MQTT phải có dạng tcp://tên:mật-khẩu@máy:1883.",
		"The MQTT broker's address must look like tcp://user:password@host:1883.")
}

// refusalInterval is how old a count on the page may be.
const refusalInterval = time.Second

// refusalPatience bounds one writing down.
const refusalPatience = 5 * time.Second

func (s *Service) writeRefusals(ctx context.Context) {
	if s.config.Broker == nil {
		return
	}
	tick := time.NewTicker(refusalInterval)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), refusalPatience)
		if err := s.config.Broker.FlushRefusals(limited, s.config.Pool); err != nil {
			slog.Warn("ingest: cannot write refusals down yet", "error", err)
		}
		cancel()
	}
}

// waitFor runs f and returns when it has, or when ctx ends.
func waitFor(ctx context.Context, f func()) error {
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Stop writes and acknowledges what it holds, then leaves the sessions to the
// broker. When ctx ends first, the rest stays unacknowledged and comes again.
func (s *Service) Stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.started || s.stopped {
		return nil
	}
	s.stopped = true
	s.leave()
	err := stopLanes(ctx, s.lanes)
	s.others.Wait()
	s.publisher.close()
	return err
}

// stopLanes stops them side by side.
func stopLanes(ctx context.Context, lanes []*lane) error {
	errs := make([]error, len(lanes))
	var all sync.WaitGroup
	for i, l := range lanes {
		all.Go(func() { errs[i] = l.stop(ctx) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// Ready returns nil while messages flow, or what stands in the way.
func (s *Service) Ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.started {
		return errors.New("ingest has not started")
	}
	for _, l := range s.lanes {
		if err := l.ready(); err != nil {
			return err
		}
	}
	return nil
}

// LaneState is what one lane does, in whatever process.
type LaneState struct {
	Partition int    `json:"partition"`
	Owner     string `json:"owner"`   // the process that carries it, as "host/pid"; empty when none does
	Held      bool   `json:"held"`    // by this process
	Trouble   string `json:"trouble"` // what stands in the way, when it is held; empty when nothing does
}

// Lanes returns the state of every lane in order of partition.
func (s *Service) Lanes() []LaneState {
	s.mu.Lock()
	defer s.mu.Unlock()
	var states []LaneState
	for _, l := range s.lanes {
		state := LaneState{Partition: l.partition, Held: true}
		if err := l.ready(); err != nil {
			state.Trouble = err.Error()
		}
		states = append(states, state)
	}
	return states
}

// PublishReport hands a citizen's report to the broker and returns once it is
// durable there. It fails with ErrInvalid for a channel's name that breaks the
// rule and with ErrUnavailable when the broker does not answer.
func (s *Service) PublishReport(ctx context.Context, channel string, payload []byte) error {
	if !channelName.MatchString(channel) {
		return haidang.RefuseField("channel", "Tên kênh gồm 1 đến 32 chữ thường, chữ số, \"_\" hoặc \"-\".",
			"A channel's name is 1 to 32 lower-case letters, digits, \"_\" or \"-\".")
	}
	return s.publisher.publish(ctx, "v1/channels/"+channel+"/reports", payload)
}

// Queue says what waits between the broker and the database.
type Queue struct {
	Pending    int     `json:"pending"`    // messages not yet committed and acknowledged
	OldestAgeS float64 `json:"oldestAgeS"` // age of the oldest of them, seconds; 0 when unknown
}

// Queue returns the present backlog. Of an external broker only what it has
// handed over is known.
func (s *Service) Queue(context.Context) Queue {
	if s.config.Broker == nil {
		return Queue{}
	}
	pending, oldest := s.config.Broker.Backlog()
	if pending == 0 {
		return Queue{}
	}
	return Queue{Pending: pending, OldestAgeS: time.Since(oldest).Seconds()}
}

// Metrics returns Prometheus collectors of broker and ingest.
func (s *Service) Metrics() []prometheus.Collector {
	pending := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "haidang_ingest_pending_messages",
		Help: "Messages between the broker and COMMIT."}, func() float64 { return float64(s.Queue(context.Background()).Pending) })
	collectors := append(s.metrics.collectors(), pending)
	if s.config.Broker != nil {
		collectors = append(collectors, s.config.Broker.Metrics()...)
	}
	return collectors
}
