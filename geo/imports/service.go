package imports

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/internal/jobs"
)

// Step is one of the long stages, run as a job.
type Step string

// The steps.
const (
	StepExamine Step = "examine"
	StepCheck   Step = "check"
	StepApply   Step = "apply"
)

// task is a step of one import, as the queue keeps it.
type task struct {
	Import int64 `json:"import"`
	Step   Step  `json:"step"`
}

// Kind names the work for the queue.
func (task) Kind() string { return "import" }

// Service is an importer whose steps are jobs, and which clears up after everybody.
type Service struct {
	*Importer
	queue   *jobs.Queue
	end     context.CancelFunc
	sweeper sync.WaitGroup
}

// sweepEvery is how often what is past its time is removed.
const sweepEvery = time.Hour

// NewService registers the steps with the queue, which must not have been started.
func NewService(c Config, q *jobs.Queue) (*Service, error) {
	im, err := New(c)
	if err != nil {
		return nil, err
	}
	s := &Service{Importer: im, queue: q}
	jobs.Handle(q, 3*im.limits.Time, s.work)
	return s, nil
}

// Start clears up at once and then every hour.
func (s *Service) Start(ctx context.Context) error {
	ctx, s.end = context.WithCancel(context.WithoutCancel(ctx))
	s.sweeper.Go(func() {
		tick := time.NewTicker(sweepEvery)
		defer tick.Stop()
		for {
			if err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
				slog.Warn("imports: cannot clear up", "error", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
	return nil
}

// Stop ends the clearing up and waits for it. Running steps are the queue's to stop.
func (s *Service) Stop(context.Context) error {
	if s.end != nil {
		s.end()
	}
	s.sweeper.Wait()
	return nil
}

// work does a step. When somebody cancels meanwhile, what the step held while Abandon
// cleared up goes here.
func (s *Service) work(ctx context.Context, job *jobs.Job, t task) error {
	err := s.do(ctx, t, func(stage string, done, total int64) { job.Tell(ctx, stage, done, total) })
	if err == nil {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	if i, got := s.Importer.Get(ctx, t.Import); got == nil && i.State == Cancelled {
		err = errors.Join(err, s.remove(ctx, t.Import))
	}
	return err
}

func (s *Service) do(ctx context.Context, t task, tell Teller) error {
	switch t.Step {
	case StepExamine:
		return s.Examine(ctx, t.Import, tell)
	case StepCheck:
		return s.Check(ctx, t.Import, tell)
	case StepApply:
		return s.Apply(ctx, t.Import, tell)
	}
	return fmt.Errorf("unknown step %q", t.Step)
}

// Begin puts a step into the queue. ErrConflict: another step is at work.
func (s *Service) Begin(ctx context.Context, by haidang.AccountName, id int64, step Step) error {
	return s.begin(ctx, by, id, step, func(pgx.Tx) error { return nil })
}

// BeginCheck notes what people decided and puts the check into the queue: both, or
// neither. ErrConflict: another step is at work, on what was decided before.
func (s *Service) BeginCheck(ctx context.Context, by haidang.AccountName, id int64, o Options) error {
	return s.begin(ctx, by, id, StepCheck, func(tx pgx.Tx) error { return s.decide(ctx, tx, id, o) })
}

func (s *Service) begin(ctx context.Context, by haidang.AccountName, id int64, step Step, first func(pgx.Tx) error) error {
	if err := s.ready(ctx, id); err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var busy bool
		err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM job WHERE job.id = i.job AND job.state IN ('waiting', 'running')) FROM layer_import i WHERE i.id = $1 FOR UPDATE`, id).Scan(&busy)
		if err != nil {
			return err
		}
		if busy {
			return haidang.Refuse(haidang.ErrConflict, "Một bước khác đang chạy; hãy đợi hoặc huỷ lần nhập.", "Another step is running; wait for it, or cancel the import.")
		}
		if err := first(tx); err != nil {
			return err
		}
		job, err := s.queue.Enqueue(ctx, tx, by, fmt.Sprintf("import/%d", id), task{id, step})
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE layer_import SET job = $2, text_vi = '', text_en = '', updated_at = now() WHERE id = $1`, id, job)
		return err
	})
}

// ready wants an import with a whole file. One whose last byte came just before a kill
// lacks its fingerprint, and its sender has nothing left to send: it is taken here.
func (s *Service) ready(ctx context.Context, id int64) error {
	i, err := s.Get(ctx, id)
	if err == nil && i.State == Uploading && i.Received == i.FileSize {
		_, err = s.Append(ctx, id, i.FileSize, http.NoBody)
		return err
	}
	if err == nil && (i.State == Uploading || i.State.Over()) {
		return haidang.Refuse(haidang.ErrConflict, "Tệp chưa tải lên đủ, hoặc lần nhập đã kết thúc.", "The file is not whole yet, or the import is over.")
	}
	return err
}

// Get returns an import, or ErrNotFound. One whose job was given up in the middle of a
// step, as after three kills, is put back to before the step.
func (s *Service) Get(ctx context.Context, id int64) (Import, error) {
	i, err := s.Importer.Get(ctx, id)
	before, working := begun[i.State]
	if err != nil || !working || i.Job == 0 {
		return i, err
	}
	job, err := s.queue.Get(ctx, i.Job)
	if err != nil || !job.State.Over() {
		return i, err
	}
	_, err = s.pool.Exec(ctx, `UPDATE layer_import SET state = $4, text_vi = $5, text_en = $6, job = 0, updated_at = now() WHERE id = $1 AND state = $2 AND job = $3`,
		id, i.State, i.Job, before, job.Text.VI, job.Text.EN)
	if err != nil {
		return i, err
	}
	return s.Importer.Get(ctx, id)
}

// Progress is the job at work on an import, nil when there is none.
func (s *Service) Progress(ctx context.Context, i Import) (*jobs.Status, error) {
	if i.Job == 0 {
		return nil, nil //nolint:nilnil // no job is a value of its own here
	}
	status, err := s.queue.Get(ctx, i.Job)
	if haidang.CodeOf(err) == haidang.ErrNotFound {
		return nil, nil //nolint:nilnil // forgotten after ninety days
	}
	return &status, err
}

// Abandon cancels an import and the job at work on it. Once more is no mistake.
func (s *Service) Abandon(ctx context.Context, id int64) error {
	i, err := s.Get(ctx, id)
	if err != nil {
		return err
	}
	if err := s.cancel(ctx, id); err != nil {
		return err
	}
	if i.Job != 0 {
		if err := s.queue.Cancel(ctx, i.Job); err != nil && haidang.CodeOf(err) != haidang.ErrNotFound {
			return err
		}
	}
	return s.remove(ctx, id)
}
