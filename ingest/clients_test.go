package ingest

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"haidang/ingest/broker"
	"haidang/internal/foreign"
)

// mosquittoClient is mosquitto_pub or mosquitto_sub as a device, bounded in time; it
// skips where there is none.
func (b *bundle) mosquittoClient(program, device string, args ...string) *exec.Cmd {
	b.t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		b.t.Skipf("no %s on this machine: apt-get install mosquitto-clients", program)
	}
	_, port, _ := net.SplitHostPort(b.broker.Addr())
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	b.t.Cleanup(cancel)
	return exec.CommandContext(ctx, path, append([]string{"-h", "127.0.0.1", "-p", port, "-u", device, "-P", "secret-" + device}, args...)...)
}

func (b *bundle) mosquittoPub(device string, args ...string) error {
	b.t.Helper()
	return b.mosquittoClient("mosquitto_pub", device, append([]string{"-i", device}, args...)...).Run()
}

// attempts is how often gauge1 was refused so.
func (b *bundle) attempts(kind, topic string) func() (int64, error) {
	return b.number(`SELECT coalesce(sum(attempts), 0) FROM mqtt_refusal WHERE thing = 'gauge1' AND kind = $1 AND topic = $2`, kind, topic)
}

// TestMosquittoPublishes sends what a client that nobody here wrote can send, and looks
// what became of it.
func TestMosquittoPublishes(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1")
	telemetry := telemetryTopic("gauge1")
	good := func(minute int) string {
		return salinityAt(time.Date(2026, 3, 2, 7, minute, 0, 0, time.UTC), float64(minute))
	}
	tooMuch := filepath.Join(t.TempDir(), "payload")
	b.must(os.WriteFile(tooMuch, bytes.Repeat([]byte("x"), 1<<20+1), 0o600))
	large := filepath.Join(t.TempDir(), "payload")
	b.must(os.WriteFile(large, bytes.Repeat([]byte("x"), 1<<20-100), 0o600))
	longest := telemetry + strings.Repeat("x", 65535-len(telemetry))
	for _, c := range []struct {
		what         string
		args         []string
		stored, dead int64
		refused      string // the topic under which the attempt is counted
		cut          bool   // mosquitto_pub sees its connection end instead of an acknowledgement
	}{
		{"QoS 0", []string{"-q", "0", "-t", telemetry, "-m", good(1)}, 1, 0, "", false},
		{"QoS 1", []string{"-q", "1", "-t", telemetry, "-m", good(2)}, 1, 0, "", false},
		{"QoS 2", []string{"-q", "2", "-t", telemetry, "-m", good(3)}, 0, 0, "(QoS 2)", false},
		{"retained", []string{"-r", "-q", "1", "-t", telemetry, "-m", good(4)}, 1, 0, "", false},
		{"empty", []string{"-n", "-q", "1", "-t", telemetry}, 0, 1, "", false},
		{"not JSON", []string{"-q", "1", "-t", telemetry, "-m", "salinity=3"}, 0, 1, "", false},
		{"not UTF-8", []string{"-q", "1", "-t", telemetry, "-m", "{\"\xff\xfe\":1}"}, 0, 1, "", false},
		{"almost a MiB", []string{"-q", "1", "-t", telemetry, "-f", large}, 0, 1, "", false},
		{"an empty level", []string{"-q", "1", "-t", "v1/things//telemetry", "-m", good(5)}, 0, 0, "v1/things//telemetry", false},
		{"an empty level more", []string{"-q", "1", "-t", "v1/things/gauge1//telemetry", "-m", good(5)}, 0, 0, "v1/things/gauge1//telemetry", false},
		{"a leading slash", []string{"-q", "1", "-t", "/" + telemetry, "-m", good(5)}, 0, 0, "/" + telemetry, false},
		{"a lane", []string{"-q", "1", "-t", "p/0/gauge1/telemetry", "-m", good(5)}, 0, 0, "p/0/gauge1/telemetry", false},
		{"the system", []string{"-q", "1", "-t", "$SYS/broker/version", "-m", good(5)}, 0, 0, "$SYS/broker/version", false},
		{"a space", []string{"-q", "1", "-t", "v1/things/gauge1/tele metry", "-m", good(5)}, 0, 0, "", true},
		{"the longest topic", []string{"-q", "1", "-t", longest, "-m", good(5)}, 0, 0, foreign.Topic(longest), false},
		{"over a MiB", []string{"-q", "1", "-t", telemetry, "-f", tooMuch}, 0, 0, "", true},
	} {
		t.Run(c.what, func(t *testing.T) {
			stored, err := b.number(`SELECT count(*) FROM observation`)()
			b.must(err)
			dead, err := b.number(`SELECT count(*) FROM dead_letter`)()
			b.must(err)
			trouble := b.mosquittoPub("gauge1", c.args...)
			eventually(t, "rows", stored+c.stored, b.number(`SELECT count(*) FROM observation`))
			eventually(t, "dead letters", dead+c.dead, b.number(`SELECT count(*) FROM dead_letter`))
			if c.refused != "" {
				eventually(t, "attempts", 1, b.attempts(broker.RefusedPublish, c.refused))
			}
			if c.refused == "" && (trouble != nil) != c.cut { // a refused one may go before its connection is cut
				t.Errorf("mosquitto_pub: %v", trouble)
			}
		})
	}
	b.wantNumber(3, `SELECT count(*) FROM dead_letter WHERE reason = 'bad_json'`)
	b.wantNumber(1, `SELECT count(*) FROM dead_letter WHERE reason = 'bad_time' AND payload = '\x7b22fffe223a317d'`)
	b.wantNumber(0, `SELECT count(*) FROM observation WHERE result = 5`)
}

