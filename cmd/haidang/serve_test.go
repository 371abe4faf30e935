package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang/internal/freeport"
	"haidang/internal/postgres/pgtest"
)

// asProgramVariable makes this test program the program itself, so that tests
// start, kill and ask the real thing.
const asProgramVariable = "HAIDANG_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgramVariable) != "" {
		main()
	}
	os.Exit(m.Run())
}

// readyPatience is generous: other tests keep the machine busy.
const readyPatience = 2 * time.Minute

// program is a running `haidang serve`.
type program struct {
	cmd        *exec.Cmd
	data, http string
	out        *output
	ended      chan struct{}
}

// output collects what a program writes, for tests that read while it runs.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// dataDir is a folder that the database's user can enter.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "haidang-serve-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "var")
}

func command(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgramVariable+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// serve starts the program on a free port for devices.
func serve(t *testing.T, data string, args ...string) *program {
	t.Helper()
	return serveAt(t, data, freeport.For(t), args...)
}

// serveAt starts the program and returns once it says that it is ready.
func serveAt(t *testing.T, data, mqttAddr string, args ...string) *program {
	t.Helper()
	p := &program{data: data, http: freeport.For(t), out: &output{}, ended: make(chan struct{})}
	p.cmd = command(append([]string{"serve", "--data", data, "--http-addr", p.http, "--mqtt-addr", mqttAddr}, args...)...)
	p.cmd.Stderr = p.out
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan struct{})
	go p.watch(stdout, ready)
	t.Cleanup(func() {
		_ = p.cmd.Process.Signal(syscall.SIGINT)
		<-p.ended
	})
	select {
	case <-ready:
	case <-p.ended:
		t.Fatalf("ended before it was ready:\n%s", p.out)
	case <-time.After(readyPatience):
		t.Fatalf("not ready in time:\n%s", p.out)
	}
	return p
}

func (p *program) watch(stdout io.Reader, ready chan<- struct{}) {
	defer close(p.ended)
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		fmt.Fprintln(p.out, lines.Text())
		if strings.Contains(lines.Text(), "Ctrl-C stops everything") {
			close(ready)
		}
	}
	_ = p.cmd.Wait()
}

func (p *program) get(t *testing.T, path string) (status int, body string) {
	t.Helper()
	response, err := http.Get("http://" + p.http + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// interrupt is Ctrl-C: the program ends by itself, well, and leaves nothing running.
func (p *program) interrupt(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.ended:
	case <-time.After(time.Minute):
		t.Fatalf("does not stop:\n%s", p.out)
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit code %d:\n%s", code, p.out)
	}
	if left := processesOf(t, p.data); len(left) > 0 {
		t.Errorf("still running: %v", left)
	}
}

// processesOf lists the living processes whose command line names the data folder.
func processesOf(t *testing.T, data string) (found []string) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if line := strings.ReplaceAll(string(text), "\x00", " "); err == nil && strings.Contains(line, data) {
			found = append(found, line)
		}
	}
	return found
}

func TestDemoLivesAndStops(t *testing.T) {
	t.Parallel()
	p := serve(t, dataDir(t), "--demo")
	checkReady(t, p)
	for _, want := range []string{"http://" + p.http + "/", "haidang-demo", "Simulated:"} {
		if !strings.Contains(p.out.String(), want) {
			t.Errorf("the welcome does not say %q:\n%s", want, p.out)
		}
	}
	if status, body := p.get(t, "/metrics"); status != http.StatusOK || !strings.Contains(body, "haidang_http_request_seconds") {
		t.Errorf("/metrics answers %d", status)
	}
	awaitReadings(t, p)
	if n := len(processesOf(t, p.data)); n < 3 {
		t.Errorf("%d processes; want the program, the database and the simulated province", n)
	}
	p.interrupt(t)
}

// checkReady wants every part named and well.
func checkReady(t *testing.T, p *program) {
	t.Helper()
	status, body := p.get(t, "/readyz")
	var answer struct {
		Checks []struct {
			Name string
			OK   bool
		}
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatalf("/readyz: %v: %s", err, body)
	}
	var names []string
	for _, c := range answer.Checks {
		names = append(names, c.Name)
	}
	if status != http.StatusOK || strings.Join(names, " ") != "database migrations broker ingest" {
		t.Errorf("/readyz answers %d %s", status, body)
	}
	if status, _ := p.get(t, "/healthz"); status != http.StatusOK {
		t.Errorf("/healthz answers %d", status)
	}
}

var stored = regexp.MustCompile(`haidang_ingest_readings_total\{outcome="stored"\} ([0-9.e+]+)`)

// awaitReadings waits until the simulated devices' readings are in the database.
func awaitReadings(t *testing.T, p *program) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		_, body := p.get(t, "/metrics")
		if m := stored.FindStringSubmatch(body); m != nil {
			if n, err := strconv.ParseFloat(m[1], 64); err == nil && n > 0 {
				return
			}
		}
	}
	t.Fatalf("no reading of the simulated devices was stored:\n%s", p.out)
}

