package broker

import (
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"

	"haidang"
	"haidang/internal/mqttclient"
)

// A secret that a crash or a copy left empty must not let everybody in as one of our own.
func TestEmptySecretIsMadeAnew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, secretFile)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	made, err := readSecret(dir)
	if err != nil || len(made) < shortestSecret {
		t.Fatalf("the secret is %q (error %v)", made, err)
	}
	if again, err := readSecret(dir); err != nil || again != made {
		t.Errorf("read again it is %q (error %v), want %q", again, err, made)
	}
}

// slowCredentials remembers how many asked at a time.
type slowCredentials struct{ now, most atomic.Int32 }

func (c *slowCredentials) SecretHashes(_ context.Context, things ...haidang.ThingID) (map[haidang.ThingID][]byte, error) {
	n := c.now.Add(1)
	defer c.now.Add(-1)
	for most := c.most.Load(); n > most && !c.most.CompareAndSwap(most, n); most = c.most.Load() {
	}
	time.Sleep(time.Millisecond)
	return map[haidang.ThingID][]byte{things[0]: make([]byte, sha256.Size)}, nil
}

// A crowd at the door leaves the database to everybody else, and all are answered.
func TestCrowdOfSignInsIsBounded(t *testing.T) {
	t.Parallel()
	c := &slowCredentials{}
	g := newGate(c, newRefusals())
	var crowd sync.WaitGroup
	for range 200 {
		crowd.Go(func() {
			if _, ok, err := g.hash("gauge1"); !ok || err != nil {
				t.Error("one was not answered")
			}
		})
	}
	crowd.Wait()
	if most := c.most.Load(); most > lookups {
		t.Errorf("%d looked into the database at once, want at most %d", most, lookups)
	}
}

// awayCredentials cannot reach the database.
type awayCredentials struct{}

func (awayCredentials) SecretHashes(context.Context, ...haidang.ThingID) (map[haidang.ThingID][]byte, error) {
	return nil, errors.New("away")
}

// While nobody can say whether a device may sign in, it does not read that it has
// no right: some devices never try again after that.
func TestUnknownWhileDatabaseIsAwayIsTurnedAway(t *testing.T) {
	t.Parallel()
	b := New(Config{Dir: t.TempDir(), Addr: "127.0.0.1:0"}, awayCredentials{})
	if err := b.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, b) })
	err := mqttclient.Finish(t.Context(), mqtt.NewClient(deviceOptions(b, "gauge1")).Connect())
	if err == nil || errors.Is(err, packets.ErrorRefusedNotAuthorised) || errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword) {
		t.Errorf("the device reads %v", err)
	}
	if n := len(counted(b)); n != 0 {
		t.Errorf("%d refusals are counted", n)
	}
}
