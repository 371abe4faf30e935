package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/rivertype"

	"haidang"
)

// State is where a job stands.
type State string

// The states.
const (
	Waiting   State = "waiting"
	Running   State = "running"
	Done      State = "done"
	Failed    State = "failed"
	Cancelled State = "cancelled"
)

// Over reports whether nothing more will come.
func (s State) Over() bool { return s == Done || s == Failed || s == Cancelled }

// Status is a job as pages show it.
type Status struct {
	ID        int64               `json:"id"`
	Kind      string              `json:"kind"`
	Subject   string              `json:"subject" doc:"What it works on, such as import/12"`
	By        haidang.AccountName `json:"by"`
	State     State               `json:"state" enum:"waiting,running,done,failed,cancelled"`
	Stage     string              `json:"stage" doc:"The worker's own word for what it does now"`
	Done      int64               `json:"done"`
	Total     int64               `json:"total" doc:"0 when not known"`
	Text      haidang.Text        `json:"text" doc:"Why it failed"`
	CreatedAt time.Time           `json:"createdAt"`
	UpdatedAt time.Time           `json:"updatedAt"`
}

// Enqueue puts a job into the queue within the caller's transaction.
func (q *Queue) Enqueue(ctx context.Context, tx pgx.Tx, by haidang.AccountName, subject string, args Args) (int64, error) {
	if q.client == nil {
		return 0, errors.New("the job queue is not started")
	}
	inserted, err := q.client.InsertTx(ctx, tx, args, nil)
	if err != nil {
		return 0, fmt.Errorf("enqueue %s: %w", args.Kind(), err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO job (id, kind, subject, by_account) VALUES ($1, $2, $3, $4)`, inserted.Job.ID, args.Kind(), subject, by)
	return inserted.Job.ID, err
}

// Get returns a job's status, or ErrNotFound.
func (q *Queue) Get(ctx context.Context, id int64) (Status, error) {
	rows, err := q.config.Pool.Query(ctx, selectStatus+`WHERE id = $1`, id)
	if err != nil {
		return Status{}, err
	}
	s, err := pgx.CollectExactlyOneRow(rows, scanStatus)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, haidang.Refuse(haidang.ErrNotFound, "Không có công việc này.", "There is no such job.")
	}
	return s, err
}

// List returns up to limit jobs on a subject (empty: on anything), newest first.
func (q *Queue) List(ctx context.Context, subject string, limit int) ([]Status, error) {
	rows, err := q.config.Pool.Query(ctx, selectStatus+`WHERE $1 IN ('', subject) ORDER BY id DESC LIMIT $2`, subject, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanStatus)
}

const selectStatus = `SELECT id, kind, subject, by_account, state, stage, done, total, text_vi, text_en, created_at, updated_at FROM job `

func scanStatus(row pgx.CollectableRow) (s Status, err error) {
	err = row.Scan(&s.ID, &s.Kind, &s.Subject, &s.By, &s.State, &s.Stage, &s.Done, &s.Total, &s.Text.VI, &s.Text.EN, &s.CreatedAt, &s.UpdatedAt)
	return s, err
}

// Cancel asks a job to end. One that waits ends at once, one that runs soon.
func (q *Queue) Cancel(ctx context.Context, id int64) error {
	row, err := q.client.JobCancel(ctx, id)
	if errors.Is(err, rivertype.ErrNotFound) {
		return haidang.Refuse(haidang.ErrNotFound, "Không có công việc này.", "There is no such job.")
	}
	if err != nil {
		return err
	}
	if row.State == rivertype.JobStateCancelled {
		_, err = q.config.Pool.Exec(ctx, `UPDATE job SET state = 'cancelled', text_vi = $2, text_en = $3, updated_at = now()
			WHERE id = $1 AND state IN ('waiting', 'running')`, id, cancelledText.VI, cancelledText.EN)
	}
	return err
}

func (q *Queue) set(ctx context.Context, id int64, s State, text *haidang.Text) error {
	if text == nil {
		text = &haidang.Text{}
	}
	_, err := q.config.Pool.Exec(ctx, `UPDATE job SET state = $2, text_vi = $3, text_en = $4, updated_at = now() WHERE id = $1`, id, s, text.VI, text.EN)
	return err
}

// tellEvery bounds how often a job writes its progress.
const tellEvery = 500 * time.Millisecond

// Tell notes what the job does now, at most twice a second for one stage. It never
// fails: progress is a courtesy.
func (j *Job) Tell(ctx context.Context, stage string, done, total int64) {
	if j == nil || time.Since(j.told) < tellEvery && done != 0 && done != total {
		return
	}
	j.told = time.Now()
	_, _ = j.queue.config.Pool.Exec(ctx, `UPDATE job SET stage = $2, done = $3, total = $4, updated_at = now() WHERE id = $1`, j.ID, stage, done, total)
}
