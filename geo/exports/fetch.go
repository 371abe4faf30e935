package exports

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/internal/auth"
	"haidang/internal/jobs"
)

// Export is one file, made or being made, as pages show it.
type Export struct {
	ID        int64               `json:"id"`
	Layer     haidang.LayerSlug   `json:"layer"`
	By        haidang.AccountName `json:"by"`
	Request   Request             `json:"request"`
	Name      string              `json:"name" doc:"What the file is called"`
	Ready     bool                `json:"ready" doc:"It can be fetched"`
	Bytes     int64               `json:"bytes"`
	Features  int64               `json:"features"`
	Remark    haidang.Text        `json:"remark" doc:"What had to change to fit the format"`
	CreatedAt time.Time           `json:"createdAt"`
	ExpiresAt time.Time           `json:"expiresAt"`
	Job       *jobs.Status        `json:"job,omitempty"`
	job       int64
	file      string
}

const selectExport = `SELECT id, layer, by_account, request, name, file <> '', bytes, features, remark_vi, remark_en, created_at, expires_at, job, file FROM layer_export `

func scanExport(row pgx.CollectableRow) (e Export, err error) {
	err = row.Scan(&e.ID, &e.Layer, &e.By, &e.Request, &e.Name, &e.Ready, &e.Bytes, &e.Features, &e.Remark.VI, &e.Remark.EN, &e.CreatedAt, &e.ExpiresAt, &e.job, &e.file)
	return e, err
}

// List returns the person's exports, newest first.
func (s *Service) List(ctx context.Context, p *auth.Principal) ([]Export, error) {
	rows, err := s.config.Pool.Query(ctx, selectExport+`WHERE by_account = $1 AND expires_at > now() ORDER BY id DESC`, p.Account)
	if err != nil {
		return nil, fmt.Errorf("list exports: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanExport)
	if err != nil {
		return nil, fmt.Errorf("list exports: %w", err)
	}
	for i := range list {
		s.follow(ctx, &list[i])
	}
	return list, nil
}

// Get returns one of the person's exports. Another's does not exist: ErrNotFound.
func (s *Service) Get(ctx context.Context, p *auth.Principal, id int64) (Export, error) {
	rows, err := s.config.Pool.Query(ctx, selectExport+`WHERE id = $1 AND by_account = $2 AND expires_at > now()`, id, p.Account)
	if err != nil {
		return Export{}, fmt.Errorf("read export %d: %w", id, err)
	}
	e, err := pgx.CollectExactlyOneRow(rows, scanExport)
	if errors.Is(err, pgx.ErrNoRows) {
		return e, haidang.Refuse(haidang.ErrNotFound, "Không có tệp xuất này, hoặc đã hết hạn. Hãy xuất lại.", "There is no such export, or it has expired. Export again.")
	}
	if err != nil {
		return e, fmt.Errorf("read export %d: %w", id, err)
	}
	s.follow(ctx, &e)
	return e, nil
}

// follow adds how the job stands; without it the export is still of use.
func (s *Service) follow(ctx context.Context, e *Export) {
	if status, err := s.queue.Get(ctx, e.job); err == nil {
		e.Job = &status
	}
}

// Open returns the file of an export for reading from any place. The right on the layer
// is asked about again: it may have been taken back. ErrConflict: it is not made yet.
func (s *Service) Open(ctx context.Context, p *auth.Principal, id int64) (*os.File, Export, error) {
	e, err := s.Get(ctx, p, id)
	if err != nil {
		return nil, e, err
	}
	l, err := catalogue.Get(ctx, s.config.Pool, e.Layer)
	if err != nil {
		return nil, e, err
	}
	if err := l.Require(p, catalogue.Export); err != nil {
		return nil, e, err
	}
	if !e.Ready {
		return nil, e, haidang.Refuse(haidang.ErrConflict, "Tệp chưa làm xong. Hãy xem tiến độ rồi tải sau.", "The file is not finished. Watch its progress and fetch it later.")
	}
	f, err := os.Open(filepath.Join(s.config.Folder, e.file))
	if errors.Is(err, os.ErrNotExist) {
		return nil, e, haidang.Refuse(haidang.ErrNotFound, "Tệp không còn. Hãy xuất lại.", "The file is gone. Export again.")
	}
	return f, e, err
}

// Remove cancels or removes an export of the person's.
func (s *Service) Remove(ctx context.Context, p *auth.Principal, id int64) error {
	e, err := s.Get(ctx, p, id)
	if err != nil {
		return err
	}
	if e.Job != nil && !e.Job.State.Over() {
		if err := s.queue.Cancel(ctx, e.job); err != nil {
			return err
		}
	}
	if _, err := s.config.Pool.Exec(ctx, `DELETE FROM layer_export WHERE id = $1`, id); err != nil {
		return fmt.Errorf("remove export %d: %w", id, err)
	}
	if e.file == "" {
		return nil
	}
	if err := os.Remove(filepath.Join(s.config.Folder, e.file)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