// TestMosquittoNames signs in under client identifiers that are not the device's name.
func TestMosquittoNames(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1")
	long, longest := strings.Repeat("x", 300), strings.Repeat("y", 65535)
	for what, id := range map[string]string{"another's": "gauge2", "ours": broker.UserIngest, "none": "", "with a space": "gauge 1",
		"with a dot": "gauge.1", "long": long, "the longest": longest} {
		t.Run(what, func(t *testing.T) {
			args := []string{"-i", id, "-q", "1", "-t", telemetryTopic("gauge1"), "-m", salinityAt(time.Now(), 1)}
			if id == "" {
				args = args[2:]
			}
			if err := b.mosquittoClient("mosquitto_pub", "gauge1", args...).Run(); err == nil {
				t.Error("was let in")
			}
		})
	}
	for _, id := range []string{"gauge2", broker.UserIngest, foreign.Topic(long), foreign.Topic(longest)} {
		eventually(t, "attempts", 1, b.attempts(broker.RefusedClientID, id))
	}
	// The one without a name is given one; those with a space or a dot do not come as far as the gate.
	eventually(t, "attempts", 5, b.number(`SELECT sum(attempts) FROM mqtt_refusal`))
	b.wantNumber(0, `SELECT count(*) FROM observation`)
}

// TestMosquittoWill kills a subscriber, whose last will says that it is gone.
func TestMosquittoWill(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1")
	sub := b.mosquittoClient("mosquitto_sub", "gauge1", "-i", "gauge1", "-q", "1", "-t", "v1/things/gauge1/commands",
		"--will-topic", "v1/things/gauge1/status", "--will-payload", `{"online":false}`, "--will-qos", "1")
	b.must(sub.Start())
	eventually(t, "connected", 1, func() (int, error) { return len(b.broker.Connected()), nil })
	b.must(sub.Process.Kill())
	_ = sub.Wait()
	eventually(t, "status", 1, b.number(`SELECT count(*) FROM thing_status WHERE thing = 'gauge1' AND NOT online`))
}

// TestMosquittoListens subscribes to what is not the device's.
func TestMosquittoListens(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1")
	for _, filter := range []string{"#", "+/+/+/+", "v1/things/+/telemetry", "p/#", "$SYS/#"} {
		out, _ := b.mosquittoClient("mosquitto_sub", "gauge1", "-i", "gauge1", "-q", "1", "-W", "5", "-t", filter).CombinedOutput()
		if !strings.Contains(string(out), "All subscription requests were denied") {
			t.Errorf("%s: %s", filter, out)
		}
		eventually(t, filter, 1, b.attempts(broker.RefusedSubscribe, filter))
	}
}

// TestHostilePackets says what mosquitto_pub refuses to say.
func TestHostilePackets(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1")
	for what, topic := range map[string]string{"a wildcard": "v1/things/+/telemetry", "everything": "#", "NUL": "v1/things/gauge1/tele\x00metry",
		"not UTF-8": "v1/things/\xff\xfe/telemetry", "no topic": ""} {
		t.Run(what, func(t *testing.T) {
			c, err := net.DialTimeout("tcp", b.broker.Addr(), patience)
			b.must(err)
			defer c.Close()
			b.must(c.SetDeadline(time.Now().Add(patience)))
			_, err = c.Write(packet(0x10, text("MQTT"), []byte{4, 0xC2, 0, 60}, text("gauge1"), text("gauge1"), text("secret-gauge1")))
			b.must(err)
			answer := make([]byte, 4)
			if _, err := c.Read(answer); err != nil || answer[0] != 0x20 || answer[3] != 0 {
				t.Fatalf("CONNACK %x, %v", answer, err)
			}
			_, err = c.Write(packet(0x32, text(topic), []byte{0, 1}, []byte(salinityAt(time.Now(), 66))))
			b.must(err)
			if n, err := c.Read(answer); err == nil {
				t.Errorf("was answered with %x", answer[:n])
			}
		})
	}
	b.publish(b.device("gauge1"), telemetryTopic("gauge1"), salinityAt(time.Now(), 1))
	eventually(t, "the good message", 1, b.number(`SELECT count(*) FROM observation`))
	b.wantNumber(0, `SELECT count(*) FROM dead_letter`)
}

func text(s string) []byte { return append(binary.BigEndian.AppendUint16(nil, uint16(len(s))), s...) }

func packet(head byte, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	return append(binary.AppendUvarint([]byte{head}, uint64(len(body))), body...)
}
