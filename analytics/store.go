package analytics

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
)

// series is a datastream that can be judged, with the words to speak of it.
type series struct {
	Datastream haidang.DatastreamID
	Thing      haidang.ThingID
	Property   haidang.PropertyCode
	Interval   int // seconds between readings, by the device type
	Name       haidang.Text
	Symbol     string
	Decimals   int
	Least      float64 // what the property can be at all, in its unit
	Most       float64
}

// store reads what the model learns from. It writes nothing.
type store struct{ pool *pgxpool.Pool }

// series returns the datastreams of live devices whose properties have a profile.
func (s store) series(ctx context.Context) ([]series, error) {
	properties := make([]haidang.PropertyCode, 0, len(profiles))
	for p := range profiles {
		properties = append(properties, p)
	}
	rows, err := s.pool.Query(ctx, `
		SELECT d.id, d.thing, d.property, k.interval_s, p.name_vi, p.name_en, p.symbol, p.decimals,
			coalesce(p.valid_min, '-Infinity'), coalesce(p.valid_max, 'Infinity')
		FROM datastream d JOIN thing t ON t.id = d.thing JOIN device_type k ON k.code = t.type
		JOIN observed_property p ON p.code = d.property
		WHERE NOT t.history AND d.property = ANY ($1) ORDER BY d.id LIMIT $2`, properties, maxSeries)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (x series, err error) {
		err = row.Scan(&x.Datastream, &x.Thing, &x.Property, &x.Interval, &x.Name.VI, &x.Name.EN, &x.Symbol, &x.Decimals, &x.Least, &x.Most)
		return x, err
	})
}

// notDeleted leaves out what a person took away of datastream $1 since $2.
const notDeleted = `
	AND phenomenon_time NOT IN (SELECT phenomenon_time FROM observation_deleted WHERE datastream = $1 AND phenomenon_time >= $2)`

// history returns the medians of each Step since from, in order of time.
func (s store) history(ctx context.Context, id haidang.DatastreamID, from time.Time) ([]Point, error) {
	return s.points(ctx, `
		SELECT date_bin($3, phenomenon_time, 'epoch') + $3::interval / 2 AS t, percentile_cont(0.5) WITHIN GROUP (ORDER BY result)
		FROM observation WHERE datastream = $1 AND phenomenon_time >= $2 AND phenomenon_time <= now()`+notDeleted+`
		GROUP BY t ORDER BY t`, id, from, Step)
}

// newest returns the last n readings since from, in order of time.
func (s store) newest(ctx context.Context, id haidang.DatastreamID, from time.Time, n int) ([]Point, error) {
	return s.points(ctx, `
		SELECT * FROM (SELECT phenomenon_time, result FROM observation WHERE datastream = $1 AND phenomenon_time >= $2
			AND phenomenon_time <= now()`+notDeleted+` ORDER BY phenomenon_time DESC LIMIT $3) o ORDER BY 1`, id, from, n)
}

func (s store) points(ctx context.Context, sql string, args ...any) ([]Point, error) {
	rows, err := s.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Point])
}

// standing returns the alarms of this model that are active, by datastream.
func (s store) standing(ctx context.Context) (map[haidang.DatastreamID]time.Time, error) {
	rows, err := s.pool.Query(ctx, `SELECT datastream, raised_at FROM alarm WHERE cause LIKE $1 AND state IN ('unacked', 'acked')`, causePrefix+"%")
	if err != nil {
		return nil, err
	}
	since := map[haidang.DatastreamID]time.Time{}
	var id haidang.DatastreamID
	var at time.Time
	_, err = pgx.ForEachRow(rows, []any{&id, &at}, func() error {
		since[id] = at
		return nil
	})
	return since, err
}
