package ingest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"haidang"
	"haidang/internal/postgres/pgtest"
)

const (
	killClients  = 200
	acksBefore   = 20_000 // before the kill
	flightAtKill = 500    // at least so many unacknowledged when it comes
	acksAfter    = 2_000  // after the restart, before the publishers stop
)

func killThing(i int) haidang.ThingID { return haidang.ThingID(fmt.Sprintf("kill-%03d", i)) }

// TestMain lets this program be the house or the publishers of TestKill.
func TestMain(m *testing.M) {
	switch os.Getenv("INGEST_TEST_ROLE") {
	case "house":
		os.Exit(playHouse())
	case "publishers":
		os.Exit(playPublishers())
	}
	os.Exit(m.Run())
}

// TestKill ends broker and ingest with SIGKILL under load. Every message that was
// acknowledged, before the kill or after, must be in the table once.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("publishes more than 20,000 messages")
	}
	t.Parallel()
	url := pgtest.NewURL(t)
	pool := openPool(t, url)
	b := prepareOn(t, pool, killThings()...)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	b.must(err)
	addr := listener.Addr().String()
	b.must(listener.Close())
	dir := t.TempDir()
	log := filepath.Join(dir, "acks")
	house := startRole(t, "house", url, dir, addr)
	house.await("ready")
	publishers := startRole(t, "publishers", addr, log)
	publishers.await(fmt.Sprint("acked ", acksBefore))
	b.must(house.command.Process.Kill())
	_ = house.command.Wait()
	flight := publishers.sum("lost", killClients)
	t.Logf("killed with %d messages in flight", flight)
	if flight < flightAtKill {
		t.Errorf("only %d messages were in flight, want %d", flight, flightAtKill)
	}
	house = startRole(t, "house", url, dir, addr)
	house.await("ready")
	publishers.await(fmt.Sprint("acked ", acksBefore+acksAfter))
	b.must(publishers.stdin.Close())
	publishers.await("done")
	b.wantAllStored(log)
}

func killThings() []haidang.ThingID {
	var all []haidang.ThingID
	for i := range killClients {
		all = append(all, killThing(i))
	}
	return all
}

// wantAllStored compares the publishers' log with the table.
func (b *bundle) wantAllStored(log string) {
	b.t.Helper()
	f, err := os.Open(log)
	b.must(err)
	defer f.Close()
	conn, err := b.pool.Acquire(b.t.Context())
	b.must(err)
	defer conn.Release()
	_, err = conn.Exec(b.t.Context(), `CREATE TEMPORARY TABLE acked (thing text, seq integer, PRIMARY KEY (thing, seq))`)
	b.must(err)
	_, err = conn.Conn().PgConn().CopyFrom(b.t.Context(), f, `COPY acked FROM STDIN (DELIMITER ' ')`) // refuses a message acknowledged twice
	b.must(err)
	missing := func() (n int64, err error) {
		err = conn.QueryRow(b.t.Context(), `SELECT count(*) FROM acked a WHERE NOT EXISTS (
			SELECT 1 FROM datastream d JOIN observation o ON o.datastream = d.id
			WHERE d.thing = a.thing AND d.property = 'salinity' AND o.result = a.seq AND o.phenomenon_time = $1::timestamptz + a.seq * interval '1 second')`, killEpoch).Scan(&n)
		return n, err
	}
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(time.Second) {
		if n, err := missing(); err == nil && n == 0 {
			break
		}
	}
	n, err := missing()
	b.must(err)
	var acked, again int64
	b.must(conn.QueryRow(b.t.Context(), `SELECT count(*) FROM acked`).Scan(&acked))
	b.must(conn.QueryRow(b.t.Context(), `SELECT count(*) FROM (SELECT 1 FROM observation GROUP BY datastream, result HAVING count(*) > 1) x`).Scan(&again))
	b.t.Logf("%d messages were acknowledged", acked)
	if n != 0 || again != 0 || acked < acksBefore+acksAfter {
		b.t.Errorf("of %d acknowledged messages %d are missing and %d are there twice", acked, n, again)
	}
	b.wantNumber(0, `SELECT count(*) FROM observation_conflict`)
	b.wantNumber(0, `SELECT count(*) FROM dead_letter`)
}

// role is this program started again as somebody else.
type role struct {
	t       *testing.T
	command *exec.Cmd
	stdin   io.WriteCloser
	lines   chan string
}

func startRole(t *testing.T, name string, args ...string) *role {
	t.Helper()
	r := &role{t: t, command: exec.Command(os.Args[0], args...), lines: make(chan string, 1000)}
	r.command.Env = append(os.Environ(), "INGEST_TEST_ROLE="+name)
	r.command.Stderr = os.Stderr
	r.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stdout, err := r.command.StdoutPipe()
	if err == nil {
		r.stdin, err = r.command.StdinPipe()
	}
	if err == nil {
		err = r.command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.command.Process.Kill(); _ = r.command.Wait() })
	go func() {
		defer close(r.lines)
		for s := bufio.NewScanner(stdout); s.Scan(); {
			r.lines <- s.Text()
		}
	}()
	return r
}

const rolePatience = 3 * time.Minute

func (r *role) next(deadline <-chan time.Time, what string) string {
	r.t.Helper()
	select {
	case line, ok := <-r.lines:
		if ok {
			return line
		}
	case <-deadline:
	}
	r.t.Fatalf("%s never said %q", r.command.Env[len(r.command.Env)-1], what)
	return ""
}

// await reads lines until one is want.
func (r *role) await(want string) {
	r.t.Helper()
	for deadline := time.After(rolePatience); r.next(deadline, want) != want; {
	}
}

// sum reads n lines "word number" and adds the numbers up.
func (r *role) sum(word string, n int) (sum int) {
	r.t.Helper()
	deadline := time.After(rolePatience)
	for n > 0 {
		var number int
		if _, err := fmt.Sscanf(r.next(deadline, word), word+" %d", &number); err == nil {
			sum += number
			n--
		}
	}
	return sum
}

// playHouse runs broker and ingest until it is killed. Arguments: database,
// folder, address.
func playHouse() int {
	url, dir, addr := os.Args[1], os.Args[2], os.Args[3]
	ctx := context.Background()
	pool, err := newPool(ctx, url)
	if err != nil {
		return complain(err)
	}
	broker := NewBroker(BrokerConfig{Dir: dir + "/messages", Addr: addr}, NewRegistry(pool))
	if err := broker.Start(ctx); err != nil {
		return complain(err)
	}
	if err := NewService(ServiceConfig{Pool: pool, Broker: broker}).Start(ctx); err != nil {
		return complain(err)
	}
	fmt.Println("ready")
	select {}
}

func complain(err error) int {
	fmt.Fprintln(os.Stderr, strings.TrimSpace(err.Error()))
	return 1
}

var killEpoch = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
