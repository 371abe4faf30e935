package outside

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"haidang"
	"haidang/internal/freeport"
)

// mosquitto starts Mosquitto with a configuration in which %s stand for fresh ports of
// this machine, and returns their addresses. It skips where there is no Mosquitto.
func mosquitto(t *testing.T, config string) (addresses []string) {
	t.Helper()
	program, err := exec.LookPath("mosquitto")
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/mosquitto"); err != nil {
			t.Skip("no mosquitto on this machine: apt-get install mosquitto")
		}
	}
	dir := t.TempDir()
	var ports []any
	for range strings.Count(config, "%s") {
		addr := freeport.For(t)
		addresses = append(addresses, "tcp://"+addr)
		ports = append(ports, strings.TrimPrefix(addr, "127.0.0.1:")+" 127.0.0.1")
	}
	file := filepath.Join(dir, "mosquitto.conf")
	write(t, file, "user root\nlog_dest stderr\npersistence_location "+dir+"/\n"+fmt.Sprintf(config, ports...))
	var log bytes.Buffer
	cmd := exec.Command(program, "-c", file)
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("mosquitto said:\n%s", log.String())
		}
	})
	for _, a := range addresses {
		for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			if c, err := net.Dial("tcp", strings.TrimPrefix(a, "tcp://")); err == nil {
				c.Close()
				break
			}
			if time.Now().After(end) {
				t.Fatalf("mosquitto does not listen at %s", a)
			}
		}
	}
	return addresses
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// roomy are the settings of docs/external-broker.md by which Mosquitto drops nothing.
const roomy = "max_queued_messages 0\nmax_queued_bytes 0\nmax_inflight_messages 4000\n"

const (
	ownUser = "haidang:own-secret"
	gauge   = haidang.ThingID("gauge1")
)

// rightful configures Mosquitto by exported files: one listener for us, one for devices.
func rightful(t *testing.T) (config string) {
	t.Helper()
	dir := t.TempDir()
	hash := sha256.Sum256([]byte("secret"))
	files, err := Files(FormatMosquitto, []Device{{gauge, hash[:]}, {"gauge2", hash[:]}, {"retired", nil}}, url.UserPassword("haidang", "own-secret"))
	if err != nil {
		t.Fatal(err)
	}
	acl, passwords := filepath.Join(dir, "acl"), filepath.Join(dir, "passwords")
	write(t, acl, files["acl"])
	write(t, passwords, ownUser+"\ngauge1:secret\ngauge2:secret\nretired:secret\n")
	if out, err := exec.Command("mosquitto_passwd", "-U", passwords).CombinedOutput(); err != nil {
		t.Fatalf("mosquitto_passwd: %v %s", err, out)
	}
	return roomy + "persistence true\npersistent_client_expiration 30d\nallow_anonymous false\nacl_file " + acl + "\npassword_file " + passwords +
		"\nlistener %s\nlistener %s\nuse_username_as_clientid true\n"
}

func as(address, user string) string { return strings.Replace(address, "://", "://"+user+"@", 1) }

func TestMosquittoDefaultsAreRefused(t *testing.T) {
	t.Parallel()
	broker := mosquitto(t, "listener %s\nallow_anonymous true\n")[0]
	err := CheckLimits(t.Context(), broker)
	wantRefusal(t, err, haidang.ErrInvalid, "max_queued_messages 0", fmt.Sprintf("acknowledged %d messages", burst+1))
	nothingLeft(t, broker)
}

func TestRoomyMosquittoIsTaken(t *testing.T) {
	t.Parallel()
	broker := mosquitto(t, "listener %s\nallow_anonymous true\n"+roomy)[0]
	if err := CheckLimits(t.Context(), broker); err != nil {
		t.Error(err)
	}
	nothingLeft(t, broker)
}

func TestSmallMessagesOnlyIsRefused(t *testing.T) {
	t.Parallel()
	broker := mosquitto(t, "listener %s\nallow_anonymous true\nmessage_size_limit 100000\n"+roomy)[0]
	wantRefusal(t, CheckLimits(t.Context(), broker), haidang.ErrInvalid, "message_size_limit")
}

func TestQueueBoundedInBytesIsRefused(t *testing.T) {
	t.Parallel()
	broker := mosquitto(t, "listener %s\nallow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 100\nmax_queued_bytes 100000\n")[0]
	wantRefusal(t, CheckLimits(t.Context(), broker), haidang.ErrInvalid, "max_queued_bytes 0")
}

func TestNobodyThereIsOneSentence(t *testing.T) {
	t.Parallel()
	wantRefusal(t, CheckLimits(t.Context(), "tcp://"+freeport.For(t)), haidang.ErrUnavailable, "could not be tried")
}

func TestExportedRightsHold(t *testing.T) {
	t.Parallel()
	addresses := mosquitto(t, rightful(t))
	if err := CheckLimits(t.Context(), as(addresses[0], ownUser)); err != nil {
		t.Error(err)
	}
	if err := CheckRights(t.Context(), as(addresses[0], ownUser), Identity{gauge, "secret", addresses[1]}); err != nil {
		t.Error(err)
	}
	wantRefusal(t, CheckRights(t.Context(), as(addresses[0], ownUser), Identity{"retired", "secret", addresses[1]}), haidang.ErrUnavailable, "retired")
}

// TestSharedListenerIsRefused: where client identifiers are free, a device takes our session.
func TestSharedListenerIsRefused(t *testing.T) {
	t.Parallel()
	address := mosquitto(t, rightful(t))[0]
	err := CheckRights(t.Context(), as(address, ownUser), Identity{gauge, "secret", address})
	wantRefusal(t, err, haidang.ErrInvalid, "use_username_as_clientid", "--trust-broker")
	if strings.Contains(err.Error(), "publish to topics") || strings.Contains(err.Error(), "can hear") {
		t.Errorf("more was found than is so: %v", err)
	}
}

func TestOpenMosquittoLetsForge(t *testing.T) {
	t.Parallel()
	broker := mosquitto(t, "listener %s\nallow_anonymous true\n")[0]
	err := CheckRights(t.Context(), broker, Identity{gauge, "secret", broker})
	wantRefusal(t, err, haidang.ErrInvalid, "allow_anonymous", "wrong secret", "unregistered", "publish to topics", "last will", "can hear", "client identifier")
	nothingLeft(t, broker)
}

func wantRefusal(t *testing.T, err error, code haidang.ErrorCode, words ...string) {
	t.Helper()
	if haidang.CodeOf(err) != code {
		t.Fatalf("got %v, want %s", err, code)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q is not in: %v", w, err)
		}
	}
}

// nothingLeft looks that a probe took its session and its retained message away.
func nothingLeft(t *testing.T, broker string) {
	t.Helper()
	c, err := dial(context.Background(), own(broker, "probe").SetCleanSession(false), false)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Disconnect(50)
	if c.present {
		t.Error("the probe left its session")
	}
	c.Subscribe("#", 1, nil).WaitTimeout(5 * time.Second)
	if n := c.settle(t.Context(), 1, silence); n > 0 {
		t.Errorf("the probe left %d messages: %v", n, c.topics())
	}
}
