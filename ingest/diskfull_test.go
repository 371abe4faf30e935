package ingest

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/internal/postgres"
)

// smallDisk mounts a file system of so many bytes, or skips the test.
func smallDisk(t *testing.T, bytes string) string {
	t.Helper()
	at, err := os.MkdirTemp("/tmp", "haidang-disk-") // t.TempDir lets the server's user not in
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(at) })
	if err := syscall.Mount("none", at, "tmpfs", 0, "mode=711,size="+bytes); err != nil {
		t.Skipf("no small disk can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(at, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return at
}

// fillDisk leaves nothing free; removing the file it returns gives it back.
func fillDisk(t *testing.T, at string) (ballast string) {
	t.Helper()
	ballast = filepath.Join(at, "ballast")
	f, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size >= 4096; {
		if _, err := f.Write(bytes.Repeat([]byte{1}, size)); err != nil {
			size /= 2
		}
	}
	return ballast
}

// TestDatabaseDiskFull fills the database's disk under load: what the broker has
// acknowledged waits there, we say why, and all is stored once there is room. The
// server may stop over it; it is started again as the program does.
func TestDatabaseDiskFull(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a PostgreSQL server of its own")
	}
	t.Parallel()
	disk := smallDisk(t, "400m")
	cluster, err := postgres.StartCluster(t.Context(), postgres.ClusterConfig{Dir: disk + "/pg"})
	if err != nil {
		t.Fatal(err)
	}
	keeping, leave := context.WithCancel(context.Background())
	kept := make(chan error, 1)
	go func() { kept <- cluster.Keep(keeping) }()
	t.Cleanup(func() {
		leave()
		if err := <-kept; err != nil {
			t.Errorf("the server did not come back: %v", err)
		}
		stop(t, cluster)
	})
	pool, err := postgres.Open(t.Context(), cluster.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	if err := postgres.Migrate(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	b := setupOn(t, pool, nil, "gauge1")
	d := b.device("gauge1")
	published, begin := int64(0), time.Now().Add(-24*time.Hour)
	load := func(more int) {
		for range more {
			b.publish(d, telemetryTopic("gauge1"), salinityAt(begin.Add(time.Duration(published)*time.Millisecond), float64(published%30)))
			published++
		}
	}
	load(100)
	eventually(t, "rows", published, b.number(`SELECT count(*) FROM observation`))

	ballast := fillDisk(t, disk)
	full := func() bool {
		e, ok := errors.AsType[*haidang.Error](b.service.Ready())
		return ok && e.Code == haidang.ErrUnavailable
	}
	for end := time.Now().Add(2 * time.Minute); !full(); load(50) {
		if time.Now().After(end) {
			t.Fatalf("after %d readings on a full disk: %v", published, b.service.Ready())
		}
	}
	load(500)
	t.Logf("%d readings, held because %v", published, b.service.Ready())
	t.Logf("and then: %v", fillLog(t, pool))
	load(500)
	time.Sleep(5 * time.Second) // the server is started again in vain meanwhile
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end) && b.service.Ready() != nil; {
		time.Sleep(100 * time.Millisecond) // the server may be tried again in half a minute only
	}
	eventually(t, "rows", published, b.number(`SELECT count(*) FROM observation`))
	eventually(t, "ready", true, func() (bool, error) { return b.service.Ready() == nil, nil })
	b.wantNumber(0, `SELECT count(*) FROM dead_letter`)
}

// fillLog makes the server want more room for its log than there is, which ends it.
func fillLog(t *testing.T, pool *pgxpool.Pool) error {
	t.Helper()
	for range 200 {
		if _, err := pool.Exec(t.Context(), `SELECT pg_logical_emit_message(false, 'x', 'x'), pg_switch_wal()`); err != nil {
			return err
		}
	}
	return errors.New("the log always found room")
}
