// Package pgtest gives each test a PostgreSQL database of its own: migrated,
// empty, real.
//
// In: a test. Out: a pool or a URL on a database that is cloned from a migrated
// template in a throwaway server and dropped when the test ends. Tests may run
// in parallel, as root or not. The server starts once per test program and is
// gone when that program is, however it ends.
//
// It must never be imported by anything but tests.
package pgtest

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang/internal/postgres"
)

// patience bounds every single act on the throwaway server.
const patience = time.Minute

const template = "haidang_template"

// server is the throwaway of this test program.
type server struct {
	cluster *postgres.Cluster
	admin   *pgxpool.Pool
	names   atomic.Int64
	pipe    io.Closer // held open, never closed: its end is what the sweeper waits for
}

var start = sync.OnceValues(startServer)

// New returns a pool on a migrated database of the test's own.
func New(t testing.TB) *pgxpool.Pool {
	t.Helper()
	return open(t, NewURL(t))
}

// NewURL returns the address of a migrated database of the test's own.
func NewURL(t testing.TB) string {
	t.Helper()
	return create(t, template)
}

// Filled is a database with what many tests of a program begin with: filled once, and
// cloned for each of them.
type Filled struct {
	once sync.Once
	name string
	err  error
}

// New returns a pool on a clone. The first to ask fills the template by the steps.
func (f *Filled) New(t testing.TB, steps ...func(context.Context, *pgxpool.Pool) error) *pgxpool.Pool {
	t.Helper()
	s := running(t)
	f.once.Do(func() { f.name, f.err = s.fill(steps) })
	if f.err != nil {
		t.Fatalf("fill the tests' template: %v", f.err)
	}
	return open(t, create(t, f.name))
}

// NewBareURL returns the address of a database without PostGIS and without
// tables, for tests of what comes before the migrations.
func NewBareURL(t testing.TB) string {
	t.Helper()
	return create(t, "template0")
}

// As connects to the database of the pool as another of its users, who need not be able to sign in.
func As(t testing.TB, pool *pgxpool.Pool, user string) *pgxpool.Pool {
	t.Helper()
	config := pool.Config().Copy()
	config.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, `SET SESSION AUTHORIZATION `+pgx.Identifier{user}.Sanitize())
		return err
	}
	other, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(other.Close)
	return other
}

// Bin returns the path of one of the server's programs, such as pg_dump.
func Bin(t testing.TB, program string) string {
	t.Helper()
	return filepath.Join(running(t).cluster.Bin(), program)
}

func running(t testing.TB) *server {
	t.Helper()
	s, err := start()
	if err != nil {
		t.Fatalf("throwaway PostgreSQL: %v", err)
	}
	return s
}

func open(t testing.TB, url string) *pgxpool.Pool {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	pool, err := postgres.Open(ctx, url, postgres.WithMaxConns(8))
	if err != nil {
		t.Fatalf("open the test's database: %v", err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func create(t testing.TB, from string) string {
	t.Helper()
	s := running(t)
	name := fmt.Sprintf("t%d", s.names.Add(1))
	exec := func(sql string) error {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_, err := s.admin.Exec(ctx, sql)
		return err
	}
	if err := exec("CREATE DATABASE " + name + " TEMPLATE " + from + " STRATEGY FILE_COPY"); err != nil {
		t.Fatalf("clone the test's database: %v", err)
	}
	t.Cleanup(func() {
		if err := exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	return s.url(name)
}

// url is the address of another database of the same server.
func (s *server) url(database string) string {
	u, err := url.Parse(s.cluster.URL())
	if err != nil {
		panic(err) // it is ours
	}
	u.Path = "/" + database
	return u.String()
}

func startServer() (*server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	dir, err := os.MkdirTemp("/tmp", "haidang-test-")
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		return nil, err
	}
	cluster, err := postgres.StartCluster(ctx, postgres.ClusterConfig{Dir: filepath.Join(dir, "postgres"), Throwaway: true})
	if err != nil {
		return nil, err
	}
	pipe, err := sweepAfterUs(dir, cluster.PID())
	if err != nil {
		return nil, err
	}
	s := &server{cluster: cluster, pipe: pipe}
	return s, s.prepare(ctx)
}

// sweepAfterUs leaves a shell behind that waits for this program to end, which
// closes the pipe it reads, and then removes the throwaway.
func sweepAfterUs(dir string, pid int) (io.Closer, error) {
	sweeper := exec.Command("/bin/sh", "-c",
		`cat; kill -QUIT "$1" 2>/dev/null; n=0; while kill -0 "$1" 2>/dev/null && [ $n -lt 50 ]; do sleep 0.1; n=$((n+1)); done; rm -rf -- "$2"`,
		"sh", fmt.Sprint(pid), dir)
	sweeper.Dir = "/"
	sweeper.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	pipe, err := sweeper.StdinPipe()
	if err != nil {
		return nil, err
	}
	return pipe, sweeper.Start()
}

// fill makes a template with more in it than the migrations leave.
func (s *server) fill(steps []func(context.Context, *pgxpool.Pool) error) (name string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	name = fmt.Sprintf("haidang_filled%d", s.names.Add(1))
	if _, err = s.admin.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE "+template+" STRATEGY FILE_COPY"); err != nil {
		return "", err
	}
	pool, err := postgres.Open(ctx, s.url(name), postgres.WithMaxConns(8))
	if err != nil {
		return "", err
	}
	defer pool.Close() // a template that is in use cannot be cloned
	for _, step := range steps {
		if err := step(ctx, pool); err != nil {
			return "", err
		}
	}
	return name, nil
}

// prepare migrates the template that every test's database is cloned from.
func (s *server) prepare(ctx context.Context) (err error) {
	if s.admin, err = postgres.Open(ctx, s.url("postgres"), postgres.WithMaxConns(4)); err != nil {
		return err
	}
	if _, err = s.admin.Exec(ctx, "CREATE DATABASE "+template); err != nil {
		return err
	}
	pool, err := postgres.Open(ctx, s.url(template))
	if err != nil {
		return err
	}
	defer pool.Close() // a template that is in use cannot be cloned
	return postgres.Migrate(ctx, pool)
}
