package operations

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
)

const alarmColumns = `id, cause, priority, state, title_vi, title_en, thing, datastream, unit, agency, sector,
	coalesce(ST_X(location), 0), coalesce(ST_Y(location), 0), raised_at, changed_at, acked_by, ack_note, acked_at, simulated`

func scanAlarm(row pgx.CollectableRow) (a haidang.Alarm, err error) {
	err = row.Scan(&a.ID, &a.Cause, &a.Priority, &a.State, &a.Title.VI, &a.Title.EN, &a.Thing, &a.Datastream, &a.Unit, &a.Agency, &a.Sector,
		&a.Lon, &a.Lat, &a.RaisedAt, &a.ChangedAt, &a.AckedBy, &a.AckNote, &a.AckedAt, &a.Simulated)
	a.RaisedAt, a.ChangedAt = a.RaisedAt.UTC(), a.ChangedAt.UTC()
	if a.AckedAt != nil {
		at := a.AckedAt.UTC()
		a.AckedAt = &at
	}
	return a, err
}

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// oneAlarm runs a statement that returns alarmColumns of one alarm, or pgx.ErrNoRows.
func oneAlarm(ctx context.Context, db querier, sql string, args ...any) (haidang.Alarm, error) {
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return haidang.Alarm{}, err
	}
	return pgx.CollectExactlyOneRow(rows, scanAlarm)
}

func lockStanding(ctx context.Context, tx pgx.Tx, cause string) (haidang.Alarm, error) {
	return oneAlarm(ctx, tx, `SELECT `+alarmColumns+` FROM alarm WHERE cause = $1 AND state <> 'normal' FOR UPDATE`, cause)
}

func lockAlarm(ctx context.Context, tx pgx.Tx, id haidang.AlarmID) (haidang.Alarm, error) {
	alarm, err := oneAlarm(ctx, tx, `SELECT `+alarmColumns+` FROM alarm WHERE id = $1 FOR UPDATE`, id)
	return alarm, orNoAlarm(err)
}

func orNoAlarm(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return haidang.Refuse(haidang.ErrNotFound, "Không có báo động này.", "There is no such alarm.")
	}
	return err
}

// insertAlarm makes the alarm of a cause, or returns pgx.ErrNoRows when one stands.
// Place, sector and owner are those of the device, the unit is that of the day.
func insertAlarm(ctx context.Context, tx pgx.Tx, r haidang.AlarmReport) (haidang.Alarm, error) {
	detail, err := detailJSON(r.Detail)
	if err != nil {
		return haidang.Alarm{}, err
	}
	return oneAlarm(ctx, tx, `
		WITH device AS (
			SELECT t.id, t.agency, t.location, t.simulated, d.sector FROM thing t JOIN device_type d ON d.code = t.type
			WHERE t.id = $5 OR $5 = '' AND t.id = (SELECT thing FROM datastream WHERE id = $6))
		INSERT INTO alarm (cause, priority, state, title_vi, title_en, detail, thing, datastream, agency, sector, unit, location, simulated, raised_at, changed_at)
		SELECT $1, $2, 'unacked', $3, $4, $9::jsonb, coalesce(device.id, $5), $6, coalesce(device.agency, ''), coalesce(device.sector, ''),
		       coalesce((SELECT code FROM units_on($8) u WHERE ST_Covers(u.geom, device.location) ORDER BY level DESC, approximate, code LIMIT 1), ''),
		       device.location, coalesce(device.simulated, false), $7, $7
		FROM (SELECT) AS one LEFT JOIN device ON true
		ON CONFLICT (cause) WHERE state <> 'normal' DO NOTHING
		RETURNING `+alarmColumns,
		r.Cause, r.Priority, r.Title.VI, r.Title.EN, string(r.Thing), int32(r.Datastream), r.At, haidang.Day(r.At), detail)
}

func detailJSON(detail map[string]any) (string, error) {
	if detail == nil {
		return "{}", nil
	}
	b, err := json.Marshal(detail)
	if err != nil {
		return "", fmt.Errorf("encode detail: %w", err)
	}
	return string(b), nil
}

