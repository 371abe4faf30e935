package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo"
	"haidang/internal/audit"
)

// Reading is one stored result with all that is known of it.
type Reading struct {
	Time       time.Time     `json:"time"`
	ReceivedAt time.Time     `json:"receivedAt"`
	Result     float64       `json:"result"`
	Flags      []ReadingFlag `json:"flags"` // that stand, the least favourable first
	Deleted    bool          `json:"deleted"`
	Conflicts  []Conflict    `json:"conflicts"` // other values for the same instant, the first 50
}

// ReadingFlag is a flag that stands.
type ReadingFlag struct {
	Flag   haidang.Quality `json:"flag"`
	By     string          `json:"by"` // ingest, device, a model or an account
	Reason string          `json:"reason"`
	At     time.Time       `json:"at"`
}

// Conflict is a value that came for an instant that had another already.
type Conflict struct {
	Result     float64   `json:"result"`
	ReceivedAt time.Time `json:"receivedAt"`
}

// Owner says whose a datastream is, for who may flag it.
type Owner struct {
	Thing  haidang.ThingID
	Agency haidang.AgencyCode
	Unit   haidang.UnitCode // where the device stands today; empty outside of every unit
}

// mostReadings bounds one page of readings.
const mostReadings = 1000

// mostConflicts bounds those shown of one reading: a device can send any number.
const mostConflicts = 50

const selectReadings = `
SELECT o.phenomenon_time, o.received_at, o.result,
    coalesce((SELECT json_agg(json_build_object('flag', f.flag, 'by', f.flagged_by, 'reason', f.reason, 'at', f.flagged_at)
            ORDER BY array_position(@flags::text[], f.flag), f.flag)
        FROM (SELECT DISTINCT ON (flag) flag, set, flagged_by, reason, flagged_at FROM observation_flag
            WHERE datastream = o.datastream AND phenomenon_time = o.phenomenon_time ORDER BY flag, id DESC) f WHERE f.set), '[]'),
    coalesce((SELECT json_agg(json_build_object('result', c.result, 'receivedAt', c.received_at) ORDER BY c.id)
        FROM (SELECT id, result, received_at FROM observation_conflict WHERE datastream = o.datastream AND phenomenon_time = o.phenomenon_time
            ORDER BY id LIMIT @conflicts) c), '[]')
FROM (SELECT * FROM observation WHERE datastream = @id AND phenomenon_time >= @from AND phenomenon_time < @to
    ORDER BY phenomenon_time DESC LIMIT @limit) o
ORDER BY o.phenomenon_time DESC`

// Readings returns the readings of [from, to), newest first, at most limit and at
// most 1000, the deleted ones among them.
func (r *Registry) Readings(ctx context.Context, id haidang.DatastreamID, from, to time.Time, limit int) ([]Reading, error) {
	if !from.Before(to) {
		return nil, haidang.RefuseField("to", "\"to\" phải sau \"from\".", "\"to\" must be later than \"from\".")
	}
	rows, err := r.pool.Query(ctx, selectReadings, readingsArgs(id, from, to, min(max(limit, 1), mostReadings)))
	if err != nil {
		return nil, fmt.Errorf("read readings: %w", err)
	}
	return pgx.CollectRows(rows, scanReading)
}

func readingsArgs(id haidang.DatastreamID, from, to time.Time, limit int) pgx.NamedArgs {
	return pgx.NamedArgs{"id": id, "from": from, "to": to, "limit": limit, "flags": haidang.Flags, "conflicts": mostConflicts}
}

func scanReading(row pgx.CollectableRow) (r Reading, err error) {
	err = row.Scan(&r.Time, &r.ReceivedAt, &r.Result, &r.Flags, &r.Conflicts)
	r.Time, r.ReceivedAt = r.Time.UTC(), r.ReceivedAt.UTC()
	r.Deleted = len(r.Flags) > 0 && r.Flags[0].Flag == haidang.QualityDeleted
	return r, err
}

