package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/internal/jobs"
	"haidang/internal/postgres"
	"haidang/internal/postgres/pgtest"
)

// workVariable makes this test program a process that works on a queue until it is killed.
const workVariable = "HAIDANG_TEST_JOBS_URL"

type task struct {
	Do string `json:"do"`
}

func (task) Kind() string { return "test" }

type other struct{}

func (other) Kind() string { return "other" }

// forever waits for its context; the others do what their name says.
func work(ctx context.Context, job *jobs.Job, a task) error {
	switch a.Do {
	case "refuse":
		return haidang.Refuse(haidang.ErrInvalid, "Không được.", "No.")
	case "panic":
		panic("at work")
	case "forever":
		job.Tell(ctx, "waiting", 0, 0)
		<-ctx.Done()
		return ctx.Err()
	case "once":
		if job.Attempt == 1 {
			<-ctx.Done()
		}
	}
	job.Tell(ctx, "almost", 7, 7)
	return ctx.Err()
}

func TestMain(m *testing.M) {
	url := os.Getenv(workVariable)
	if url == "" {
		os.Exit(m.Run())
	}
	ctx := context.Background()
	pool, err := postgres.Open(ctx, url)
	if err == nil {
		q := jobs.New(jobs.Config{Pool: pool})
		jobs.Handle(q, time.Hour, work)
		err = q.Start(ctx)
	}
	fmt.Println(err)
	select {}
}

func start(t *testing.T, pool *pgxpool.Pool) *jobs.Queue {
	t.Helper()
	q := jobs.New(jobs.Config{Pool: pool})
	jobs.Handle(q, time.Hour, work)
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, q) })
	return q
}

func stop(t *testing.T, q *jobs.Queue) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := q.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func enqueue(t *testing.T, pool *pgxpool.Pool, q *jobs.Queue, do string) (id int64) {
	t.Helper()
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) (err error) {
		id, err = q.Enqueue(t.Context(), tx, "somebody", "test/1", task{do})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func await(t *testing.T, q *jobs.Queue, id int64, want jobs.State) jobs.Status {
	t.Helper()
	var s jobs.Status
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		var err error
		if s, err = q.Get(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if s.State == want {
			return s
		}
	}
	t.Fatalf("job is %+v, want %s", s, want)
	return s
}

func TestJobsEnd(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	q := start(t, pool)
	done, refused, endless := enqueue(t, pool, q, "do"), enqueue(t, pool, q, "refuse"), enqueue(t, pool, q, "forever")
	if s := await(t, q, done, jobs.Done); s.Stage != "almost" || s.Done != 7 || s.By != "somebody" {
		t.Errorf("got %+v", s)
	}
	if s := await(t, q, refused, jobs.Failed); s.Text.VI != "Không được." {
		t.Errorf("got %+v", s)
	}
	await(t, q, endless, jobs.Running)
	if err := q.Cancel(t.Context(), endless); err != nil {
		t.Fatal(err)
	}
	if s := await(t, q, endless, jobs.Cancelled); s.Text.EN == "" {
		t.Errorf("got %+v", s)
	}
	if err := q.Cancel(t.Context(), 9999); haidang.CodeOf(err) != haidang.ErrNotFound {
		t.Errorf("got %v", err)
	}
	if all, err := q.List(t.Context(), "test/1", 10); err != nil || len(all) != 3 || all[0].ID != endless {
		t.Errorf("got %v, %v", all, err)
	}
}

// A panic is begun again, and in the meantime waits.
func TestPanicIsNoEnd(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	q := start(t, pool)
	id := enqueue(t, pool, q, "panic")
	await(t, q, id, jobs.Waiting)
	if err := q.Cancel(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	await(t, q, id, jobs.Cancelled)
}

// A job that River cancels between two attempts never comes to a worker again.
func TestCancelledBetweenAttempts(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	q := start(t, pool)
	id := enqueue(t, pool, q, "panic")
	for again := false; !again; time.Sleep(50 * time.Millisecond) {
		if err := pool.QueryRow(t.Context(), `SELECT state = 'retryable' FROM river_job WHERE id = $1`, id).Scan(&again); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := pool.Exec(t.Context(), `UPDATE river_job SET state = 'cancelled', finalized_at = now() WHERE id = $1`, id); err != nil {
		t.Fatal(err)
	}
	if s := await(t, q, id, jobs.Cancelled); s.Text.EN == "" {
		t.Errorf("got %+v", s)
	}
}

func TestStoppedJobGoesOn(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	first := start(t, pool)
	id := enqueue(t, pool, first, "forever")
	await(t, first, id, jobs.Running)
	stop(t, first)
	second := start(t, pool)
	await(t, second, id, jobs.Running)
	if s, err := second.Get(t.Context(), id); err != nil || s.State.Over() {
		t.Errorf("got %+v, %v", s, err)
	}
	if err := second.Cancel(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	await(t, second, id, jobs.Cancelled)
}

// kill -9 in the middle of a job: another process takes it over and ends it.
func TestKilledJobGoesOn(t *testing.T) {
	t.Parallel()
	url := pgtest.NewURL(t)
	pool, err := postgres.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	if err := jobs.Migrate(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), workVariable+"="+url)
	child.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	q := jobs.New(jobs.Config{Pool: pool})
	jobs.Handle(q, time.Hour, func(context.Context, *jobs.Job, other) error { return nil }) // so the child gets the task
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, q) })
	id := enqueue(t, pool, q, "once")
	await(t, q, id, jobs.Running)
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	heir := start(t, pool)
	await(t, heir, id, jobs.Done)
}

func TestStopTwice(t *testing.T) {
	t.Parallel()
	q := start(t, pgtest.New(t))
	stop(t, q)
	stop(t, q)
	if _, err := q.Get(context.Background(), 1); !errors.As(err, new(*haidang.Error)) {
		t.Errorf("got %v", err)
	}
}