// kill -9 of everything, database included, then a start as if nothing had been.
func TestStartAfterEverythingWasKilled(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	p := serve(t, data, "--demo")
	awaitReadings(t, p)
	server := serverPID(t, data)
	for _, pid := range []int{p.cmd.Process.Pid, server} {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	<-p.ended
	again := serve(t, data, "--demo")
	checkReady(t, again)
	again.interrupt(t)
}

// A killed program takes its database and its simulated province with it.
func TestNothingOutlivesAKilledProgram(t *testing.T) {
	t.Parallel()
	p := serve(t, dataDir(t), "--demo")
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.ended
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		left := processesOf(t, p.data)
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still running: %v", left)
		}
	}
}

func serverPID(t *testing.T, data string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(data, "postgres", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

var setupLink = regexp.MustCompile(`http://\S+/bat-dau\S+`)

func TestFirstAdministratorGetsALinkOnce(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	p := serve(t, data)
	link := setupLink.FindString(p.out.String())
	if link == "" {
		t.Fatalf("no one-time link:\n%s", p.out)
	}
	if !strings.Contains(p.out.String(), "haidang import areas") {
		t.Errorf("a house without communes does not say how to bring them in:\n%s", p.out)
	}
	body, err := json.Marshal(map[string]string{"token": tokenOf(link), "account": "ba.truong", "fullName": "Bá Trường", "password": "một câu dài để nhớ"})
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Post("http://"+p.http+"/api/v1/setup", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		text, _ := io.ReadAll(response.Body)
		t.Fatalf("the link does not work: %d %s", response.StatusCode, text)
	}
	p.interrupt(t)
	if again := serve(t, data); setupLink.MatchString(again.out.String()) {
		t.Error("a second start offers the link again")
	}
}

// tokenOf takes the token out of the link, as the page does.
func tokenOf(link string) string {
	return link[strings.LastIndexAny(link, "#=/")+1:]
}

// refused runs the program, which must end by itself with exactly one refusal.
func refused(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), readyPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgramVariable+"=1")
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatalf("started:\n%s", out)
	}
	if cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("exit code %d:\n%s", cmd.ProcessState.ExitCode(), out)
	}
	_, sentence, found := strings.Cut(string(out), "haidang: ")
	if !found || strings.Contains(sentence, "goroutine") {
		t.Fatalf("no sentence:\n%s", out)
	}
	return sentence
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	newer := dataDir(t)
	if err := os.MkdirAll(newer, 0o711); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(newer, "VERSION"), []byte("2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	free := []string{"--http-addr", freeport.For(t), "--mqtt-addr", freeport.For(t)}
	for name, c := range map[string]struct {
		args []string
		say  []string
	}{
		"taken port":        {[]string{"--data", dataDir(t), "--http-addr", taken.Addr().String()}, []string{"HAIDANG_HTTP_ADDR", taken.Addr().String(), "taken"}},
		"taken device port": {[]string{"--data", dataDir(t), "--http-addr", freeport.For(t), "--mqtt-addr", taken.Addr().String()}, []string{"HAIDANG_MQTT_ADDR", "taken"}},
		"newer data folder": {append(free, "--data", newer), []string{"newer haidang", newer}},
		"open demo":         {[]string{"--data", dataDir(t), "--demo", "--http-addr", "0.0.0.0:0"}, []string{"HAIDANG_HTTP_ADDR", "127.0.0.1"}},
		"no such database":  {append(free, "--data", dataDir(t), "--database-url", "postgres:///x?host=/nowhere"), []string{"HAIDANG_DATABASE_URL"}},
		"no rights":         {append(free, "--data", dataDir(t), "--database-url", withoutRights(t)), []string{"CREATE EXTENSION postgis;"}},
	} {
		t.Run(name, func(t *testing.T) {
			sentence := refused(t, append([]string{"serve"}, c.args...)...)
			for _, want := range c.say {
				if !strings.Contains(sentence, want) {
					t.Errorf("does not say %q: %s", want, sentence)
				}
			}
		})
	}
}

// withoutRights is a database whose role may create tables but not add PostGIS.
func withoutRights(t *testing.T) string {
	t.Helper()
	owner := pgtest.NewBareURL(t)
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, owner)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "CREATE ROLE plain LOGIN; GRANT CREATE ON SCHEMA public TO plain"); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(owner)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("user", "plain")
	u.RawQuery = q.Encode()
	return u.String()
}

func TestSecondProgramIsRefused(t *testing.T) {
	t.Parallel()
	p := serve(t, dataDir(t))
	sentence := refused(t, "serve", "--data", p.data, "--http-addr", freeport.For(t), "--mqtt-addr", freeport.For(t))
	if !strings.Contains(sentence, strconv.Itoa(p.cmd.Process.Pid)) || !strings.Contains(sentence, p.data) {
		t.Errorf("says %s", sentence)
	}
	// Other verbs join the running database instead.
	if out, err := command("device", "list", "--data", p.data).CombinedOutput(); err != nil {
		t.Errorf("device list beside a running program: %v\n%s", err, out)
	}
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := filepath.Dir(dataDir(t))
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=8m,mode=0711", "none", dir).CombinedOutput(); err != nil {
		t.Skipf("a small disk cannot be made here: %v %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", dir).Run() })
	sentence := refused(t, "serve", "--data", filepath.Join(dir, "var"), "--http-addr", freeport.For(t), "--mqtt-addr", freeport.For(t))
	if !strings.Contains(sentence, "is full") {
		t.Errorf("says %s", sentence)
	}
}
