package broker

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"haidang"
)

// suiteVariable names the folder interoperability of the Eclipse Paho suite for MQTT
// 3.1.1 (client_test.py), which is not ours and not kept here.
const suiteVariable = "CONFORMANCE_SUITE"

// suiteTests are the suite's tests; will_message_test is one that it defines and does not run.
var suiteTests = []string{"testBasic", "test_retained_messages", "will_message_test", "test_zero_length_clientid", "test_offline_message_queueing",
	"test_overlapping_subscriptions", "test_keepalive", "test_redelivery_on_reconnect", "test_subscribe_failure", "test_dollar_topics", "test_unsubscribe"}

// setting is a way to run the broker for the suite, with the tests that pass there.
// docs/conformance.md says why the others do not.
type setting struct {
	name, mode string
	serve      func(t *testing.T) (addr string)
	passes     string
}

var settings = []setting{
	{"as configured", "signed-in", asConfigured, "test_subscribe_failure"},
	{"gate open", "open", func(t *testing.T) string { return gateOpen(t, true) }, "test_dollar_topics test_unsubscribe test_zero_length_clientid"},
	{"gate open, QoS 2 taken", "open", func(t *testing.T) string { return gateOpen(t, false) },
		"testBasic test_retained_messages will_message_test test_zero_length_clientid test_offline_message_queueing test_overlapping_subscriptions test_keepalive test_dollar_topics test_unsubscribe"},
}

// TestConformance runs the suite and fails when a deviation came or went.
func TestConformance(t *testing.T) {
	suite := os.Getenv(suiteVariable)
	if suite == "" {
		t.Skipf("set %s to the folder interoperability of eclipse-paho's paho.mqtt.testing", suiteVariable)
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("the suite is written in Python 3")
	}
	for _, s := range settings {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			host, port, _ := net.SplitHostPort(s.serve(t))
			for _, name := range suiteTests {
				verdict := runSuite(t, python, "testdata/conformance.py", suite, host, port, s.mode, name)
				t.Logf("%-24s %-32s %s", s.name, name, verdict)
				if passed := strings.HasPrefix(verdict, "ok"); passed != strings.Contains(" "+s.passes+" ", " "+name+" ") {
					t.Errorf("%s: %s", name, verdict)
				}
			}
		})
	}
}

func runSuite(t *testing.T, python string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, python, args...)
	var trouble bytes.Buffer
	cmd.Stderr = &trouble
	out, err := cmd.Output()
	if err != nil {
		return fmt.Sprintf("failed: the suite does not run: %v %s", err, trouble.String())
	}
	return strings.TrimSpace(string(out))
}

// anyDevice are credentials of devices whose secret is "secret-" and their name.
type anyDevice struct{}

func (anyDevice) SecretHashes(_ context.Context, things ...haidang.ThingID) (map[haidang.ThingID][]byte, error) {
	hashes := map[haidang.ThingID][]byte{}
	for _, thing := range things {
		hash := sha256.Sum256([]byte("secret-" + thing))
		hashes[thing] = hash[:]
	}
	return hashes, nil
}

func asConfigured(t *testing.T) string {
	b := New(Config{Dir: t.TempDir(), Addr: "127.0.0.1:0"}, anyDevice{})
	if err := b.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), brokerPatience)
		defer cancel()
		if err := b.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return b.Addr()
}

// gateOpen runs the same server without the gate: anybody may do anything.
func gateOpen(t *testing.T, refuseQoS2 bool) string {
	b := New(Config{Dir: t.TempDir()}, anyDevice{})
	options, err := b.options("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	options.CustomClientAuthentication, options.NoLog = nil, true
	if !refuseQoS2 {
		if err := options.ProcessConfigString(`mqtt { reject_qos2_publish: false }`); err != nil {
			t.Fatal(err)
		}
	}
	s, err := server.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(brokerPatience) {
		t.Fatal("the server does not start")
	}
	varz, err := s.Varz(nil)
	if err != nil {
		t.Fatal(err)
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(varz.MQTT.Port))
}
