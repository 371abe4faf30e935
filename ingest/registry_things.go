package ingest

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo"
)

// selectThings reads devices with the unit they stand in on a day and their last
// word about being there.
const selectThings = `
WITH unit AS MATERIALIZED (SELECT code, approximate, geom FROM units_on($1::date) WHERE level = $2)
SELECT t.id, t.name, t.type, y.sector, t.agency, coalesce(u.code, ''), ST_X(t.location), ST_Y(t.location),
       t.simulated, t.history, s.online, y.interval_s
FROM thing t
JOIN device_type y ON y.code = t.type
LEFT JOIN LATERAL (SELECT code FROM unit WHERE geom && t.location AND ST_Covers(geom, t.location) ORDER BY approximate, code LIMIT 1) u ON true
LEFT JOIN LATERAL (SELECT online FROM thing_status s WHERE s.thing = t.id ORDER BY s.at DESC, s.id DESC LIMIT 1) s ON true
ORDER BY t.id`

// selectStreams reads every datastream with its latest value and that value's
// quality: the first of $1, the flags, that stands.
const selectStreams = `
SELECT d.thing, d.id, d.property, l.result, l.phenomenon_time, l.received_at, coalesce(q.flag, 'good') AS quality
FROM datastream d
LEFT JOIN observation_latest l ON l.datastream = d.id
LEFT JOIN LATERAL (
    SELECT f.flag FROM (SELECT DISTINCT ON (flag) flag, set FROM observation_flag
        WHERE datastream = d.id AND phenomenon_time = l.phenomenon_time ORDER BY flag, id DESC) f
    WHERE f.set ORDER BY array_position($1::text[], f.flag), f.flag LIMIT 1) q ON true
ORDER BY d.thing, d.id`

// Things returns every device with its datastreams, latest values and presence.
func (r *Registry) Things(ctx context.Context) ([]Thing, error) {
	rows, err := r.pool.Query(ctx, selectThings, haidang.Day(time.Now()), geo.LevelCommune)
	if err != nil {
		return nil, err
	}
	things, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (t Thing, err error) {
		t.Streams = []Datastream{}
		err = row.Scan(&t.ID, &t.Name, &t.Type, &t.Sector, &t.Agency, &t.Unit, &t.Lon, &t.Lat, &t.Simulated, &t.History, &t.Online, &t.IntervalS)
		return t, err
	})
	if err != nil {
		return nil, err
	}
	return things, r.addStreams(ctx, things)
}

func (r *Registry) addStreams(ctx context.Context, things []Thing) error {
	at := make(map[haidang.ThingID]int, len(things))
	for i, t := range things {
		at[t.ID] = i
	}
	rows, err := r.pool.Query(ctx, selectStreams, haidang.Flags)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var thing haidang.ThingID
		var d Datastream
		if err := rows.Scan(&thing, &d.ID, &d.Property, &d.Value, &d.Time, &d.ReceivedAt, &d.Quality); err != nil {
			return err
		}
		if i, ok := at[thing]; ok {
			things[i].Streams = append(things[i].Streams, d)
		}
	}
	return rows.Err()
}
