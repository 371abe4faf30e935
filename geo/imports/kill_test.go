package imports

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang/geo"
	"haidang/internal/jobs"
	"haidang/internal/postgres"
	"haidang/internal/postgres/pgtest"
	"haidang/internal/sandbox"
)

// killAt names the stage at which the child process kills itself.
const killAt = "HAIDANG_TEST_IMPORT_KILL"

// TestMain is the child of TestKilled when it is asked to be: a server that works on
// the import, or begins the step on it when no job is left.
func TestMain(m *testing.M) {
	if os.Getenv(killAt) == "" {
		os.Exit(m.Run())
	}
	ctx := context.Background()
	pool, err := postgres.Open(ctx, os.Args[1])
	if err != nil {
		panic(err)
	}
	s, err := startService(ctx, pool, os.Args[2], func(stage string, _, _ int64) {
		if stage == os.Getenv(killAt) {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
	})
	if err != nil {
		panic(err)
	}
	id, err := strconv.ParseInt(os.Args[3], 10, 64)
	if err != nil {
		panic(err)
	}
	if i, err := s.Get(ctx, id); err != nil || i.Job == 0 {
		if err := errors.Join(err, s.Begin(ctx, "tester", id, Step(os.Args[4]))); err != nil {
			panic(err)
		}
	}
	time.Sleep(2 * time.Minute)
}

// startService starts an importer and its queue; told hears of every stage.
func startService(ctx context.Context, pool *pgxpool.Pool, dir string, told Teller) (*Service, error) {
	im, err := New(Config{Pool: pool, Dir: dir})
	if err != nil {
		return nil, err
	}
	s := &Service{Importer: im, queue: jobs.New(jobs.Config{Pool: pool})}
	jobs.Handle(s.queue, time.Hour, func(ctx context.Context, _ *jobs.Job, t task) error { return s.do(ctx, t, told) })
	return s, s.queue.Start(ctx)
}

// TestKilled kills the server while it checks and while it applies: the layer is
// whole or not there at all, the import goes on, and after three deaths it says so
// and can be taken up again.
func TestKilled(t *testing.T) {
	t.Parallel()
	if !sandbox.Installed("ogr2ogr") {
		t.Skip("no GDAL on this machine: apt-get install gdal-bin")
	}
	url := pgtest.NewURL(t)
	pool, err := postgres.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	if err := errors.Join(geo.ReferenceData(t.Context(), pool), geo.SeedDemo(t.Context(), pool)); err != nil {
		t.Fatal(err)
	}
	dir := shared(t)
	im, err := New(Config{Pool: pool, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	const n = 2500 // more than one report of progress
	file := writeFile(t, "plots.geojson", plots(n, nil))
	i, err := im.Take(t.Context(), "tester", file, file)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(im.Examine(t.Context(), i.ID, quiet), im.Decide(t.Context(), i.ID, plotOptions())); err != nil {
		t.Fatal(err)
	}
	die := func(stage string, step Step) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), os.Args[0], url, dir, strconv.FormatInt(i.ID, 10), string(step))
		cmd.Env = append(os.Environ(), killAt+"="+stage)
		out, err := cmd.CombinedOutput()
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok || !exit.Sys().(syscall.WaitStatus).Signaled() {
			t.Fatalf("%s: the child was not killed: %v\n%s", stage, err, out)
		}
	}
	die("check", StepCheck)
	awaitState(t, pool, dir, i.ID, Checked)
	for range 3 {
		die("record", StepApply)
		if one[bool](t, pool, `SELECT to_regclass('layer_plot') IS NOT NULL`) {
			t.Fatal("half an import is to be seen")
		}
	}
	if i := awaitState(t, pool, dir, i.ID, Checked); i.Text.VI == "" || i.Job != 0 {
		t.Errorf("after three deaths: %+v", i)
	}
	die("done", StepApply)
	awaitState(t, pool, dir, i.ID, Applied)
	if got := one[int](t, pool, `SELECT count(*)::int FROM layer_plot`); got != n {
		t.Errorf("%d features in the layer, want %d", got, n)
	}
	if got := one[int](t, pool, `SELECT count(*)::int FROM layer_provenance`); got != 1 {
		t.Errorf("applied %d times", got)
	}
	if one[bool](t, pool, `SELECT to_regclass('`+stageTable(i.ID)+`') IS NOT NULL`) {
		t.Error("the stage was left behind")
	}
}

// awaitState runs a server that nobody kills until the import is there and no job is left.
func awaitState(t *testing.T, pool *pgxpool.Pool, dir string, id int64, want State) (i Import) {
	t.Helper()
	s, err := startService(t.Context(), pool, dir, quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := s.queue.Stop(ctx); err != nil {
			t.Error(err)
		}
	}()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if i, err = s.Get(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		job, err := s.Progress(t.Context(), i)
		if err == nil && i.State == want && (job == nil || job.State.Over()) {
			return i
		}
	}
	t.Fatalf("import is %+v, want %s", i, want)
	return i
}
