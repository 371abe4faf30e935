package ingest

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go"

	"haidang"
)

// Credentials says which devices may sign in: the SHA-256 of each one's secret.
// A device that is missing from the answer may not. Registry is one.
type Credentials interface {
	SecretHashes(ctx context.Context, things ...haidang.ThingID) (map[haidang.ThingID][]byte, error)
}

// BrokerConfig says where the broker listens and keeps its messages.
type BrokerConfig struct {
	Dir        string // message store, made when missing
	Addr       string // device address, "host:port"; port 0 picks a free one
	SyncAlways bool   // fsync every message instead of every second
}

// Broker is the embedded MQTT broker.
type Broker struct{}

// NewBroker makes a broker that is not running yet.
func NewBroker(config BrokerConfig, credentials Credentials) *Broker { return &Broker{} }

// Start brings the broker up and opens the device listener once ingest's session is durable.
func (b *Broker) Start(ctx context.Context) error { return errors.ErrUnsupported }

// Stop closes every connection and the store.
func (b *Broker) Stop(ctx context.Context) error { return nil }

// Addr returns the address devices connect to.
func (b *Broker) Addr() string { return "" }

// InProcessConn opens a connection for the live bus.
func (b *Broker) InProcessConn() (*nats.Conn, error) { return nil, errors.ErrUnsupported }
