package ingest

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"haidang"
	"haidang/ingest/broker"
	"haidang/internal/bus"
)

// ServiceConfig is what a Service works with. Exactly one of Broker, Folder and URL
// is set.
type ServiceConfig struct {
	Pool    *pgxpool.Pool
	Bus     *bus.Bus       // where moved values are announced; nil announces nothing
	Broker  *broker.Broker // the embedded broker, already started
	Folder  string         // the store of the embedded broker of another process on this machine
	URL     string         // any other MQTT broker, such as tcp://user:secret@host:1883
	Reports ReportSink     // where citizens' reports go; nil makes them dead letters
}

// Service carries messages from the broker into the database, on one lane for
// each partition. Several processes share the lanes between them.
type Service struct {
	config     ServiceConfig
	metrics    *metrics
	source     source
	catalogue  *catalogue
	partitions *partitions
	publisher  *publisher
	ownership  *ownership
	pulse      pulse

	mu      sync.Mutex
	started bool
	stopped bool
	leave   context.CancelFunc // ends what runs beside the lanes
	others  sync.WaitGroup
}

// NewService makes a Service that is not running yet.
func NewService(config ServiceConfig) *Service {
	s := &Service{config: config, metrics: newMetrics(), catalogue: &catalogue{pool: config.Pool}, partitions: &partitions{pool: config.Pool}}
	s.publisher = &publisher{options: func() (*mqtt.ClientOptions, error) { return s.source.options(broker.UserWeb) }}
	s.ownership = &ownership{locks: locks{pool: config.Pool, name: processName()}, open: s.openLane, lanes: map[int]*lane{}}
	return s
}

// Start returns once the sessions of the lanes that this process carries are
// subscribed and rows can be written. A broker address that cannot be read is an
// ErrInvalid.
func (s *Service) Start(ctx context.Context) (err error) {
	if s.source, err = newSource(s.config); err != nil {
		return err
	}
	if err := errors.Join(s.catalogue.read(ctx), makePartitionsAhead(ctx, s.config.Pool)); err != nil {
		return err
	}
	if s.counts() {
		if err := openStore(ctx, s.config.Pool, s.counter()); err != nil {
			return err
		}
	}
	s.ownership.partitions = s.source.partitions
	if err := s.ownership.round(ctx); err != nil {
		return errors.Join(err, s.ownership.stop(ctx))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	running, leave := context.WithCancel(context.WithoutCancel(ctx))
	s.leave, s.started = leave, true
	s.others.Go(func() { s.ownership.run(running) })
	s.others.Go(func() { s.measure(running) })
	if s.counts() {
		s.others.Go(func() { s.keepSnapshots(running) })
	}
	if s.config.Broker != nil {
		s.others.Go(func() { s.writeRefusals(running) })
		s.others.Go(func() { s.tellAbsent(running) })
		s.others.Go(func() { s.watch(running) })
		s.others.Go(func() { s.keepCuts(running) })
	}
	return nil
}

// counts reports whether this process can say what was received: one that only
// helps out carries lanes of a broker whose sequence it does not see.
func (s *Service) counts() bool { return s.config.Broker != nil || s.source.foreign }

// counter is nil when the broker is not in this process.
func (s *Service) counter() Counter {
	if s.config.Broker == nil {
		return nil
	}
	return s.config.Broker
}

// openLane starts carrying a partition.
func (s *Service) openLane(ctx context.Context, partition int) (*lane, error) {
	clientID, topics := s.source.session(partition)
	l := &lane{
		partition: partition, topics: topics, foreign: s.source.foreign, metrics: s.metrics,
		options: func() (*mqtt.ClientOptions, error) { return s.source.options(clientID) },
		writer: &writer{
			partition:  partition,
			store:      &store{pool: s.config.Pool, reports: s.config.Reports},
			catalogue:  s.catalogue,
			partitions: s.partitions,
			bus:        s.config.Bus, metrics: s.metrics,
			counter: s.counter(),
		},
	}
	if s.config.Broker != nil {
		l.writer.cutter = s.config.Broker
	}
	return l, l.start(ctx)
}

// refusalInterval is how old a count on the page may be.
const refusalInterval = time.Second

// refusalPatience bounds one writing down.
const refusalPatience = 5 * time.Second

func (s *Service) writeRefusals(ctx context.Context) {
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
	s.others.Wait()
	err := s.ownership.stop(ctx)
	s.publisher.close()
	return err
}

// Ready returns nil while messages flow, or what stands in the way.
func (s *Service) Ready() error {
	s.mu.Lock()
	started := s.started
	s.mu.Unlock()
	if !started {
		return errors.New("ingest has not started")
	}
	return s.ownership.ready()
}

// Announce carries an event to the live bus of the process with the broker, on the
// connection of a lane. Like the bus it promises nothing. It is for a bus that only speaks.
func (s *Service) Announce(subject string, event []byte) error {
	topic := strings.ReplaceAll(subject, ".", "/")
	for _, l := range s.ownership.carried() {
		if c := l.current(); c != nil && c.client.IsConnectionOpen() {
			c.client.Publish(topic, 0, false, event)
			return nil
		}
	}
	return errors.New("no lane has a connection with the broker")
}

// Lanes returns the state of every lane in order of partition.
func (s *Service) Lanes() []LaneState { return s.ownership.states() }

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

// Metrics returns Prometheus collectors of broker and ingest.
func (s *Service) Metrics() []prometheus.Collector {
	pending := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "haidang_ingest_pending_messages",
		Help: "Messages between the broker and COMMIT."}, func() float64 { return float64(s.Queue(context.Background()).Pending) })
	collectors := append(s.metrics.collectors(), pending, s.ownership)
	if s.config.Broker != nil {
		s.ownership.waiting = s.waiting
		collectors = append(collectors, s.config.Broker.Metrics()...)
	}
	return collectors
}