// retitle moves an alarm that occurs again or got worse, with the newer words. An
// alarm that is nobody's again forgets who had taken it; the events remember.
func retitle(ctx context.Context, tx pgx.Tx, id haidang.AlarmID, to move, r haidang.AlarmReport) (haidang.Alarm, error) {
	detail, err := detailJSON(r.Detail)
	if err != nil {
		return haidang.Alarm{}, err
	}
	return oneAlarm(ctx, tx, `UPDATE alarm SET state = $2, priority = $3, changed_at = greatest(changed_at, $4), title_vi = $5, title_en = $6,
		detail = $7::jsonb, acked_by = '', ack_note = '', acked_at = NULL WHERE id = $1 RETURNING `+alarmColumns,
		id, to.State, to.Priority, r.At, r.Title.VI, r.Title.EN, detail)
}

func moveAlarm(ctx context.Context, tx pgx.Tx, id haidang.AlarmID, to move, at time.Time) (haidang.Alarm, error) {
	return oneAlarm(ctx, tx, `UPDATE alarm SET state = $2, priority = $3, changed_at = greatest(changed_at, $4) WHERE id = $1 RETURNING `+alarmColumns,
		id, to.State, to.Priority, at)
}

func takeAlarm(ctx context.Context, tx pgx.Tx, id haidang.AlarmID, to move, at time.Time, by haidang.AccountName, note string) (haidang.Alarm, error) {
	return oneAlarm(ctx, tx, `UPDATE alarm SET state = $2, priority = $3, changed_at = greatest(changed_at, $4), acked_by = $5, ack_note = $6, acked_at = $4
		WHERE id = $1 RETURNING `+alarmColumns, id, to.State, to.Priority, at, by, note)
}

// orEvent appends the event of a move that went well, or returns the move's error.
func orEvent(ctx context.Context, tx pgx.Tx, err error, alarm haidang.Alarm, e AlarmEvent) error {
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO alarm_event (alarm, at, kind, state, priority, actor, note) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		alarm.ID, e.At, e.Kind, alarm.State, alarm.Priority, e.Actor, e.Note)
	return err
}

// maxStanding bounds Standing; beyond it the house has other troubles.
const maxStanding = 5000

// Standing returns the alarms that are not normal, the most urgent first, then the newest.
func (a *Alarms) Standing(ctx context.Context) ([]haidang.Alarm, error) {
	return a.alarms(ctx, `WHERE state <> 'normal' ORDER BY priority, raised_at DESC, id DESC LIMIT $1`, maxStanding)
}

// List returns alarms, the newest first.
func (a *Alarms) List(ctx context.Context, f AlarmFilter) ([]haidang.Alarm, error) {
	return a.alarms(ctx, `WHERE (NOT $1 OR state <> 'normal') AND ($2 = 0 OR id < $2) ORDER BY id DESC LIMIT $3`,
		f.Standing, int64(f.Before), min(max(f.Limit, 1), 500))
}

func (a *Alarms) alarms(ctx context.Context, where string, args ...any) ([]haidang.Alarm, error) {
	rows, err := a.pool.Query(ctx, `SELECT `+alarmColumns+` FROM alarm `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("list alarms: %w", err)
	}
	alarms, err := pgx.CollectRows(rows, scanAlarm)
	if err != nil {
		return nil, fmt.Errorf("list alarms: %w", err)
	}
	return alarms, nil
}

// Get returns one alarm with all its events, the oldest first, or ErrNotFound.
func (a *Alarms) Get(ctx context.Context, id haidang.AlarmID) (haidang.Alarm, []AlarmEvent, error) {
	alarm, err := oneAlarm(ctx, a.pool, `SELECT `+alarmColumns+` FROM alarm WHERE id = $1`, id)
	if err != nil {
		return haidang.Alarm{}, nil, orNoAlarm(err)
	}
	rows, err := a.pool.Query(ctx, `SELECT at, recorded_at, kind, state, priority, actor, note FROM alarm_event WHERE alarm = $1 ORDER BY id LIMIT 1000`, id)
	if err != nil {
		return haidang.Alarm{}, nil, fmt.Errorf("read alarm events: %w", err)
	}
	events, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e AlarmEvent, err error) {
		err = row.Scan(&e.At, &e.RecordedAt, &e.Kind, &e.State, &e.Priority, &e.Actor, &e.Note)
		e.At, e.RecordedAt = e.At.UTC(), e.RecordedAt.UTC()
		return e, err
	})
	if err != nil {
		return haidang.Alarm{}, nil, fmt.Errorf("read alarm events: %w", err)
	}
	return alarm, events, nil
}
