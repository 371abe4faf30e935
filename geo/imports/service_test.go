package imports

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/internal/jobs"
)

// service is a house whose steps are jobs.
func service(t *testing.T) (*Service, *jobs.Queue, *pgxpool.Pool) {
	t.Helper()
	im, pool := house(t, Limits{})
	agency(t, pool)
	q := jobs.New(jobs.Config{Pool: pool})
	s, err := NewService(Config{Pool: pool, Dir: im.dir}, q)
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := q.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return s, q, pool
}

// examined takes a file in and examines it.
func examined(t *testing.T, s *Service, file string) Import {
	t.Helper()
	i, err := s.Take(t.Context(), "tester", file, file)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Examine(t.Context(), i.ID, quiet); err != nil {
		t.Fatal(err)
	}
	return i
}

// becomes waits for an import's state.
func becomes(t *testing.T, s *Service, id int64, want State) Import {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		i, err := s.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if i.State == want {
			return i
		}
		if time.Now().After(end) {
			t.Fatalf("import is %s (%s), want %s", i.State, i.Text.EN, want)
		}
	}
}

// occupy holds a table of the import, so that its check waits. The answer lets go.
func occupy(t *testing.T, pool *pgxpool.Pool, id int64) (release func()) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), `CREATE TABLE `+stageTable(id)+` ()`); err != nil {
		t.Fatal(err)
	}
	tx, err := pool.Begin(t.Context())
	if err == nil {
		_, err = tx.Exec(t.Context(), `LOCK TABLE `+stageTable(id)+` IN ACCESS SHARE MODE`)
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }
}

// While a step is at work nothing can be decided anew, and the import can be cancelled.
func TestDecideAndCancelAtWork(t *testing.T) {
	t.Parallel()
	s, q, pool := service(t)
	i := examined(t, s, writeFile(t, "a.geojson", plots(10, nil)))
	release := occupy(t, pool, i.ID)
	defer release()
	if err := s.BeginCheck(t.Context(), "tester", i.ID, plotOptions()); err != nil {
		t.Fatal(err)
	}
	i = becomes(t, s, i.ID, Checking)
	other := plotOptions()
	other.Layer = "other"
	if err := s.BeginCheck(t.Context(), "tester", i.ID, other); haidang.CodeOf(err) != haidang.ErrConflict {
		t.Errorf("decided anew: %v", err)
	}
	if now := becomes(t, s, i.ID, Checking); now.Options.Layer != "plot" {
		t.Errorf("options changed to those of %s", now.Options.Layer)
	}
	for range 2 {
		if err := s.Abandon(t.Context(), i.ID); err != nil {
			t.Errorf("cancel: %v", err)
		}
	}
	becomes(t, s, i.ID, Cancelled)
	for {
		job, err := q.Get(t.Context(), i.Job)
		if err != nil {
			t.Fatal(err)
		}
		if job.State == jobs.Cancelled {
			break
		}
		if job.State.Over() {
			t.Fatalf("the job is %s", job.State)
		}
		time.Sleep(50 * time.Millisecond)
	}
	release()
	if err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := one[int](t, pool, `SELECT count(*) FROM pg_class WHERE relname ~ '^import_'`); n != 0 {
		t.Errorf("%d tables are left", n)
	}
}

// What is decided after a check was not checked, so it cannot be applied.
func TestDecidedAfterTheCheck(t *testing.T) {
	t.Parallel()
	s, _, pool := service(t)
	i := examined(t, s, writeFile(t, "a.geojson", plots(10, nil)))
	if err := s.BeginCheck(t.Context(), "tester", i.ID, plotOptions()); err != nil {
		t.Fatal(err)
	}
	becomes(t, s, i.ID, Checked)
	other := plotOptions()
	other.New.Owner = "ubnd"
	if err := s.Decide(t.Context(), i.ID, other); err != nil {
		t.Fatal(err)
	}
	if now := becomes(t, s, i.ID, Examined); now.Report != nil {
		t.Errorf("the report of other options is still there: %+v", now.Report)
	}
	if err := s.Apply(t.Context(), i.ID, quiet); haidang.CodeOf(err) != haidang.ErrConflict {
		t.Errorf("applied what was not checked: %v", err)
	}
	if n := one[int](t, pool, `SELECT count(*) FROM layer WHERE slug = 'plot'`); n != 0 {
		t.Error("the layer is there")
	}
}

// A kill between the last byte and its fingerprint: the sender sends no more.
func TestWholeButNotFingerprinted(t *testing.T) {
	t.Parallel()
	s, _, pool := service(t)
	text := plots(5, nil)
	file := writeFile(t, "a.geojson", text)
	i, err := s.Take(t.Context(), "tester", file, file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), `UPDATE layer_import SET state = 'uploading', sha256 = NULL WHERE id = $1`, i.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.Begin(t.Context(), "tester", i.ID, StepExamine); err != nil {
		t.Fatal(err)
	}
	if now := becomes(t, s, i.ID, Examined); len(now.SHA256) != 64 || now.Findings.Layers[0].Features != 5 {
		t.Errorf("examined %+v", now)
	}
	if _, err := s.Append(t.Context(), i.ID, 3, http.NoBody); haidang.CodeOf(err) != haidang.ErrConflict {
		t.Errorf("a wrong offset: %v", err)
	}
}

// Three kills in the middle of a step leave it begun, with nobody at work on it.
func TestGivenUpInTheMiddle(t *testing.T) {
	t.Parallel()
	s, _, pool := service(t)
	i := examined(t, s, writeFile(t, "a.geojson", plots(5, nil)))
	for at, before := range map[State]State{Examining: Uploaded, Applying: Checked, Checking: Examined} {
		_, err := pool.Exec(t.Context(), `WITH j AS (INSERT INTO job (id, kind, subject, by_account, state, text_vi, text_en)
			VALUES ((SELECT coalesce(max(id), 1000) + 1 FROM job), 'import', 'import', 'tester', 'failed', 'chết', 'died') RETURNING id)
			UPDATE layer_import SET state = $2, options = $3, job = j.id FROM j WHERE layer_import.id = $1`, i.ID, at, plotOptions())
		if err != nil {
			t.Fatal(err)
		}
		if now, err := s.Get(t.Context(), i.ID); err != nil || now.State != before || now.Text.EN != "died" {
			t.Errorf("%s became %s (%s), %v", at, now.State, now.Text.EN, err)
		}
		if _, err := pool.Exec(t.Context(), `UPDATE layer_import SET state = 'examined' WHERE id = $1`, i.ID); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.BeginCheck(t.Context(), "tester", i.ID, plotOptions()); err != nil {
		t.Fatal(err)
	}
	becomes(t, s, i.ID, Checked)
}

// Work in progress keeps its full time from its last step on.
func TestStepsProlong(t *testing.T) {
	t.Parallel()
	s, _, pool := service(t)
	i := examined(t, s, writeFile(t, "a.geojson", plots(5, nil)))
	if _, err := pool.Exec(t.Context(), `UPDATE layer_import SET expires_at = now() + interval '1 second' WHERE id = $1`, i.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.Decide(t.Context(), i.ID, plotOptions()); err != nil {
		t.Fatal(err)
	}
	if left := one[float64](t, pool, `SELECT extract(epoch FROM expires_at - now())::float8 FROM layer_import WHERE id = $1`, i.ID); left < 47*3600 {
		t.Errorf("%.0f s are left", left)
	}
}
