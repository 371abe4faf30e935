package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/riverqueue/river"

	"haidang"
)

// Args are the arguments of one kind of work. They are kept as JSON.
type Args interface {
	Kind() string // such as "import.check"; never changes
}

// Job is the work at hand, for its worker.
type Job struct {
	ID      int64
	Attempt int // 1 at first
	queue   *Queue
	told    time.Time
}

// Handle registers who does a kind of work. A *haidang.Error ends the job with its
// sentence; any other error lets it begin again, up to three times. The context
// ends when the time is over, when somebody cancels, and when the program stops.
func Handle[A Args](q *Queue, timeout time.Duration, work func(ctx context.Context, job *Job, args A) error) {
	river.AddWorker(q.workers, &worker[A]{queue: q, timeout: timeout, work: work})
}

type worker[A Args] struct {
	river.WorkerDefaults[A]
	queue   *Queue
	timeout time.Duration
	work    func(context.Context, *Job, A) error
}

func (w *worker[A]) Timeout(*river.Job[A]) time.Duration { return w.timeout }

func (w *worker[A]) NextRetry(j *river.Job[A]) time.Time {
	return time.Now().Add(time.Duration(j.Attempt*j.Attempt) * 5 * time.Second)
}

// Work does the job once and settles what its end means.
func (w *worker[A]) Work(ctx context.Context, j *river.Job[A]) error {
	job := &Job{ID: j.ID, Attempt: j.Attempt, queue: w.queue}
	if err := w.queue.set(ctx, j.ID, Running, nil); err != nil {
		return err
	}
	err := w.guarded(ctx, job, j.Args)
	ending := context.WithoutCancel(ctx)
	switch {
	case err == nil:
		return w.queue.set(ending, j.ID, Done, nil)
	case w.queue.stopping.Err() != nil:
		return river.JobSnooze(0) // the next start goes on
	case errors.Is(context.Cause(ctx), river.ErrJobCancelledRemotely):
		return errors.Join(river.JobCancel(err), w.queue.set(ending, j.ID, Cancelled, &cancelledText))
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return errors.Join(river.JobCancel(err), w.queue.set(ending, j.ID, Failed, &slowText))
	}
	return w.failed(ending, j, err)
}

func (w *worker[A]) failed(ctx context.Context, j *river.Job[A], err error) error {
	if refusal, ok := errors.AsType[*haidang.Error](err); ok {
		return errors.Join(river.JobCancel(err), w.queue.set(ctx, j.ID, Failed, &refusal.Text))
	}
	slog.Error("jobs: a job failed", "kind", j.Kind, "job", j.ID, "attempt", j.Attempt, "error", err)
	if j.Attempt < maxAttempts {
		return errors.Join(err, w.queue.set(ctx, j.ID, Waiting, nil))
	}
	return errors.Join(err, w.queue.set(ctx, j.ID, Failed, &brokenText))
}

// guarded makes a panic an error.
func (w *worker[A]) guarded(ctx context.Context, job *Job, args A) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return w.work(ctx, job, args)
}

// Why a job ended, where the work itself says nothing better.
var (
	cancelledText = haidang.Text{VI: "Đã huỷ theo yêu cầu.", EN: "Cancelled as asked."}
	slowText      = haidang.Text{VI: "Công việc quá lâu nên đã dừng. Hãy chia nhỏ rồi thử lại.", EN: "The job took too long and was stopped. Divide it, then try again."}
	brokenText    = haidang.Text{VI: "Công việc hỏng ba lần nên đã dừng; lý do có trong nhật ký máy chủ.", EN: "The job failed three times and was given up; the server's log says why."}
	killedText    = haidang.Text{VI: "Chương trình dừng đột ngột ba lần khi đang làm công việc này nên không làm lại nữa.",
		EN: "The program died three times while it did this job, so it is not begun again."}
)