// Owner returns whose the datastream is, or ErrNotFound.
func (r *Registry) Owner(ctx context.Context, id haidang.DatastreamID) (o Owner, err error) {
	err = r.pool.QueryRow(ctx, `SELECT t.id, t.agency, coalesce((SELECT code FROM units_on($2::date)
			WHERE level = $3 AND ST_Covers(geom, t.location) ORDER BY approximate, code LIMIT 1), '')
		FROM datastream d JOIN thing t ON t.id = d.thing WHERE d.id = $1`, id, haidang.Day(time.Now()), geo.LevelCommune).Scan(&o.Thing, &o.Agency, &o.Unit)
	if errors.Is(err, pgx.ErrNoRows) {
		err = haidang.Refuse(haidang.ErrNotFound, "Không có chuỗi số liệu này.", "There is no such datastream.")
	}
	return o, err
}

// FlagReading lets a person set a flag or take it back, and returns the reading as
// it is now. A deleted reading is no longer the latest value, in the same
// transaction; one that is given back may be it again. Saying what already stands
// changes nothing. It fails with ErrNotFound where there is no such reading.
func (r *Registry) FlagReading(ctx context.Context, f haidang.ObservationFlag) (reading Reading, err error) {
	err = pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
		// Held to the end: two people, or a person and a lane, must not cross.
		if _, err := tx.Exec(ctx, `SELECT FROM observation_latest WHERE datastream = $1 FOR UPDATE`, f.Datastream); err != nil {
			return err
		}
		changed, err := writeFlag(ctx, tx, f)
		if err != nil {
			return err
		}
		if reading, err = readingAt(ctx, tx, f.Datastream, f.PhenomenonTime); err != nil || !changed {
			return err
		}
		if f.Flag == haidang.QualityDeleted {
			if err := moveLatest(ctx, tx, f); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: haidang.AccountName(f.By), Action: "telemetry.flag", Object: fmt.Sprintf("datastream/%d", f.Datastream),
			Detail: map[string]any{"time": f.PhenomenonTime.UTC(), "flag": f.Flag, "set": f.Set, "reason": f.Reason}})
	})
	return reading, err
}

func readingAt(ctx context.Context, tx pgx.Tx, id haidang.DatastreamID, at time.Time) (Reading, error) {
	rows, err := tx.Query(ctx, selectReadings, readingsArgs(id, at, at.Add(time.Microsecond), 1))
	if err != nil {
		return Reading{}, err
	}
	reading, err := pgx.CollectExactlyOneRow(rows, scanReading)
	if errors.Is(err, pgx.ErrNoRows) {
		err = haidang.Refuse(haidang.ErrNotFound, "Chuỗi số liệu không có số đo vào thời điểm này.", "The datastream has no reading at that time.")
	}
	return reading, err
}

// moveLatest gives the latest value to the newest reading that is not deleted.
// What quality remembered of the other one is forgotten.
func moveLatest(ctx context.Context, tx pgx.Tx, f haidang.ObservationFlag) error {
	back := []string{
		`UPDATE observation_latest l SET phenomenon_time = o.phenomenon_time, received_at = o.received_at, result = o.result,
			unchanged_since = NULL, steady_time = NULL, steady_result = NULL
		FROM (SELECT phenomenon_time, received_at, result FROM observation WHERE datastream = $1 AND phenomenon_time < $2
			AND phenomenon_time NOT IN (SELECT phenomenon_time FROM observation_deleted WHERE datastream = $1)
			ORDER BY phenomenon_time DESC LIMIT 1) o
		WHERE l.datastream = $1 AND l.phenomenon_time = $2`,
		`DELETE FROM observation_latest WHERE datastream = $1 AND phenomenon_time = $2`, // it was the only one
	}
	if !f.Set {
		back = []string{`INSERT INTO observation_latest AS l (datastream, phenomenon_time, received_at, result)
			SELECT datastream, phenomenon_time, received_at, result FROM observation WHERE datastream = $1 AND phenomenon_time = $2
			ON CONFLICT (datastream) DO UPDATE SET phenomenon_time = excluded.phenomenon_time, received_at = excluded.received_at,
				result = excluded.result, unchanged_since = NULL, steady_time = NULL, steady_result = NULL
			WHERE excluded.phenomenon_time > l.phenomenon_time`}
	}
	for _, sql := range back {
		if _, err := tx.Exec(ctx, sql, f.Datastream, f.PhenomenonTime); err != nil {
			return fmt.Errorf("move the latest value: %w", err)
		}
	}
	return nil
}
