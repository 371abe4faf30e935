package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang/internal/config"
	"haidang/internal/postgres"
)

const (
	killClients   = 200
	acksBefore    = 20_000 // before the first kill
	acksBetween   = 2_000  // with everybody back, before the next kill and before the end
	flightAtKill  = 500    // at least so many unacknowledged at each kill
	drainPatience = 5 * time.Minute
)

// TestKill ends the program with SIGKILL under load, then the program and its
// database server. The devices live in a process of their own, never killed, and
// send again only what was not acknowledged. Every message that was acknowledged,
// before a kill or after, must be in the table once.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("publishes more than 20,000 messages")
	}
	data, mqttAddr := dataDir(t), steadyAddr(t)
	p := serveAt(t, data, mqttAddr)
	secrets, acks := importDevices(t, data), filepath.Join(t.TempDir(), "acks")
	devices := startPublishers(t, mqttAddr, secrets, acks)

	devices.awaitAcked(acksBefore)
	killAll(t, p, p.cmd.Process.Pid)
	flights := []int{devices.inFlight()}
	p = serveAt(t, data, mqttAddr)
	devices.await("everybody")
	devices.awaitAcked(devices.acked + acksBetween)

	killAll(t, p, serverPID(t, data), p.cmd.Process.Pid)
	flights = append(flights, devices.inFlight())
	p = serveAt(t, data, mqttAddr)
	devices.await("everybody")
	devices.awaitAcked(devices.acked + acksBetween)

	sent, again := devices.finish()
	awaitDrained(t, p)
	a := accountOf(t, data, acks)
	t.Logf("sent %d (%d of them again, never acknowledged before), acknowledged %d, in flight at the kills %v, stored %d, duplicates %d, lost %d",
		sent, again, a.acked, flights, a.stored, a.duplicates, a.lost)
	if a.lost != 0 || a.duplicates != 0 || a.stored != a.acked || a.odd != 0 {
		t.Errorf("%+v: every acknowledged message must be stored once, and nothing else", a)
	}
	if min(flights[0], flights[1]) < flightAtKill || a.acked != sent-again || a.acked < acksBefore+2*acksBetween {
		t.Errorf("too little load: %v in flight, %d of %d acknowledged", flights, a.acked, sent-again)
	}
	p.interrupt(t)
}

// killAll ends the processes at once and waits for the program's end.
func killAll(t *testing.T, p *program, pids ...int) {
	t.Helper()
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	<-p.ended
}

// steadyAddr is free and stays so: it is below the ports that the kernel gives to
// callers, of which the devices make many while nobody listens.
func steadyAddr(t *testing.T) string {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(10_000)))
		if err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no free port")
	return ""
}

// importDevices registers the devices as an operator does and returns the file
// of their secrets.
func importDevices(t *testing.T, data string) (secrets string) {
	t.Helper()
	list := strings.Join(deviceColumns, ",") + "\n"
	for i := range killClients {
		list += fmt.Sprintf("kill-%03d,Trạm %d,traffic_counter,sogtvt,106,9.5,traffic_flow\n", i, i)
	}
	file := filepath.Join(t.TempDir(), "devices.csv")
	if err := os.WriteFile(file, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	secrets = filepath.Join(filepath.Dir(file), "secrets.csv")
	if out, err := command("device", "import", file, "--secrets", secrets, "--data", data).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return secrets
}

var pendingMessages = regexp.MustCompile(`(?m)^haidang_ingest_pending_messages 0$`)

// awaitDrained waits until nothing is left between the broker and COMMIT.
func awaitDrained(t *testing.T, p *program) {
	t.Helper()
	for deadline := time.Now().Add(drainPatience); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		if _, body := p.get(t, "/metrics"); pendingMessages.MatchString(body) {
			return
		}
	}
	t.Fatalf("messages stay undelivered:\n%s", p.out)
}

