package raster

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang/internal/postgres"
	"haidang/internal/postgres/pgtest"
)

// killAt names the stage at which the child process kills itself.
const killAt = "HAIDANG_TEST_RASTER_KILL"

// TestMain is the child of TestKilled when it is asked to be.
func TestMain(m *testing.M) {
	if os.Getenv(killAt) == "" {
		os.Exit(m.Run())
	}
	ctx := context.Background()
	pool, err := postgres.Open(ctx, os.Args[1])
	if err != nil {
		panic(err)
	}
	o := plainOptions
	o.Progress = func(p Progress) {
		if p.Stage == os.Getenv(killAt) && (p.Stage != "cut" || p.Done == 1) {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
	}
	if _, err := Import(ctx, pool, os.Args[2], os.Args[3], o); err != nil {
		panic(err)
	}
}

// TestKilled kills an import at every stage: the layer then shows the old picture
// or the new one, whole, and the next import leaves nothing else behind.
func TestKilled(t *testing.T) {
	t.Parallel()
	needGDAL(t)
	url := pgtest.NewURL(t)
	pool, err := postgres.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	if _, err := pool.Exec(t.Context(), `INSERT INTO agency (code, name_vi, name_en) VALUES ('sotnmt', 'Sở', 'Department')`); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "rasters")
	file := drawing(t, "-a_srs", "EPSG:9209")
	last := mustImport(t, pool, dir, file, plainOptions).Version
	for _, stage := range []string{"inspect", "cut", "publish", "record", "done"} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], url, dir, file)
		cmd.Env = append(os.Environ(), killAt+"="+stage)
		out, err := cmd.CombinedOutput()
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok || !exit.Sys().(syscall.WaitStatus).Signaled() {
			t.Fatalf("%s: the child was not killed: %v\n%s", stage, err, out)
		}
		now := mustBeWhole(t, pool, dir)
		if changed := now != last; changed != (stage == "done") {
			t.Errorf("%s: the layer shows %s, before %s", stage, now, last)
		}
		last = now
	}
	if err := Sweep(t.Context(), pool, dir); err != nil {
		t.Fatal(err)
	}
	for _, path := range files(t, dir) {
		if !strings.HasPrefix(path, filepath.Join(dir, "plan", last)) && filepath.Base(path) != ".lock" {
			t.Errorf("left behind: %s", path)
		}
	}
}

// mustBeWhole checks that the pyramid of the row is all there, and returns its version.
func mustBeWhole(t *testing.T, pool *pgxpool.Pool, dir string) string {
	t.Helper()
	all, err := List(t.Context(), pool)
	if err != nil || len(all) != 1 {
		t.Fatalf("rows: %v, %v", all, err)
	}
	if n := len(files(t, all[0].folder(dir))); n != all[0].Tiles {
		t.Errorf("%d tiles on disk, the row says %d", n, all[0].Tiles)
	}
	return all[0].Version
}
