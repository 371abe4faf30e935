package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"haidang"
)

// Credentials says which devices may sign in: the SHA-256 of each one's secret.
// A device that is missing from the answer may not. Registry is one.
type Credentials interface {
	SecretHashes(ctx context.Context, things ...haidang.ThingID) (map[haidang.ThingID][]byte, error)
}

// Config says where the broker listens and keeps its messages.
type Config struct {
	Dir        string // message store, made when missing
	Addr       string // device address, "host:port"; port 0 picks a free one
	SyncAlways bool   // fsync every message instead of every second
	Partitions int    // lanes to spread the devices over; 0 means DefaultPartitions
	Window     int    // messages handed to a lane before it acknowledges; 0 means Window
	StoreLimit int64  // bytes the messages may take; 0 chooses by the disk
	Reserve    int64  // bytes the store leaves free on its disk; 0 chooses by the disk
}

// DefaultPartitions is how many lanes there are unless more are wanted.
const DefaultPartitions = 4

const (
	// Window is how many messages the broker hands to one subscription before
	// it waits for acknowledgements. Rate x (linger + commit) x 2 must fit in,
	// and the sum over a session's subscriptions must stay under 65,535.
	Window = 8000

	// ackWait is when the broker hands an unacknowledged message over again.
	// After a crash the window in flight waits this long; while the database is
	// away the whole window comes again this often and is dropped by its packet id.
	ackWait = 15 * time.Second

	// largestMessage is what one PUBLISH may carry, in bytes.
	largestMessage = 1 << 20

	// brokerPatience bounds the opening of the store and of the listener.
	brokerPatience = 30 * time.Second
)

// Partitions returns how many lanes are to be served: the most that were ever
// configured on this store, so that none is orphaned.
func (b *Broker) Partitions() int { return max(1, b.config.Partitions) }

// FlushRefusals writes the counted attempts down; what could not be written is counted on.
func (b *Broker) FlushRefusals(ctx context.Context, pool *pgxpool.Pool) error {
	return b.refusals.flush(ctx, pool)
}

// Metrics returns Prometheus collectors of the broker.
func (b *Broker) Metrics() []prometheus.Collector { return []prometheus.Collector{b.refusals.total} }

// Broker is the embedded MQTT broker: nats-server with a JetStream file store.
// A PUBACK means the message is in that store.
type Broker struct {
	config   Config
	gate     *gate
	refusals *refusals
	address  atomic.Pointer[net.TCPAddr]

	mu     sync.Mutex
	server *server.Server
	stop   context.CancelFunc
	done   chan struct{}
}

// New makes a broker that is not running yet.
func New(config Config, credentials Credentials) *Broker {
	if config.Partitions == 0 {
		config.Partitions = DefaultPartitions
	}
	book := newRefusals()
	gate := newGate(credentials, book)
	gate.partitions = config.Partitions
	return &Broker{config: config, refusals: book, gate: gate}
}

// Start brings the broker up. Devices find the listener open only once ingest's
// session is durable; on a new store that takes a private start first. A taken
// port or an unusable folder is a *haidang.Error.
func (b *Broker) Start(ctx context.Context) error {
	if err := os.MkdirAll(b.config.Dir, 0o700); err != nil {
		return unusableStore(b.config.Dir, err)
	}
	secret, err := readSecret(b.config.Dir)
	if err != nil {
		return unusableStore(b.config.Dir, err)
	}
	b.gate.secret = secret
	if err := b.prepareSession(ctx); err != nil {
		return err
	}
	if err := portFree(b.config.Addr); err != nil {
		return err
	}
	s, err := b.run(b.config.Addr)
	if err != nil {
		return err
	}
	if err := writeDurably(filepath.Join(b.config.Dir, addressFile), b.dialHost()); err != nil {
		s.Shutdown()
		return unusableStore(b.config.Dir, err)
	}
	watch, cancel := context.WithCancel(context.WithoutCancel(ctx))
	b.mu.Lock()
	b.server, b.stop, b.done = s, cancel, make(chan struct{})
	b.mu.Unlock()
	go b.watchCredentials(watch, s, b.done)
	return nil
}

// run starts a server whose MQTT listener is at addr and waits until it is open.
func (b *Broker) run(addr string) (*server.Server, error) {
	options, err := b.options(addr)
	if err != nil {
		return nil, err
	}
	s, err := server.NewServer(options)
	if err != nil {
		return nil, fmt.Errorf("configure broker: %w", err)
	}
	if b.config.Partitions > 0 {
		if err := mapSubjects(s, b.config.Partitions); err != nil {
			return nil, fmt.Errorf("spread the topics over lanes: %w", err)
		}
	}
	log := &brokerLog{gate: b.gate}
	s.SetLoggerV2(log, false, false, false)
	b.gate.serve(s)
	s.Start()
	if !s.ReadyForConnections(brokerPatience) {
		s.Shutdown()
		s.WaitForShutdown()
		return nil, unusableStore(b.config.Dir, errors.Join(errors.New("the broker did not become ready"), log.fatal()))
	}
	b.address.Store(&net.TCPAddr{IP: net.ParseIP(options.MQTT.Host), Port: options.MQTT.Port})
	return s, nil
}

