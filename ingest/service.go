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

// Service carries messages from the broker into the database:
//
//	broker ─▶ consumer ─▶ collect ─▶ writer ─▶ COMMIT ─▶ acknowledge
//	                                     └─▶ live bus
//
// One goroutine each, so the order of arrival is the order of acknowledgement.
type Service struct {
	config    ServiceConfig
	metrics   *metrics
	consumer  *consumer
	publisher *publisher
	writer    *writer
	acks      chan []*message

	mu      sync.Mutex
	started bool
	stopped bool
	cancel  context.CancelFunc // ends waiting for a database that does not come back
	leave   context.CancelFunc // ends reconnecting and the writing down of refusals
	written sync.WaitGroup
	others  sync.WaitGroup
}

// NewService makes a Service that is not running yet.
func NewService(config ServiceConfig) *Service {
	s := &Service{config: config, metrics: newMetrics(), acks: make(chan []*message, 8)}
	s.consumer = &consumer{options: s.options(broker.UserIngest), out: make(chan *message, 2*broker.Window*len(broker.Topics)), metrics: s.metrics,
		trouble: errors.New("ingest has not started")}
	s.publisher = &publisher{options: s.options(broker.UserWeb)}
	s.writer = &writer{
		store:      &store{pool: config.Pool, reports: config.Reports, latest: map[haidang.DatastreamID]time.Time{}},
		catalogue:  &catalogue{pool: config.Pool},
		partitions: &partitions{pool: config.Pool},
		bus:        config.Bus, metrics: s.metrics, acks: s.acks,
	}
	return s
}

// options are asked for at each connection: the embedded broker's address is
// known only once it runs.
func (s *Service) options(user string) func() *mqtt.ClientOptions {
	if s.config.Broker != nil {
		return func() *mqtt.ClientOptions { return s.config.Broker.ClientOptions(user) }
	}
	return func() *mqtt.ClientOptions { return mqttclient.Options().AddBroker(s.config.URL).SetClientID(user) }
}

// Start returns once ingest's session is subscribed and rows can be written. A
// broker address that cannot be read is an ErrInvalid.
func (s *Service) Start(ctx context.Context) error {
	if err := s.checkURL(); err != nil {
		return err
	}
	if err := errors.Join(s.writer.catalogue.read(ctx), s.writer.partitions.read(ctx)); err != nil {
		return err
	}
	now := monthOf(time.Now().UTC())
	if err := s.writer.partitions.ensure(ctx, map[month]bool{now: true, now + 1: true}); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	life := context.WithoutCancel(ctx)
	writing, cancel := context.WithCancel(life)
	running, leave := context.WithCancel(life)
	s.cancel, s.leave, s.started = cancel, leave, true
	batches := make(chan []*message)
	s.written.Go(func() { collect(s.consumer.out, batches) })
	s.written.Go(func() { s.write(writing, batches) })
	s.written.Go(s.acknowledge)
	if err := s.consumer.connect(ctx); err != nil {
		s.consumer.close()
		cancel()
		leave()
		s.written.Wait()
		return err
	}
	s.others.Go(func() { s.consumer.run(running) })
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

func (s *Service) write(ctx context.Context, batches <-chan []*message) {
	defer close(s.acks)
	defer s.writer.store.release()
	for messages := range batches {
		if ctx.Err() == nil {
			_ = s.writer.write(ctx, messages) // fails only with ctx; the rest stays with the broker
		}
	}
}

// acknowledge runs beside the writer, for an acknowledgement may wait for the network.
func (s *Service) acknowledge() {
	for messages := range s.acks {
		for _, m := range messages {
			m.ack()
		}
	}
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

// Stop writes and acknowledges what it holds, then leaves the session to the
// broker. When ctx ends first, the rest stays unacknowledged and comes again.
func (s *Service) Stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.started || s.stopped {
		return nil
	}
	s.stopped = true
	s.leave()
	s.consumer.close()
	err := waitFor(ctx, s.written.Wait)
	s.cancel()
	s.written.Wait()
	s.others.Wait()
	s.consumer.disconnect()
	s.publisher.close()
	return err
}

// Ready returns nil while messages flow, or what stands in the way.
func (s *Service) Ready() error {
	if trouble := s.writer.trouble.Load(); trouble != nil {
		return *trouble
	}
	return s.consumer.ready()
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
		return Queue{Pending: len(s.consumer.out)}
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
