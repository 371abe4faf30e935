package exports

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/internal/audit"
	"haidang/internal/auth"
	"haidang/internal/jobs"
)

// Config is what the service stands on.
type Config struct {
	Pool   *pgxpool.Pool
	Folder string        // for the files; nobody else's
	Room   int64         // bytes that all files together, and those being made, may take; 0: 4 GiB
	Spare  int64         // bytes that stay free on the disk; 0: 1 GiB
	Keep   time.Duration // how long a file can be fetched; 0: 6 hours
}

// Service makes files by jobs and keeps them until they expire.
type Service struct {
	config Config
	queue  *jobs.Queue
	room   room
	stop   context.CancelFunc
	ended  sync.WaitGroup
}

// The limits of the service.
const (
	roomByDefault = 4 << 30
	spareDefault  = 1 << 30
	keepByDefault = 6 * time.Hour
	openPerPerson = 5 // exports of one account that are not over or not expired
	jobTime       = time.Hour
	sweepEvery    = 10 * time.Minute
)

// args are what a job is told.
type args struct {
	Export int64 `json:"export"`
}

// Kind makes args jobs.Args.
func (args) Kind() string { return "layer.export" }

// NewService names its work to the queue, which is not started yet.
func NewService(c Config, queue *jobs.Queue) *Service {
	if c.Room <= 0 {
		c.Room = roomByDefault
	}
	if c.Spare <= 0 {
		c.Spare = spareDefault
	}
	if c.Keep <= 0 {
		c.Keep = keepByDefault
	}
	s := &Service{config: c, queue: queue}
	jobs.Handle(queue, jobTime, func(ctx context.Context, job *jobs.Job, a args) error { return s.work(ctx, job, a.Export) })
	return s
}

// Start makes the folder and takes away what has expired, then and from time to time.
func (s *Service) Start(ctx context.Context) error {
	if err := os.MkdirAll(s.config.Folder, 0o711); err != nil {
		return fmt.Errorf("make the folder of exports: %w", err)
	}
	if err := s.sweep(ctx); err != nil {
		return err
	}
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.ended.Go(func() { s.keepSweeping(ctx) })
	return nil
}

// Stop ends the sweeping. Jobs end with the queue. It may be called twice.
func (s *Service) Stop(context.Context) error {
	if s.stop != nil {
		s.stop()
	}
	s.ended.Wait()
	return nil
}

func (s *Service) keepSweeping(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
			slog.Warn("exports: expired files could not be taken away; trying again later", "error", err)
		}
	}
}

// sweep forgets expired exports and removes files that belong to none. What a dead
// process left between is older than any job may take.
func (s *Service) sweep(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if _, err := s.config.Pool.Exec(ctx, `DELETE FROM layer_export WHERE expires_at < now()`); err != nil {
		return fmt.Errorf("forget expired exports: %w", err)
	}
	rows, err := s.config.Pool.Query(ctx, `SELECT file FROM layer_export WHERE file <> ''`)
	if err != nil {
		return fmt.Errorf("list exports: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("list exports: %w", err)
	}
	kept := map[string]bool{}
	for _, name := range names {
		kept[name] = true
	}
	entries, err := os.ReadDir(s.config.Folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, gone := e.Info()
		if gone != nil || kept[e.Name()] || time.Since(info.ModTime()) < 2*jobTime {
			continue
		}
		err = errors.Join(err, os.RemoveAll(filepath.Join(s.config.Folder, e.Name())))
	}
	return err
}

// Request has a file made and returns its number. ErrTooMany when the person has too
// many at once; ErrInvalid, ErrForbidden or ErrNotFound by request and layer.
func (s *Service) Request(ctx context.Context, p *auth.Principal, slug haidang.LayerSlug, r Request) (id int64, err error) {
	l, err := catalogue.Get(ctx, s.config.Pool, slug)
	if err != nil {
		return 0, err
	}
	if err := l.Require(p, catalogue.Export); err != nil {
		return 0, err
	}
	if err := Plan(l, r); err != nil {
		return 0, err
	}
	err = pgx.BeginFunc(ctx, s.config.Pool, func(tx pgx.Tx) error {
		if id, err = s.enter(ctx, tx, p.Account, l, r); err != nil {
			return err
		}
		job, err := s.queue.Enqueue(ctx, tx, p.Account, "export/"+strconv.FormatInt(id, 10), args{id})
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE layer_export SET job = $2 WHERE id = $1`, id, job); err != nil {
			return err
		}
		return Record(ctx, tx, p.Account, slug, r)
	})
	return id, err
}

// enter writes the request down, within what one person may have at once.
func (s *Service) enter(ctx context.Context, tx pgx.Tx, by haidang.AccountName, l catalogue.Layer, r Request) (id int64, err error) {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('export ' || $1))`, by); err != nil {
		return 0, err
	}
	var open int
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM layer_export WHERE by_account = $1 AND expires_at > now()`, by).Scan(&open); err != nil {
		return 0, err
	}
	if open >= openPerPerson {
		return 0, haidang.Refuse(haidang.ErrTooMany, fmt.Sprintf("Bạn đang có %d tệp xuất. Hãy xoá bớt rồi thử lại.", open), fmt.Sprintf("You have %d exported files. Remove some, then try again.", open))
	}
	err = tx.QueryRow(ctx, `INSERT INTO layer_export (layer, by_account, request, name, expires_at) VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5)) RETURNING id`,
		l.Slug, by, r, FileName(l, r), (s.config.Keep + jobTime).Seconds()).Scan(&id)
	return id, err
}

// Record writes to the audit log that somebody exports a layer.
func Record(ctx context.Context, tx pgx.Tx, by haidang.AccountName, slug haidang.LayerSlug, r Request) error {
	return audit.Record(ctx, tx, audit.Entry{Actor: by, Action: "layer.export", Object: "layer/" + string(slug), Detail: map[string]any{"request": r}})
}

// work makes the file of one export. A second attempt finds it unmade and begins again.
func (s *Service) work(ctx context.Context, job *jobs.Job, id int64) error {
	var slug haidang.LayerSlug
	var r Request
	err := s.config.Pool.QueryRow(ctx, `SELECT layer, request FROM layer_export WHERE id = $1`, id).Scan(&slug, &r)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil // nobody wants it any more
	}
	if err != nil {
		return err
	}
	l, err := catalogue.Get(ctx, s.config.Pool, slug)
	if err != nil {
		return err
	}
	room, release, err := s.reserve()
	if err != nil {
		return err
	}
	defer release()
	name := fmt.Sprintf("%d%s", id, r.Format.Extension())
	result, err := File(ctx, s.config.Pool, l, r, filepath.Join(s.config.Folder, name), s.config.Folder, room, func(done, total int64) { job.Tell(ctx, "writing", done, total) })
	if err != nil {
		return err
	}
	_, err = s.config.Pool.Exec(ctx, `UPDATE layer_export SET file = $2, bytes = $3, features = $4, remark_vi = $5, remark_en = $6, expires_at = now() + make_interval(secs => $7) WHERE id = $1`,
		id, name, result.Bytes, result.Features, result.Remark.VI, result.Remark.EN, s.config.Keep.Seconds())
	return err
}
