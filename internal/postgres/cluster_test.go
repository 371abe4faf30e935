package postgres_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang/internal/postgres"
)

// startServerVariable makes this test program a program that starts a cluster,
// says its server's process and waits to be killed.
const startServerVariable = "HAIDANG_TEST_CLUSTER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(startServerVariable); dir != "" {
		cluster, err := postgres.StartCluster(context.Background(), postgres.ClusterConfig{Dir: dir})
		if err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		fmt.Println(cluster.PID())
		select {}
	}
	os.Exit(m.Run())
}

// tempDir is a folder that the server's user can enter, unlike t.TempDir.
func tempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "haidang-cluster-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

func startIn(t *testing.T, dir string, throwaway bool) *postgres.Cluster {
	t.Helper()
	cluster, err := postgres.StartCluster(context.Background(), postgres.ClusterConfig{
		Dir: filepath.Join(dir, "postgres"), Throwaway: throwaway, Notice: func(s string) { t.Log("notice:", s) }})
	if err != nil {
		t.Fatalf("start cluster: %v", err)
	}
	t.Cleanup(func() { stop(t, cluster) })
	return cluster
}

func stop(t *testing.T, c *postgres.Cluster) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := c.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// ask runs one statement and returns its value as text.
func ask(t *testing.T, url, sql string) (answer string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if err := conn.QueryRow(ctx, sql).Scan(&answer); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return answer
}

func TestClusterIsSafeAndPrivate(t *testing.T) {
	t.Parallel()
	c := startIn(t, tempDir(t), false)
	for setting, want := range map[string]string{
		"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "data_checksums": "on",
		"listen_addresses": "", "jit": "off", "server_encoding": "UTF8", "TimeZone": "UTC", "lc_ctype": "C.UTF-8",
	} {
		if got := ask(t, c.URL(), fmt.Sprintf("SELECT current_setting('%s')", setting)); got != want {
			t.Errorf("%s is %q, want %q", setting, got, want)
		}
	}
	if got := ask(t, c.URL(), "SELECT lower('ĐƯỜNG')"); got != "đường" {
		t.Errorf("Vietnamese letters are not known: lower('ĐƯỜNG') = %q", got)
	}
	if got := ask(t, c.URL(), "SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules"); got != "peer,scram-sha-256" {
		t.Errorf("signs in by %q, want peer and, for readers, scram-sha-256", got)
	}
	mustExec(t, c.URL(), "CREATE ROLE haidang_reader")
	mustExec(t, c.URL(), "CREATE ROLE r LOGIN PASSWORD 'by-word' IN ROLE haidang_reader")
	mustExec(t, c.URL(), "CREATE ROLE other LOGIN PASSWORD 'by-word'")
	for who, want := range map[string]bool{"r:by-word": true, "r:wrong": false, "other:by-word": false} {
		config, err := pgx.ParseConfig(c.URL())
		if err != nil {
			t.Fatal(err)
		}
		config.User, config.Password, _ = strings.Cut(who, ":")
		conn, err := pgx.ConnectConfig(t.Context(), config)
		if (err == nil) != want {
			t.Errorf("%s may sign in: %v, want %v (%v)", who, err == nil, want, err)
		}
		if err == nil {
			_ = conn.Close(t.Context())
		}
	}
}

func TestClusterKeepsDataOverRestarts(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	c := startIn(t, dir, false)
	ask(t, c.URL(), "WITH a AS (SELECT 1) SELECT 'x' FROM a")
	mustExec(t, c.URL(), "CREATE TABLE kept AS SELECT 42 AS n")
	stop(t, c)
	stop(t, c) // a second stop does nothing
	select {
	case <-c.Lost():
	default:
		t.Error("Lost is not closed after Stop")
	}
	if got := ask(t, startIn(t, dir, false).URL(), "SELECT n::text FROM kept"); got != "42" {
		t.Errorf("got %q after a restart", got)
	}
}

func mustExec(t *testing.T, url, sql string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// A kill -9 of the server leaves its pid file, its socket and perhaps a child or two.
func TestClusterStartsAfterItsServerWasKilled(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	c := startIn(t, dir, false)
	mustExec(t, c.URL(), "CREATE TABLE kept AS SELECT 42 AS n")
	if err := syscall.Kill(c.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-c.Lost()
	if got := ask(t, startIn(t, dir, false).URL(), "SELECT n::text FROM kept"); got != "42" {
		t.Errorf("got %q after the kill", got)
	}
}

// A pid file whose number now belongs to a stranger must not keep the server away, nor harm the stranger.
func TestClusterStartsDespiteARecycledPID(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	stop(t, startIn(t, dir, false))
	stranger := exec.Command("sleep", "60")
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stranger.Process.Kill(); _ = stranger.Wait() }()
	pidFile := filepath.Join(dir, "postgres", "postmaster.pid")
	if err := os.WriteFile(pidFile, fmt.Appendf(nil, "%d\n%s\n0\n5432\n\n\n", stranger.Process.Pid, dir), 0o600); err != nil {
		t.Fatal(err)
	}
	startIn(t, dir, false)
	if err := stranger.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the stranger is gone: %v", err)
	}
}