// account is what the table says about the acknowledged messages.
type account struct{ acked, stored, duplicates, lost, odd int }

// accountOf compares the devices' own log with the table.
func accountOf(t *testing.T, data, acks string) (a account) {
	t.Helper()
	log, err := os.Open(acks)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	url, ok := postgres.Running(config.Shared{Data: data}.Cluster())
	if !ok {
		t.Fatal("no database")
	}
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, `CREATE TEMPORARY TABLE acked (thing text, seq integer, PRIMARY KEY (thing, seq))`); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.PgConn().CopyFrom(ctx, log, `COPY acked FROM STDIN (DELIMITER ' ')`); err != nil { // refuses a message acknowledged twice
		t.Fatal(err)
	}
	err = conn.QueryRow(ctx, accountSQL, killEpoch).Scan(&a.acked, &a.stored, &a.duplicates, &a.lost, &a.odd)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

const accountSQL = `
	WITH stored AS (SELECT d.thing, o.result AS seq, o.phenomenon_time AS at FROM observation o JOIN datastream d ON d.id = o.datastream)
	SELECT (SELECT count(*) FROM acked),
		(SELECT count(*) FROM stored),
		(SELECT count(*) FROM (SELECT FROM stored GROUP BY thing, seq HAVING count(*) > 1) x),
		(SELECT count(*) FROM acked a WHERE NOT EXISTS (SELECT FROM stored s
			WHERE s.thing = a.thing AND s.seq = a.seq AND s.at = $1::timestamptz + a.seq * interval '1 second')),
		(SELECT count(*) FROM observation_conflict) + (SELECT count(*) FROM dead_letter)`

// publishers is the process that holds the devices.
type publishers struct {
	t     *testing.T
	stdin io.WriteCloser
	lines chan string
	acked int // as last heard
}

func startPublishers(t *testing.T, args ...string) *publishers {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asPublishersVariable+"=1")
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p := &publishers{t: t, lines: make(chan string, 1000)}
	if p.stdin, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	go func() {
		defer close(p.lines)
		for s := bufio.NewScanner(stdout); s.Scan(); {
			p.lines <- s.Text()
		}
	}()
	return p
}

// next waits for the next line, and notes it if it counts PUBACKs.
func (p *publishers) next(deadline <-chan time.Time, what string) string {
	p.t.Helper()
	select {
	case line, ok := <-p.lines:
		if ok {
			_, _ = fmt.Sscanf(line, "acked %d", &p.acked)
			return line
		}
	case <-deadline:
	}
	p.t.Fatalf("the devices never said %q; %d messages were acknowledged", what, p.acked)
	return ""
}

// await reads until a line begins with word and returns the line.
func (p *publishers) await(word string) string {
	p.t.Helper()
	for deadline := time.After(drainPatience); ; {
		if line := p.next(deadline, word); strings.HasPrefix(line, word) {
			return line
		}
	}
}

func (p *publishers) awaitAcked(n int) {
	p.t.Helper()
	for deadline := time.After(drainPatience); p.acked < n; {
		p.next(deadline, fmt.Sprint("acked ", n))
	}
}

// inFlight asks how many messages the devices had sent without a PUBACK when the
// broker, which must be dead, left them.
func (p *publishers) inFlight() (n int) {
	p.t.Helper()
	if _, err := fmt.Fprintln(p.stdin, "flight"); err != nil {
		p.t.Fatal(err)
	}
	if _, err := fmt.Sscanf(p.await("flight"), "flight %d", &n); err != nil {
		p.t.Fatal(err)
	}
	return n
}

// finish lets the devices end once all they sent is acknowledged.
func (p *publishers) finish() (sent, again int) {
	p.t.Helper()
	if err := p.stdin.Close(); err != nil {
		p.t.Fatal(err)
	}
	if _, err := fmt.Sscanf(p.await("done"), "done %d %d", &sent, &again); err != nil {
		p.t.Fatal(err)
	}
	return sent, again
}
