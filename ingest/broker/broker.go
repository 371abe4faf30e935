package broker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"haidang/internal/wait"

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
	Window     int    // messages handed to a lane before it acknowledges, at most 65,535; 0 means Window
	StoreLimit int64  // bytes the messages may take; 0 chooses by the disk
	Reserve    int64  // bytes the store leaves free on its disk; 0 chooses by the disk
}

// DefaultPartitions is how many lanes there are unless more are wanted.
const DefaultPartitions = 4

const (
	// Window is how many messages the broker hands to a lane before it waits for
	// acknowledgements, unless Config says otherwise. Rate x (linger + commit) x 2
	// must fit in.
	Window = 8000

	// mostWindow is what nats-server allows as the sum of a session's windows. A
	// subscription beyond it would be refused with SUBACK 0x80. A lane has one.
	mostWindow = 65_535

	// deviceAckWait is when a device that stays connected is handed an
	// unacknowledged message again.
	deviceAckWait = 30 * time.Second

	// largestMessage is what one PUBLISH may carry, in bytes.
	largestMessage = 1 << 20

	// brokerPatience bounds the opening of the store and of the listener.
	brokerPatience = 30 * time.Second
)

// FlushRefusals writes the counted attempts down; what could not be written is counted on.
func (b *Broker) FlushRefusals(ctx context.Context, pool *pgxpool.Pool) error {
	return b.refusals.flush(ctx, pool)
}

// Metrics returns Prometheus collectors of the broker.
func (b *Broker) Metrics() []prometheus.Collector {
	return []prometheus.Collector{b.refusals.total, b.reopened}
}

// Broker is the embedded MQTT broker: nats-server with a JetStream file store.
// A PUBACK means the message is in that store.
type Broker struct {
	config   Config
	gate     *gate
	refusals *refusals
	reopened prometheus.Counter
	address  atomic.Pointer[net.TCPAddr]
	record   storeRecord // set before devices are let in
	failed   atomic.Bool // the store has met a write error and takes nothing more
	state    atomic.Pointer[State]

	mu   sync.Mutex
	live *live // nil while stopped or being opened again
	stop context.CancelFunc
	done sync.WaitGroup
}

// live is one running server with our way into its store.
type live struct {
	server *server.Server
	admin  admin
}

// New makes a broker that is not running yet.
func New(config Config, credentials Credentials) *Broker {
	config.Window = cmp.Or(config.Window, Window)
	config.Partitions = cmp.Or(config.Partitions, DefaultPartitions)
	book := newRefusals()
	return &Broker{config: config, refusals: book, gate: newGate(credentials, book), reopened: prometheus.NewCounter(prometheus.CounterOpts{
		Name: "haidang_mqtt_store_reopened_total", Help: "Times the broker opened its store again after a write error."})}
}

// Start brings the broker up. Devices find the listener open only once the
// session of every lane is durable; on a new store that takes a private start
// first. A taken port, an unusable folder or a window too wide is a *haidang.Error.
func (b *Broker) Start(ctx context.Context) error {
	if err := b.checkConfig(); err != nil {
		return err
	}
	if err := os.MkdirAll(b.config.Dir, 0o700); err != nil {
		return unusableStore(b.config.Dir, err)
	}
	secret, err := readSecret(b.config.Dir)
	if err != nil {
		return unusableStore(b.config.Dir, err)
	}
	b.gate.secret = secret
	if err := b.prepare(ctx); err != nil {
		return err
	}
	if err := portFree(b.config.Addr); err != nil {
		return err
	}
	if err := b.open(ctx, b.config.Addr); err != nil {
		return err
	}
	if err := writeDurably(filepath.Join(b.config.Dir, addressFile), b.dialHost()); err != nil {
		return errors.Join(unusableStore(b.config.Dir, err), b.close(ctx))
	}
	watch, cancel := context.WithCancel(context.WithoutCancel(ctx))
	b.stop = cancel
	b.done.Go(func() { b.watchCredentials(watch) })
	b.done.Go(func() { b.watchStore(watch) })
	return nil
}

func (b *Broker) checkConfig() error {
	if w := b.config.Window; w < 1 || w > mostWindow {
		return haidang.RefuseField("HAIDANG_MQTT_WINDOW",
			fmt.Sprintf("Cửa sổ %d không dùng được: máy chủ MQTT cho mỗi phiên từ 1 đến %d thông điệp chưa xác nhận; hãy đặt HAIDANG_MQTT_WINDOW trong khoảng đó.", w, mostWindow),
			fmt.Sprintf("A window of %d cannot be used: the broker allows a session 1 to %d unacknowledged messages; set HAIDANG_MQTT_WINDOW within that.", w, mostWindow))
	}
	if n := b.config.Partitions; n < 1 || n > MostPartitions {
		return haidang.RefuseField("HAIDANG_INGEST_PARTITIONS",
			fmt.Sprintf("Số luồng %d không dùng được; hãy đặt HAIDANG_INGEST_PARTITIONS từ 1 đến %d.", n, MostPartitions),
			fmt.Sprintf("%d lanes cannot be used; set HAIDANG_INGEST_PARTITIONS from 1 to %d.", n, MostPartitions))
	}
	return nil
}

