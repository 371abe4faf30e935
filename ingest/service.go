package ingest

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"haidang/internal/bus"
)

// ServiceConfig is what a Service works with. Exactly one of Broker and URL is set.
type ServiceConfig struct {
	Pool    *pgxpool.Pool
	Bus     *bus.Bus   // where moved values are announced; nil announces nothing
	Broker  *Broker    // the embedded broker, already started
	URL     string     // an external MQTT broker, such as tcp://user:secret@host:1883
	Reports ReportSink // where citizens' reports go; nil makes them dead letters
}

// Service carries messages from the broker into the database.
type Service struct{}

// NewService makes a Service that is not running yet.
func NewService(config ServiceConfig) *Service { return &Service{} }

// Start returns once ingest's session is subscribed and rows can be written.
func (s *Service) Start(ctx context.Context) error { return errors.ErrUnsupported }

// Stop writes and acknowledges what it holds, then leaves the session to the broker.
func (s *Service) Stop(ctx context.Context) error { return nil }

// Ready returns nil while messages flow, or what stands in the way.
func (s *Service) Ready() error { return errors.ErrUnsupported }

// PublishReport hands a citizen's report to the broker and returns once it is
// durable there.
func (s *Service) PublishReport(ctx context.Context, channel string, payload []byte) error {
	return errors.ErrUnsupported
}

// Queue says what waits between the broker and the database.
type Queue struct {
	Pending    int     `json:"pending"`    // messages the broker handed over or holds for ingest
	OldestAgeS float64 `json:"oldestAgeS"` // age of the oldest message not yet committed, seconds
}

// Queue returns the present backlog.
func (s *Service) Queue(ctx context.Context) Queue { return Queue{} }

// Metrics returns Prometheus collectors of broker and ingest.
func (s *Service) Metrics() []prometheus.Collector { return nil }
