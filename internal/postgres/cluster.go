package postgres

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
)

// Names inside the private cluster. The role owns everything: the cluster exists for one program.
const (
	clusterRole     = "haidang"
	clusterDatabase = "haidang"
	clusterPort     = "5432" // names the socket only; nothing listens on TCP
)

// recoveryPatience bounds the wait for a server that replays its log after a crash.
const recoveryPatience = 10 * time.Minute

// ClusterConfig says where a private cluster lives.
type ClusterConfig struct {
	// Dir is where the server's files should be. When the server's user cannot
	// get there, they go to a proper place and Notice says which.
	Dir string
	// Throwaway trades crash safety for speed: for tests only.
	Throwaway bool
	// Notice is told in one sentence what the owner of the machine should know. May be nil.
	Notice func(string)
}

// Cluster is a running private PostgreSQL server.
type Cluster struct {
	config ClusterConfig
	user   serverUser
	bin    string // folder of initdb and postgres
	data   string
	socket string // folder of the socket

	mu     sync.Mutex
	server *process // the newest
}

// StartCluster makes the cluster if there is none, starts its server and returns
// once it answers. The caller must be the only one to use Dir (serve holds a
// lock). A server left over by a killed program is stopped first.
func StartCluster(ctx context.Context, config ClusterConfig) (*Cluster, error) {
	if config.Notice == nil {
		config.Notice = func(string) {}
	}
	c := &Cluster{config: config}
	for _, step := range []func(context.Context) error{
		c.settle, c.initialise, c.stopOrphan, c.configure, c.launch, c.createDatabase,
	} {
		if err := step(ctx); err != nil {
			_ = c.Stop(context.WithoutCancel(ctx))
			return nil, explainDisk(err, config.Dir)
		}
	}
	return c, nil
}

// settle finds the user, the places and the binaries.
func (c *Cluster) settle(context.Context) (err error) {
	dir, err := filepath.Abs(c.config.Dir)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o711); err != nil {
		return err
	}
	if c.user, err = findServerUser(dir); err != nil {
		return err
	}
	if c.data, err = c.user.dataPlace(dir, c.config.Notice); err != nil {
		return err
	}
	if c.socket, err = c.user.socketPlace(c.data, c.config.Notice); err != nil {
		return err
	}
	c.bin, err = findBinaries(c.data)
	return err
}

// URL is the address of the cluster's database for Open, psql and pg_dump.
func (c *Cluster) URL() string { return socketURL(c.socket, clusterDatabase) }

// Data is the folder that holds the server's files.
func (c *Cluster) Data() string { return c.data }

// Bin is the folder of the server's programs, pg_dump among them.
func (c *Cluster) Bin() string { return c.bin }

// PID is the server's process.
func (c *Cluster) PID() int { return c.newest().pid() }

// Lost is closed when the server has ended, asked or not.
func (c *Cluster) Lost() <-chan struct{} { return c.newest().done }

// newest returns the server that was started last, nil when none was.
func (c *Cluster) newest() *process {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.server
}

// Stop ends the server: first as PostgreSQL calls fast (open transactions roll
// back, everything is on disk), and when ctx ends before that, at once.
func (c *Cluster) Stop(ctx context.Context) error {
	server := c.newest()
	if server == nil {
		return nil
	}
	err := server.stop(ctx)
	if filepath.Dir(c.socket) != filepath.Dir(c.data) {
		_ = os.Remove(c.socket) // a place we borrowed; it stays when something is in it
	}
	return err
}

func socketURL(socket, database string) string {
	u := url.URL{Scheme: "postgres", Path: "/" + database}
	u.RawQuery = strings.ReplaceAll(url.Values{
		"host": {socket}, "port": {clusterPort}, "user": {clusterRole},
	}.Encode(), "+", "%20") // libpq does not read + as a space
	return u.String()
}

// launch starts the server and waits until it answers. A just killed server's
// children may hold its shared memory a moment longer, so it tries again.
func (c *Cluster) launch(ctx context.Context) error {
	for try := 1; ; try++ {
		c.removeStaleSocket()
		p, err := c.user.start(filepath.Join(c.bin, "postgres"), c.config.Throwaway, "-D", c.data)
		if err != nil {
			return fmt.Errorf("start postgres: %w", err)
		}
		c.mu.Lock()
		c.server = p
		c.mu.Unlock()
		err = c.awaitReady(ctx, p)
		if err == nil || try == 20 || !p.said("pre-existing shared memory block", "already exists") {
			return err
		}
		time.Sleep(500 * time.Millisecond)
	}
}

func (c *Cluster) removeStaleSocket() {
	for _, name := range []string{".s.PGSQL." + clusterPort, ".s.PGSQL." + clusterPort + ".lock"} {
		_ = os.Remove(filepath.Join(c.socket, name))
	}
}

func (c *Cluster) awaitReady(ctx context.Context, server *process) error {
	ctx, cancel := context.WithTimeout(ctx, recoveryPatience)
	defer cancel()
	slow := time.AfterFunc(8*time.Second, func() {
		c.config.Notice("The database was not stopped properly and is recovering; this can take some minutes.")
	})
	defer slow.Stop()
	for {
		conn, err := pgx.Connect(ctx, socketURL(c.socket, "postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-server.done:
			return server.explain()
		case <-ctx.Done():
			return fmt.Errorf("the database server does not answer: %w", err)
		case <-time.After(40 * time.Millisecond):
		}
	}
}

func (c *Cluster) createDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, socketURL(c.socket, "postgres"))
	if err != nil {
		return fmt.Errorf("connect to the private cluster: %w", err)
	}
	defer conn.Close(ctx)
	var there bool
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", clusterDatabase).Scan(&there)
	if err == nil && !there {
		_, err = conn.Exec(ctx, "CREATE DATABASE "+ident(clusterDatabase))
	}
	if err != nil {
		return fmt.Errorf("create database %s: %w", clusterDatabase, err)
	}
	return nil
}

func refuse(vi, en string, args ...any) error {
	return haidang.Refuse(haidang.ErrUnavailable, fmt.Sprintf(vi, args...), fmt.Sprintf(en, args...))
}
