package broker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"haidang/internal/mqttclient"
)

// Topics is what ingest's session subscribes to, all with QoS 1.
var Topics = []string{
	"v1/things/+/telemetry",
	"v1/things/+/status",
	"v1/things/+/attributes",
	"v1/channels/+/reports",
}

// markerName is the file inside the store that says for which topics ingest's
// session is durable.
const markerName = "ingest-session"

// prepareSession makes ingest's session durable on a private address. The store
// keeps messages by interest: a device that publishes before the session exists
// would get its PUBACK and the message would be gone.
func (b *Broker) prepareSession(ctx context.Context) error {
	marker := filepath.Join(b.config.Dir, markerName)
	want := strings.Join(Topics, "\n")
	for k := range b.config.Partitions {
		want += "\n" + LaneTopic(k)
	}
	if have, err := os.ReadFile(marker); err == nil && string(have) == want {
		return nil
	}
	s, err := b.run("127.0.0.1:0")
	if err != nil {
		return err
	}
	err = b.subscribeOnce(ctx, UserIngest, Topics...)
	for k := range b.config.Partitions {
		err = errors.Join(err, b.subscribeOnce(ctx, LaneClientID(k), LaneTopic(k)))
	}
	s.Shutdown()
	s.WaitForShutdown()
	if err != nil {
		return fmt.Errorf("make ingest's session durable: %w", err)
	}
	if err := writeDurably(marker, want); err != nil {
		return unusableStore(b.config.Dir, err)
	}
	return nil
}

func (b *Broker) subscribeOnce(ctx context.Context, clientID string, topics ...string) error {
	client := mqtt.NewClient(b.ClientOptions(clientID).SetCleanSession(false))
	if err := mqttclient.Finish(ctx, client.Connect()); err != nil {
		return err
	}
	defer client.Disconnect(250)
	return mqttclient.Subscribe(ctx, client, topics...)
}

func writeDurably(path, text string) error {
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