// open starts a server whose MQTT listener is at addr and waits until it takes
// our own clients. Devices wait for watchStore to find room.
func (b *Broker) open(ctx context.Context, addr string) error {
	options, err := b.options(addr)
	if err != nil {
		return err
	}
	s, err := server.NewServer(options)
	if err != nil {
		return fmt.Errorf("configure broker: %w", err)
	}
	if err := mapSubjects(s, b.config.Partitions); err != nil {
		return fmt.Errorf("spread the topics over lanes: %w", err)
	}
	log := newBrokerLog(b.gate, &b.failed)
	b.failed.Store(false)
	s.SetLoggerV2(log, false, false, false)
	s.Start()
	if !s.ReadyForConnections(brokerPatience) {
		s.Shutdown()
		s.WaitForShutdown()
		return unusableStore(b.config.Dir, errors.Join(errors.New("the broker did not become ready"), log.fatal()))
	}
	b.setAddress(options)
	l := &live{server: s}
	l.admin, err = openAdmin(s, b.gate.secret)
	if err != nil {
		s.Shutdown()
		s.WaitForShutdown()
		return fmt.Errorf("reach the broker's store: %w", err)
	}
	b.setLive(l)
	if err := b.limit(ctx, l); err != nil {
		return errors.Join(err, b.close(ctx))
	}
	b.watch()
	return nil
}

// setAddress notes the port that a running server has chosen, too.
func (b *Broker) setAddress(running *server.Options) {
	b.address.Store(&net.TCPAddr{IP: net.ParseIP(running.MQTT.Host), Port: running.MQTT.Port})
}

func (b *Broker) setLive(l *live) {
	b.mu.Lock()
	b.live = l
	b.mu.Unlock()
	b.gate.serve(l)
}

// close ends the running server, at most until ctx ends.
func (b *Broker) close(ctx context.Context) error {
	l := b.running()
	if l == nil {
		return nil
	}
	b.gate.serve(nil)
	l.admin.conn.Close()
	err := wait.For(ctx, func() {
		l.server.Shutdown()
		l.server.WaitForShutdown()
	})
	if err == nil {
		b.setLive(nil)
	}
	return err
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
		JetStreamMaxStore:          math.MaxInt64 / 2, // the streams have limits of their own
		SyncInterval:               time.Second,
		SyncAlways:                 b.config.SyncAlways,
		CustomClientAuthentication: b.gate,
		MQTT:                       server.MQTTOpts{Host: host, Port: port, AckWait: deviceAckWait, MaxAckPending: uint16(b.config.Window), AuthTimeout: 10},
	}
	return o, o.ProcessConfigString(refuseQoS2)
}

// refuseQoS2 is the only spelling of this setting that nats-server offers. When a
// sender releases a QoS 2 message, the server stores it for the lanes and deletes
// its held copy side by side: a full disk or a kill between the two loses a message
// that was acknowledged. Nobody gains by QoS 2, for a reading sent twice is stored once.
const refuseQoS2 = `mqtt { reject_qos2_publish: true }`

// Stop closes every connection and the store. Acknowledgements that the lanes sent
// before they left are taken first, so that they do not come again.
func (b *Broker) Stop(ctx context.Context) error {
	if b.stop != nil {
		b.stop()
	}
	b.settleLanes(ctx)
	return errors.Join(wait.For(ctx, b.done.Wait), b.close(ctx))
}

func (b *Broker) settleLanes(ctx context.Context) {
	l := b.running()
	if l == nil || b.broken() {
		return
	}
	for k := range b.Partitions() {
		if err := l.admin.settle(ctx, LaneClientID(k)); err != nil {
			slog.Warn("broker: stopping before every acknowledgement was taken", "lane", k, "error", err)
		}
	}
}

// Addr returns the address devices connect to, once the broker runs.
func (b *Broker) Addr() string { return b.address.Load().String() }

// InProcessConn opens a connection for the live bus, which stays the caller's to
// close. It can use the bus's subjects only, and finds the server again when that
// is started anew.
func (b *Broker) InProcessConn() (*nats.Conn, error) {
	if b.running() == nil {
		return nil, server.ErrServerNotRunning
	}
	toRunning := inProcess(func() (net.Conn, error) {
		l := b.running()
		if l == nil {
			return nil, server.ErrServerNotRunning
		}
		return l.server.InProcessConn()
	})
	return nats.Connect("", nats.InProcessServer(toRunning), nats.Name("haidang bus"),
		nats.UserInfo(userBus, b.gate.secret), nats.MaxReconnects(-1), nats.ReconnectWait(200*time.Millisecond))
}

func (b *Broker) running() *live {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.live
}

// Stream returns how many messages one of the broker's streams keeps and since when.
func (b *Broker) Stream(name string) (messages int, oldest time.Time) {
	l := b.running()
	if l == nil {
		return 0, time.Time{}
	}
	info, err := l.server.Jsz(&server.JSzOptions{Streams: true})
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
