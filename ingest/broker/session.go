package broker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"haidang/internal/mqttclient"
)

// Topics is what ingest subscribes to at a broker that knows no lanes, all with QoS 1.
var Topics = []string{
	"v1/things/+/telemetry",
	"v1/things/+/status",
	"v1/things/+/attributes",
	"v1/channels/+/reports",
}

// laneAckWait is when the broker by itself hands a lane an unacknowledged message
// again. It is longer than the longest outage to be survived, for each time would
// multiply the window. A lane that comes back is resumed at once.
const laneAckWait = 24 * time.Hour

// prepare makes the session of every lane durable on a private address. The store
// keeps messages by interest: a device that publishes before the session exists
// would get its PUBACK and the message would be gone.
func (b *Broker) prepare(ctx context.Context) error {
	have, err := readRecord(b.config.Dir)
	if err != nil {
		return unusableStore(b.config.Dir, err)
	}
	want := have
	want.Partitions, want.Window = max(have.Partitions, b.config.Partitions), b.config.Window
	if b.record = want; have.StoreID != "" && have == want {
		return nil
	}
	if err := b.open(ctx, "127.0.0.1:0"); err != nil {
		return err
	}
	err = b.prepareStore(ctx, &b.record)
	if err = errors.Join(err, b.close(ctx)); err != nil {
		return fmt.Errorf("make the lanes' sessions durable: %w", err)
	}
	if err := b.record.write(b.config.Dir); err != nil {
		return unusableStore(b.config.Dir, err)
	}
	return errors.Join(removeOld(b.config.Dir))
}

// prepareStore also gives a store without a name its first account.
func (b *Broker) prepareStore(ctx context.Context, r *storeRecord) error {
	for k := range r.Partitions {
		if err := b.prepareLane(ctx, k); err != nil {
			return fmt.Errorf("lane %d: %w", k, err)
		}
	}
	if err := b.takeOver(ctx); err != nil {
		return fmt.Errorf("take over the messages of an older version: %w", err)
	}
	if r.StoreID != "" {
		return nil
	}
	a, err := b.account(ctx, storeRecord{Partitions: r.Partitions})
	if err != nil {
		return err
	}
	r.StoreID, r.Base = newStoreID(), a.Sequence-uint64(a.Waiting)
	return nil
}

// prepareLane makes the session when there is none and gives its consumer the
// window and the patience of a lane. An existing session is not entered: its
// messages are for ingest.
func (b *Broker) prepareLane(ctx context.Context, k int) error {
	name, err := b.laneConsumer(ctx, k)
	if err == nil && name == "" {
		if err = b.subscribeOnce(ctx, LaneClientID(k), LaneTopic(k)); err == nil {
			name, err = b.laneConsumer(ctx, k)
		}
	}
	if err != nil {
		return err
	}
	l := b.running()
	info, err := l.admin.consumer(ctx, name)
	if err != nil {
		return err
	}
	info.Config.AckWait, info.Config.MaxAckPending = laneAckWait, b.config.Window
	_, err = ask[server.JSApiConsumerCreateResponse](ctx, l.admin, fmt.Sprintf(server.JSApiDurableCreateT, messageStream, name),
		server.CreateConsumerRequest{Stream: messageStream, Config: *info.Config})
	return err
}

// laneConsumer is the name in the store of what waits for a lane, empty when
// there is no session.
func (b *Broker) laneConsumer(ctx context.Context, k int) (string, error) {
	l := b.running()
	if l == nil {
		return "", server.ErrServerNotRunning
	}
	s, err := l.admin.session(ctx, LaneClientID(k))
	for _, c := range s.Consumers {
		return c.Name, err
	}
	return "", err
}

func (b *Broker) subscribeOnce(ctx context.Context, clientID string, topics ...string) error {
	client := mqtt.NewClient(b.ClientOptions(clientID).SetCleanSession(false))
	if err := mqttclient.Finish(ctx, client.Connect()); err != nil {
		return err
	}
	defer client.Disconnect(250)
	return mqttclient.Subscribe(ctx, client, topics...)
}

// takeOver moves what waits in the one session of an older version onto the
// lanes, in order, and ends that session. Each message is stored anew before it
// is deleted, so a crash costs nothing and can at most show one of them twice.
func (b *Broker) takeOver(ctx context.Context) error {
	a := b.running().admin
	old, err := a.session(ctx, UserIngest)
	if err != nil || len(old.Consumers) == 0 {
		return err
	}
	for seq := uint64(1); ; {
		message, err := a.next(ctx, seq, messagePrefix+"v1.>")
		if err != nil {
			return err
		}
		if message == nil {
			break
		}
		if err := b.moveToLane(ctx, a, message); err != nil {
			return err
		}
		seq = message.Sequence + 1
	}
	client := mqtt.NewClient(b.ClientOptions(UserIngest).SetCleanSession(true)) // a clean session ends the durable one
	if err := mqttclient.Finish(ctx, client.Connect()); err != nil {
		return err
	}
	client.Disconnect(250)
	return nil
}

// moveToLane leaves a message alone that is for somebody else, such as a command.
func (b *Broker) moveToLane(ctx context.Context, a admin, m *server.StoredMsg) error {
	part := strings.Split(strings.TrimPrefix(m.Subject, messagePrefix), ".")
	if len(part) != 4 || part[3] == "commands" {
		return nil
	}
	header, err := nats.DecodeHeadersMsg(m.Header)
	if err != nil {
		return err
	}
	header.Set(nats.MsgIdHdr, fmt.Sprint("moved-", m.Sequence))
	subject := fmt.Sprintf("%sp.%d.%s.%s", messagePrefix, PartitionOf(part[2], b.config.Partitions), part[2], part[3])
	ctx, cancel := context.WithTimeout(ctx, adminPatience)
	defer cancel()
	if err := a.store(ctx, &nats.Msg{Subject: subject, Header: header, Data: m.Data}); err != nil {
		return err
	}
	_, err = ask[server.JSApiMsgDeleteResponse](ctx, a, fmt.Sprintf(server.JSApiMsgDeleteT, messageStream),
		server.JSApiMsgDeleteRequest{Seq: m.Sequence, NoErase: true})
	return err
}

// removeOld removes the note in which an older version kept its layout.
func removeOld(dir string) error {
	err := os.Remove(filepath.Join(dir, "ingest-session"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