func (b *Broker) options(addr string) (*server.Options, error) {
	host, portText, err := net.SplitHostPort(addr)
	port, numErr := strconv.Atoi(portText)
	if err = errors.Join(err, numErr); err != nil {
		refusal := haidang.RefuseField("HAIDANG_MQTT_ADDR", "Địa chỉ MQTT phải có dạng máy:cổng, ví dụ 127.0.0.1:1883.",
			"The MQTT address must look like host:port, such as 127.0.0.1:1883.")
		refusal.Cause = err
		return nil, refusal
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	o := &server.Options{
		ServerName:                 "haidang",
		DontListen:                 true, // MQTT only; the live bus connects in process
		NoSigs:                     true,
		MaxPayload:                 largestMessage,
		JetStream:                  true,
		JetStreamLimits:            server.JSLimitOpts{DefaultMaxConsumers: -1}, // a device's subscription is one; by default the 1,001st is refused
		StoreDir:                   b.config.Dir,
		SyncInterval:               time.Second,
		SyncAlways:                 b.config.SyncAlways,
		CustomClientAuthentication: b.gate,
		MQTT:                       server.MQTTOpts{Host: host, Port: port, AckWait: ackWait, MaxAckPending: Window, AuthTimeout: 10},
	}
	return o, o.ProcessConfigString(refuseQoS2)
}

// refuseQoS2 is the only spelling of this setting that nats-server offers. Until its
// sender says that it may go on, a QoS 2 message is kept: one device could so leave
// 65,535 messages of a megabyte on the disk, also beyond its session. Nobody gains by
// QoS 2, for a reading sent twice is stored once.
const refuseQoS2 = `mqtt { reject_qos2_publish: true }`

// Stop closes every connection and the store.
func (b *Broker) Stop(ctx context.Context) error {
	b.mu.Lock()
	s, stop, done := b.server, b.stop, b.done
	b.server = nil
	b.mu.Unlock()
	if s == nil {
		return nil
	}
	stop()
	return waitFor(ctx, func() {
		<-done
		s.Shutdown()
		s.WaitForShutdown()
	})
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

// Addr returns the address devices connect to, once the broker runs.
func (b *Broker) Addr() string { return b.address.Load().String() }

// InProcessConn opens a connection for the live bus, which stays the caller's to
// close. It can use the bus's subjects only.
func (b *Broker) InProcessConn() (*nats.Conn, error) {
	s := b.running()
	if s == nil {
		return nil, server.ErrServerNotRunning
	}
	return nats.Connect("", nats.InProcessServer(s), nats.Name("haidang bus"),
		nats.UserInfo(userBus, b.gate.secret), nats.MaxReconnects(-1))
}

func (b *Broker) running() *server.Server {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.server
}

// Backlog returns how many messages wait in the store and since when.
func (b *Broker) Backlog() (pending int, oldest time.Time) { return b.Stream("$MQTT_msgs") }

// Stream returns how many messages one of the broker's streams keeps and since when.
func (b *Broker) Stream(name string) (messages int, oldest time.Time) {
	s := b.running()
	if s == nil {
		return 0, time.Time{}
	}
	info, err := s.Jsz(&server.JSzOptions{Streams: true})
	if err != nil {
		return 0, time.Time{}
	}
	for _, account := range info.AccountDetails {
		for _, stream := range account.Streams {
			if stream.Name == name && stream.State.Msgs > 0 {
				return int(stream.State.Msgs), stream.State.FirstTime
			}
		}
	}
	return 0, time.Time{}
}

// portFree says in one sentence that somebody else listens at addr.
func portFree(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err == nil {
		return l.Close()
	}
	return &haidang.Error{Code: haidang.ErrUnavailable, Field: "HAIDANG_MQTT_ADDR", Cause: err, Text: haidang.Text{
		VI: fmt.Sprintf("Không mở được địa chỉ MQTT %s (có thể cổng đã bị chương trình khác chiếm); hãy chọn địa chỉ khác bằng HAIDANG_MQTT_ADDR.", addr),
		EN: fmt.Sprintf("Cannot open the MQTT address %s (another program may hold the port); choose another with HAIDANG_MQTT_ADDR.", addr)}}
}

func unusableStore(dir string, err error) error {
	return &haidang.Error{Code: haidang.ErrUnavailable, Field: "HAIDANG_DATA", Cause: err, Text: haidang.Text{
		VI: fmt.Sprintf("Kho thông điệp %s không dùng được; hãy kiểm tra quyền ghi và dung lượng đĩa.", dir),
		EN: fmt.Sprintf("The message store %s cannot be used; check that it is writable and that the disk is not full.", dir)}}
}
