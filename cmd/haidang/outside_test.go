package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo"
	"haidang/ingest"
	"haidang/internal/freeport"
	"haidang/internal/postgres/pgtest"
)

// mosquitto starts Debian's Mosquitto on this machine, which listens at the address then, or skips.
func mosquitto(t *testing.T, config, addr string) {
	t.Helper()
	if _, err := exec.LookPath("mosquitto_passwd"); err != nil {
		t.Skip("no mosquitto on this machine: apt-get install mosquitto mosquitto-clients")
	}
	file := filepath.Join(t.TempDir(), "mosquitto.conf")
	if err := os.WriteFile(file, []byte("user root\nlog_dest stderr\n"+config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("mosquitto", "-c", file)
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatalf("mosquitto does not start: %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("mosquitto: %s", log.Bytes())
		}
	})
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", addr); err == nil {
			_ = c.Close()
			return
		}
	}
	t.Fatal("mosquitto does not listen")
}

// registered is a database with two devices, whose secrets are their names and "-secret".
func registered(t *testing.T) (url string, pool *pgxpool.Pool) {
	t.Helper()
	url = pgtest.NewURL(t)
	pool, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	var things []ingest.Registration
	for _, name := range []haidang.ThingID{"gauge1", "gauge2"} {
		things = append(things, ingest.Registration{ID: name, Type: "traffic_counter", Name: string(name), Agency: "sogtvt",
			Lon: 106, Lat: 9.5, Properties: []haidang.PropertyCode{"traffic_flow"}, Secret: string(name) + "-secret"})
	}
	for _, step := range []error{geo.ReferenceData(t.Context(), pool), ingest.ReferenceData(t.Context(), pool), ingest.NewRegistry(pool).Register(t.Context(), things)} {
		if step != nil {
			t.Fatal(step)
		}
	}
	return url, pool
}

// TestBrokerOfOnesOwn starts on a Mosquitto that is configured as docs/external-broker.md
// says, with the file of rights that the program writes.
func TestBrokerOfOnesOwn(t *testing.T) {
	t.Parallel()
	database, pool := registered(t)
	dir, ours, devices := t.TempDir(), freeport.For(t), freeport.For(t)
	broker := "tcp://haidang:own-secret@" + ours
	if out, err := command("device", "acl", "--format", "mosquitto", "--out", dir, "--mqtt-url", broker, "--database-url", database).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	passwords := filepath.Join(dir, "passwords")
	if err := os.WriteFile(passwords, []byte("haidang:own-secret\ngauge1:gauge1-secret\ngauge2:gauge2-secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_ = exec.Command("mosquitto_passwd", "-U", passwords).Run() // missing: the next line skips
	mosquitto(t, fmt.Sprintf("persistence true\npersistence_location %s/\nmax_queued_messages 0\nmax_inflight_messages 4000\nallow_anonymous false\nacl_file %s\npassword_file %s\n"+
		"listener %s\nlistener %s\nuse_username_as_clientid true\n", dir, filepath.Join(dir, "acl"), passwords, listener(ours), listener(devices)), devices)

	args := []string{"--mqtt-url", broker, "--database-url", database}
	if sentence := refused(t, append([]string{"serve", "--data", dataDir(t), "--http-addr", freeport.For(t)}, args...)...); !strings.Contains(sentence, "HAIDANG_MQTT_PROBE") {
		t.Errorf("without a device to try with: %s", sentence)
	}
	trusting := serve(t, dataDir(t), append(args, "--trust-broker")...)
	if !strings.Contains(trusting.out.String(), "it is trusted, as asked") {
		t.Errorf("does not say that it trusts:\n%s", trusting.out)
	}
	trusting.interrupt(t)

	p := serve(t, dataDir(t), append(args, "--mqtt-probe", "tcp://gauge1:gauge1-secret@"+devices)...)
	if strings.Contains(p.out.String(), "trusted") {
		t.Errorf("trusts without a need:\n%s", p.out)
	}
	publishBy(t, devices, "gauge2", "v1/things/gauge1/telemetry", `{"time":"2026-03-02T07:00:00Z","values":{"traffic_flow":66}}`)
	publishBy(t, devices, "gauge2", "v1/things/gauge2/telemetry", `{"time":"2026-03-02T07:00:00Z","values":{"traffic_flow":12}}`)
	wantRows(t, pool, 1, `SELECT count(*) FROM observation WHERE result = 12`)
	wantRows(t, pool, 0, `SELECT count(*) FROM observation WHERE result = 66`)
	wantRows(t, pool, 0, `SELECT count(*) FROM dead_letter`)
}

func TestForgetfulBrokerIsRefused(t *testing.T) {
	t.Parallel()
	addr := freeport.For(t)
	mosquitto(t, "listener "+listener(addr)+"\nallow_anonymous true\n", addr)
	sentence := refused(t, "serve", "--data", dataDir(t), "--http-addr", freeport.For(t), "--database-url", pgtest.NewURL(t), "--mqtt-url", "tcp://"+addr, "--trust-broker")
	for _, want := range []string{"HAIDANG_MQTT_URL", "max_queued_messages 0", "docs/external-broker.md"} {
		if !strings.Contains(sentence, want) {
			t.Errorf("does not say %q: %s", want, sentence)
		}
	}
}

// listener is an address as Mosquitto's configuration writes it.
func listener(addr string) string {
	host, port, _ := net.SplitHostPort(addr)
	return port + " " + host
}

func publishBy(t *testing.T, addr, name, topic, payload string) {
	t.Helper()
	_, port, _ := net.SplitHostPort(addr)
	out, err := exec.Command("mosquitto_pub", "-h", "127.0.0.1", "-p", port, "-q", "1", "-i", name, "-u", name, "-P", name+"-secret", "-t", topic, "-m", payload).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func wantRows(t *testing.T, pool *pgxpool.Pool, want int, sql string) {
	t.Helper()
	got := -1
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if err := pool.QueryRow(t.Context(), sql).Scan(&got); err == nil && got == want {
			return
		}
	}
	t.Errorf("%s: %d, want %d", sql, got, want)
}
