package ingest

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/internal/audit"
	"haidang/internal/postgres"
)

// RetentionView is what is kept for how long, and for how long there is room.
type RetentionView struct {
	Properties []KeptProperty `json:"properties"`
	Disk       DiskView       `json:"disk"`
	Gone       []LetGo        `json:"gone"` // the last hundred things let go, newest first
}

// KeptProperty says for how many months a property's readings are kept; 0 is for ever.
type KeptProperty struct {
	Code       haidang.PropertyCode `json:"code"`
	Name       haidang.Text         `json:"name"`
	KeepMonths int                  `json:"keepMonths"` // of this month's readings
	Next       *NextKeeping         `json:"next"`       // what is decided for later
	Bytes      int64                `json:"bytes"`      // of live readings: a share of their partitions, by how often devices report
}

// NextKeeping holds from the first of a month on.
type NextKeeping struct {
	KeepMonths int       `json:"keepMonths"`
	From       time.Time `json:"from"`
}

// LetGo is one thing that retention dropped or deleted.
type LetGo struct {
	At     time.Time `json:"at"`
	What   string    `json:"what"` // a partition or a table
	Rows   int64     `json:"rows"` // of a partition: estimated
	Reason string    `json:"reason"`
}

// DiskView is the newest sample with what follows from those before it.
type DiskView struct {
	DiskSample
	Forecast
	Samples []DiskSample `json:"samples"` // of the last 30 days, thinned
}

// View returns what is kept and how the disk stands.
func (r *Retention) View(ctx context.Context) (v RetentionView, err error) {
	now := time.Now()
	if v.Properties, err = r.properties(ctx, now); err != nil {
		return v, fmt.Errorf("read retention policies: %w", err)
	}
	if v.Disk, err = r.disk(ctx, now); err != nil {
		return v, fmt.Errorf("read disk samples: %w", err)
	}
	rows, err := r.config.Pool.Query(ctx, `SELECT at, what, rows, reason FROM retention_event ORDER BY id DESC LIMIT 100`)
	if err != nil {
		return v, err
	}
	v.Gone, err = pgx.CollectRows(rows, pgx.RowToStructByPos[LetGo])
	return v, err
}

func (r *Retention) disk(ctx context.Context, now time.Time) (v DiskView, err error) {
	if v.Samples, err = r.samples(ctx, now.AddDate(0, 0, -30)); err != nil {
		return v, err
	}
	recent, err := r.samples(ctx, now.Add(-forecastSpan))
	if err != nil {
		return v, err
	}
	if n := len(v.Samples); n > 0 {
		v.DiskSample = v.Samples[n-1]
	}
	v.Forecast = forecast(recent)
	return v, nil
}

// selectKept shares the bytes of each class of partitions out among the properties
// that are kept so long now.
const selectKept = `
	WITH now_kept AS (
		SELECT DISTINCT ON (property) property, keep_months FROM retention_policy WHERE from_month <= $1 ORDER BY property, from_month DESC),
	size AS (
		SELECT substring(c.relname FROM '^observation_k(\d+)_')::smallint AS keep_months, sum(pg_total_relation_size(c.oid)) AS bytes
		FROM pg_partition_tree('observation') t JOIN pg_class c ON c.oid = t.relid WHERE t.isleaf GROUP BY 1),
	weight AS (
		SELECT d.property, sum(1.0 / greatest(y.interval_s, 1)) AS share FROM datastream d JOIN thing t ON t.id = d.thing AND NOT t.history
		JOIN device_type y ON y.code = t.type GROUP BY 1)
	SELECT p.code, p.name_vi, p.name_en, k.keep_months, n.keep_months, n.from_month,
		coalesce(s.bytes * w.share / sum(w.share) OVER (PARTITION BY k.keep_months), 0)::bigint
	FROM observed_property p JOIN now_kept k ON k.property = p.code
	LEFT JOIN LATERAL (SELECT keep_months, from_month FROM retention_policy n
		WHERE n.property = p.code AND n.from_month > $1 ORDER BY n.from_month LIMIT 1) n ON true
	LEFT JOIN size s ON s.keep_months = k.keep_months LEFT JOIN weight w ON w.property = p.code ORDER BY p.code`

func (r *Retention) properties(ctx context.Context, now time.Time) ([]KeptProperty, error) {
	rows, err := r.config.Pool.Query(ctx, selectKept, monthOf(now).begin())
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (p KeptProperty, err error) {
		var months *int
		var from *time.Time
		err = row.Scan(&p.Code, &p.Name.VI, &p.Name.EN, &p.KeepMonths, &months, &from, &p.Bytes)
		if months != nil {
			p.Next = &NextKeeping{*months, *from}
		}
		return p, err
	})
}

const (
	longestKeeping = 1200 // months

	// policyNotice is the least time between a decision and the month for which it
	// holds: every process must know it before the first reading of that month.
	policyNotice = time.Hour
)

// Keep decides for how many months (0: for ever) readings of a property are kept,
// from next month on: what is stored stays under the rule it came under. It fails
// with ErrInvalid and ErrNotFound.
func (r *Retention) Keep(ctx context.Context, by haidang.AccountName, property haidang.PropertyCode, months int) error {
	if months < 0 || months > longestKeeping {
		return haidang.RefuseField("keepMonths", "Số tháng lưu giữ phải từ 1 đến 1200, hoặc 0 để giữ mãi mãi.",
			"The months to keep must be 1 to 1200, or 0 for ever.")
	}
	err := pgx.BeginFunc(ctx, r.config.Pool, func(tx pgx.Tx) error {
		var from time.Time
		if err := tx.QueryRow(ctx, `INSERT INTO retention_policy (property, from_month, keep_months, set_by)
			VALUES ($1, date_trunc('month', (now() + $4) AT TIME ZONE 'UTC') + interval '1 month', $2, $3)
			ON CONFLICT (property, from_month) DO UPDATE SET keep_months = excluded.keep_months, set_by = excluded.set_by, set_at = now()
			RETURNING from_month`, property, months, by, policyNotice).Scan(&from); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: by, Action: "retention.manage", Object: "property/" + string(property),
			Detail: map[string]any{"keepMonths": months, "from": from.Format(time.DateOnly)}})
	})
	if postgres.IsOrphan(err) {
		return haidang.Refuse(haidang.ErrNotFound, "Không có đại lượng này.", "There is no such observed property.")
	}
	if err != nil {
		return err
	}
	return makePartitionsAhead(ctx, r.config.Pool)
}