// When the program is killed its server goes too; if it lingers, the next start stops it.
func TestServerGoesWithAKilledProgram(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(tempDir(t), "postgres")
	program, server := startProgram(t, dir)
	if err := program.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = program.Wait()
	for deadline := time.Now().Add(20 * time.Second); runs(server); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("server %s still runs after its program was killed", server)
		}
	}
	startIn(t, filepath.Dir(dir), false)
}

func TestOrphanIsStoppedFirst(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(tempDir(t), "postgres")
	program, server := startProgram(t, dir)
	defer func() { _ = program.Process.Kill(); _ = program.Wait() }()
	if url, ok := postgres.Running(dir); !ok || ask(t, url, "SELECT 'joined'") != "joined" {
		t.Error("another verb cannot join the running server")
	}
	var notices []string
	c, err := postgres.StartCluster(context.Background(), postgres.ClusterConfig{Dir: dir, Notice: func(s string) { notices = append(notices, s) }})
	if err != nil {
		t.Fatal(err)
	}
	defer stop(t, c)
	if len(notices) == 0 || !strings.Contains(notices[0], server) {
		t.Errorf("nothing was said about the left-over server %s: %q", server, notices)
	}
	if runs(server) {
		t.Errorf("the left-over server %s still runs", server)
	}
}

// startProgram runs a program that owns a cluster, and returns the number of its server.
func startProgram(t *testing.T, dir string) (program *exec.Cmd, server string) {
	t.Helper()
	program = exec.Command(os.Args[0])
	program.Env = append(os.Environ(), startServerVariable+"="+dir)
	out, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || strings.HasPrefix(line, "error") {
		t.Fatalf("program says %q, %v", line, err)
	}
	return program, strings.TrimSpace(line)
}

func runs(pid string) bool {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	_, state, _ := strings.Cut(string(stat), ") ")
	return err == nil && !strings.HasPrefix(state, "Z")
}

func TestHalfMadeClusterIsMadeAnew(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	draft := filepath.Join(dir, "postgres.init")
	if err := os.MkdirAll(filepath.Join(draft, "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	startIn(t, dir, true)
	if _, err := os.Stat(draft); !os.IsNotExist(err) {
		t.Errorf("the half-made cluster is still there: %v", err)
	}
}

func TestStrangersFilesAreNotTouched(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	thesis := filepath.Join(dir, "postgres", "thesis.txt")
	if err := os.Mkdir(filepath.Dir(thesis), 0o711); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(thesis, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := postgres.StartCluster(context.Background(), postgres.ClusterConfig{Dir: filepath.Dir(thesis)})
	if err == nil {
		t.Fatal("started in a folder full of somebody's files")
	}
	if _, err := os.Stat(thesis); err != nil {
		t.Errorf("the file is gone: %v", err)
	}
}

func TestAwkwardPaths(t *testing.T) {
	for name, folder := range map[string]string{
		"space and quotes": `it's "a" folder, 100% sure`,
		"too long":         strings.Repeat("long ", 30) + "path",
		"Vietnamese":       "Hải Đăng",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(tempDir(t), folder)
			c := startIn(t, dir, true)
			if got := ask(t, c.URL(), "SELECT 'fine'"); got != "fine" {
				t.Errorf("got %q", got)
			}
			run(t, filepath.Join(c.Bin(), "pg_dump"), "--schema-only", "--file=/dev/null", "--dbname="+c.URL())
		})
	}
}

// root's server runs as postgres, who cannot enter a folder that root keeps to itself.
func TestUnreachablePath(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root has another user run the server")
	}
	parent := tempDir(t)
	if err := os.Chmod(parent, 0o700); err != nil {
		t.Fatal(err)
	}
	c := startIn(t, filepath.Join(parent, "var"), true)
	elsewhere := filepath.Dir(c.Data())
	t.Cleanup(func() { os.RemoveAll(elsewhere) })
	if !strings.HasPrefix(elsewhere, "/var/lib/haidang/") {
		t.Errorf("data is in %s", elsewhere)
	}
	mustExec(t, c.URL(), "CREATE TABLE kept AS SELECT 42 AS n")
	stop(t, c)
	if again := startIn(t, filepath.Join(parent, "var"), true); again.Data() != c.Data() {
		t.Errorf("the second start uses %s, the first used %s", again.Data(), c.Data())
	}
}
